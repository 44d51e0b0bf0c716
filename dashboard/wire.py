"""Requests and answers as people read them: laid out and coloured here, token by token, so that nothing in them
is changed: no number rewritten, no key left out, and no depth of nesting too much."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

SHOWN = 100_000
_TOKEN = re.compile(r'\s+|("(?:[^"\\\x00-\x1f]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null)|([{}\[\],:])')
_ONE_LINE = 76
_DEEPEST = 40


def laid_out(text: str) -> SafeString:
    """JSON, indented and coloured; any other text as it is."""
    tokens = _tokens(text)
    return _indented(tokens) if tokens is not None else escape(text)


def body(raw: bytes | memoryview | None) -> SafeString:
    return laid_out(bytes(raw or b"").decode("utf-8", "replace"))


def request_head(method: str, url: str, headers: Mapping[str, str]) -> SafeString:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return format_html('<span class="k">{}</span> {}\n{}', method, path, headers_of({"Host": parts.netloc, **headers}))


def received_head(head: Mapping[str, Any]) -> SafeString:
    """The line and the headers of a request that came in, as they were kept."""
    method, _, rest = head["line"].partition(" ")
    left_out = head.get("left_out", 0)
    note = format_html('<span class="c">{} more left out</span>\n', left_out) if left_out else ""
    return format_html('<span class="k">{}</span> {}\n{}{}', method, rest, headers_of(head["headers"]), note)


def answer_head(status: int | None, headers: Mapping[str, str] | None) -> SafeString:
    return format_html('<span class="k">HTTP</span> {}\n{}', status, headers_of(headers or {}))


def headers_of(headers: Mapping[str, str]) -> SafeString:
    return format_html_join("", "{}", ((_header(str(name), str(value)),) for name, value in headers.items()))


def _header(name: str, value: str) -> SafeString:
    if name.lower() in ("authorization", "proxy-authorization", "cookie", "set-cookie"):
        # Stored without its secret; said so, and never shown should it ever be stored with one.
        kind, _, _ = value.partition(" ")
        return format_html(
            '{}: {} <span class="c">struck out</span>\n', name, "" if kind in (value, "struck") else kind
        )
    return format_html("{}: {}\n", name, value)


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """The tokens with their kind, or None when it is not made of JSON's."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        string, number, word, mark = match.groups()
        if string is not None:
            found.append(("s", string))
        elif number is not None:
            found.append(("n", number))
        elif word is not None:
            found.append(("w", word))
        elif mark is not None:
            found.append((mark, mark))
    return found or None


def _indented(tokens: list[tuple[str, str]]) -> SafeString:
    short = _short_ones(tokens)
    out: list[str] = []
    depth, flat_until = 0, -1

    def new_line() -> None:
        out.append("\n" + "  " * min(depth, _DEEPEST))

    for index, (kind, text) in enumerate(tokens):
        is_flat = index <= flat_until
        after = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        if kind in "{[":
            if not is_flat and index in short:
                flat_until, is_flat = short[index], True
            out.append(text + (" " if is_flat and kind == "{" and after != "}" else ""))
            depth += 1
            if not is_flat and after not in ("}", "]"):
                new_line()
        elif kind in ("}", "]"):
            depth = max(0, depth - 1)
            if is_flat:
                out.append((" " if kind == "}" and index and tokens[index - 1][0] != "{" else "") + text)
            else:
                if index and tokens[index - 1][0] not in "{[":
                    new_line()
                out.append(text)
        elif kind == ",":
            out.append(", " if is_flat else ",")
            if not is_flat:
                new_line()
        elif kind == ":":
            out.append(": ")
        else:
            name = "k" if kind == "s" and after == ":" else kind
            out.append(format_html('<span class="{}">{}</span>', name, text) if name != "w" else text)
    return format_html_join("", "{}", ((part,) for part in out))


def _short_ones(tokens: list[tuple[str, str]]) -> dict[int, int]:
    """Where objects and arrays begin that hold no other and fit on one line, with where they end."""
    found: dict[int, int] = {}
    opened: list[int] = []
    innermost = -1
    lengths = [0]
    for index, (kind, text) in enumerate(tokens):
        lengths.append(lengths[-1] + len(text) + (1 if kind in ",:" else 0))
        if kind in "{[":
            opened.append(index)
            innermost = index
        elif kind in ("}", "]") and opened:
            begin = opened.pop()
            if begin == innermost and lengths[index + 1] - lengths[begin] <= _ONE_LINE:
                found[begin] = index
            innermost = -1
    return found
