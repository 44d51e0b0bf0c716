"""How numbers, names, ids and addresses are written on the pages. The rules are the look's."""

import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard import issues as timelines
from dashboard.kinds import CARRIED, KINDS
from dashboard.selection import Selection
from devops_sync.models import Site

register = template.Library()


@register.filter
def number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


@register.filter
def plural(count: int, word: str) -> str:
    """`{{ 3|plural:"deployment" }}` is "3 deployments". A second form may follow a comma: "entry,entries"."""
    one, _, many = word.partition(",")
    return f"{count:,} {one if count == 1 else many or one + 's'}"


@register.filter
def carried(count: int, api: str) -> str:
    """What a request of an API carries: "3 deployments", "1 entity"."""
    return plural(count, CARRIED.get(api, "entry,entries"))


@register.filter
def figure_up_to(count: int, most: int) -> str:
    """A count that went no further than `most`: "1,000+"."""
    return f"{count:,}+" if count >= most else f"{count:,}"


@register.filter
def kind_word(name: str) -> str:
    return KINDS[name].word if name in KINDS else name


@register.filter
def short_commit(ident: str) -> str:
    """A hash as people write it; what is no hash stays whole, up to a length."""
    return ident[:10] if re.fullmatch(r"[0-9a-f]{20,}", ident) else ident[:80]


@register.filter
def tail(url: str) -> str:
    """The end of an address as a request's headline shows it: "…/bulk"."""
    return f"…/{urlsplit(url).path.rpartition('/')[2]}"


@register.filter
def first_line(text: str) -> str:
    """What a list shows of a message."""
    return text.strip().split("\n", 1)[0].strip()


@register.filter
def filesize(size: int | None) -> str:
    """0 B, 12.4 kB, 5.0 MB: decimal units."""
    if size is None:
        return ""
    if size < 1000:
        return f"{size} B"
    if size < 999_950:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:,.1f} MB"


@register.filter
def short_hash(digest: bytes | memoryview | None) -> str:
    """9b0e…41d7"""
    if not digest:
        return ""
    text = bytes(digest).hex()
    return f"{text[:4]}…{text[-4:]}"


@register.filter
def whole_hash(digest: bytes | memoryview | None) -> str:
    return bytes(digest).hex() if digest else ""


@register.filter
def short_uuid(value: object) -> str:
    """Enough of a time-ordered id to tell it from its neighbours: its time and its last figures."""
    text = str(value)
    return f"{text[:13]}…{text[-4:]}"


@register.filter
def key_words(key: str) -> str:
    """The key of an entry as people read it: its parts with strokes between them."""
    try:
        parts = json.loads(key)
    except ValueError:
        return key
    return " / ".join(str(part) for part in parts) if isinstance(parts, list) else key


@register.filter
def sentences(said: list[str]) -> str:
    """What others said, each with a full stop."""
    return " ".join(text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}." for text in said)


_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@register.filter
def web(url: str | None) -> str:
    """The address when it may be a link: http or https with a host. Else nothing."""
    if not url or _CONTROL.search(url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme.lower() in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


@register.filter
def bare(url: str) -> str:
    """An address as people read it, without its scheme."""
    return re.sub(r"^https?://", "", url).rstrip("/")


@register.filter
def names(values: list[str], most: int = 2) -> list[str]:
    return values[:most]


@register.filter
def beyond(values: list[str], most: int = 2) -> int:
    """How many stand behind the first `most`."""
    return max(0, len(values) - most)


@register.filter
def holds(selection: Selection | None, pk: object) -> bool:
    """Whether the row of this number is selected."""
    return isinstance(selection, Selection) and str(pk) in selection.here


@register.filter
def at(found: dict[Any, Any], key: Any) -> Any:
    """What is found under a key, if anything is."""
    return found.get(key)


@register.filter
def part(parts: dict[str, SafeString], id_: str) -> SafeString:
    """A moving part of a page, see `dashboard.live`."""
    return parts[id_] if parts else mark_safe("")


@register.simple_tag
@lru_cache(maxsize=2000)
def issue(key: str, row: int = 0) -> SafeString:
    """An issue key, which leads to its timeline. Only one longer than people give may break."""
    return format_html(
        '<a class="key{}" href="{}"{}>{}</a>',
        " key--long" if len(key) > 24 else "",
        timelines.url_of(key),
        format_html(' id="issue-{}"', row) if row else "",
        key,
    )


@register.simple_tag
def issues(keys: list[str], most: int = 2) -> SafeString:
    """The first of the issue keys that a row has, and how many stand behind them."""
    first = format_html_join(", ", "{}", ((issue(key),) for key in keys[:most]))
    more = len(keys) - most
    return format_html('{} <span class="count">+{}</span>', first, more) if more > 0 else first


@register.simple_tag
def site_name(site: Site) -> SafeString:
    """A site by its name, saying where it is a sandbox. In rows of tables the style sheet leaves that away."""
    return _site_name(site.slug, site.is_sandbox)


@lru_cache(maxsize=200)
def _site_name(slug: str, is_sandbox: bool) -> SafeString:
    chip = mark_safe(' <span class="chip chip--sandbox">Sandbox</span>') if is_sandbox else ""
    return format_html('<span class="site-name">{}</span>{}', slug, chip)
