"""The head of a request as it is kept: its first line and its headers, without what would let anybody in.

What is struck out never reaches the ledger. A head is bounded, since whoever is let in may send what they like in it.
"""

import re
from typing import Any

from django.http import HttpRequest

from .. import secrecy

STRUCK_OUT = "struck out"
MOST_HEADERS = 64
MOST_CHARACTERS = 8000
_LONGEST = 1000


def of(request: HttpRequest) -> dict[str, Any]:
    """The head of a request as it is kept; `left_out` says how many headers found no room."""
    headers: dict[str, str] = {}
    room, left_out = MOST_CHARACTERS, 0
    for name, value in request.headers.items():
        kept = value_of(name, value)
        room -= len(name) + len(kept)
        if room < 0 or len(headers) == MOST_HEADERS:
            left_out += 1
        else:
            headers[_printable(name)] = kept
    head: dict[str, Any] = {"line": _line(request), "scheme": request.scheme, "headers": headers}
    return head | {"left_out": left_out} if left_out else head


def value_of(name: str, value: str) -> str:
    """The value of a header without its secret; the scheme of a credential stays, since it is none."""
    if secrecy.HEADER_NAME.search(name):
        scheme, _, secret = value.partition(" ")
        return f"{scheme} {STRUCK_OUT}" if secret and scheme.lower() in secrecy.SCHEMES else STRUCK_OUT
    return _cut(_printable(_without_secrets(value)))


def _line(request: HttpRequest) -> str:
    path, mark, query = request.get_full_path().partition("?")
    target = path + mark + "&".join(map(_parameter, query.split("&")))
    return _cut(_printable(f"{request.method} {_without_secrets(target)} {request.META.get('SERVER_PROTOCOL', '')}"))


def _parameter(text: str) -> str:
    name, _, value = text.partition("=")
    return f"{name}={STRUCK_OUT.replace(' ', '-')}" if value and secrecy.HEADER_NAME.search(name) else text


def _without_secrets(text: str) -> str:
    for pattern in secrecy.IN_HEADS:
        text = pattern.sub(_struck, text)
    return text


def _struck(found: re.Match[str]) -> str:
    kept = found[1]
    return f"{kept} {STRUCK_OUT}" if kept.isalpha() else f"{kept}{STRUCK_OUT}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _printable(text: str) -> str:
    """PostgreSQL takes no U+0000."""
    return text.replace("\0", "�")
