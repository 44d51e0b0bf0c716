"""How facts are written on the pages: icons, states, times, durations, numbers. The rules are the look's."""

import datetime as dt
import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard import issues as timelines
from dashboard import zone
from dashboard.kinds import CARRIED, KINDS
from dashboard.selection import Selection
from devops_sync.models import Site

register = template.Library()

STATES: dict[str, tuple[str, str, str]] = {
    # name: icon in the sprite, word, tone
    "pending": ("pending", "Pending", ""),
    "in_progress": ("in_progress", "In progress", "moving"),
    "successful": ("successful", "Successful", "good"),
    "failed": ("failed", "Failed", "bad"),
    "rolled_back": ("rolled_back", "Rolled back", "warn"),
    "cancelled": ("cancelled", "Cancelled", ""),
    "unknown": ("unknown", "Unknown", ""),
    "gated": ("awaiting", "Awaiting its gate", "warn"),
    "OPEN": ("pull_request", "Open", "moving"),
    "MERGED": ("tick", "Merged", "good"),
    "DECLINED": ("cancelled", "Declined", ""),
    "DRAFT": ("edit", "Draft", ""),
    "UNKNOWN": ("unknown", "Unknown", ""),
    "deleted": ("deletion", "Deleted", "warn"),
    "waiting": ("waiting", "Waiting", ""),
    "sent": ("sent", "Sent", "moving"),
    "accepted": ("accepted", "Accepted", "good"),
    "rejected": ("rejected", "Rejected", "bad"),
    "superseded": ("superseded", "Superseded", ""),
    "withdrawn": ("withdrawn", "Withdrawn", ""),
    "refused": ("refused", "Refused", "bad"),
    "out_of_order": ("out_of_order", "Out of order", ""),
    "repeat": ("resend", "Repeat", ""),
    "not_read": ("not_read", "Not read", ""),
    "reading": ("in_progress", "Reading…", "moving"),
    "confirmed": ("confirmed", "Confirmed", "good"),
    "different": ("different", "Different", "warn"),
    "missing": ("missing", "Missing", "bad"),
    "not_told": ("not_told", "Cannot be told", ""),
    "unknown_key": ("invalid", "Unknown key", "bad"),
    "lane_idle": ("tick", "Idle", ""),
    "lane_working": ("in_progress", "Working", "moving"),
    "lane_waiting": ("waiting", "Waiting", ""),
    "lane_asleep": ("pause", "Asleep", "warn"),
    "lane_loud": ("loud", "Not getting through", "bad"),
    "lane_held": ("held", "Held", "bad"),
    "lane_paused": ("pause", "Paused", "warn"),
    "token_alive": ("successful", "Alive", "good"),
    "token_rotating": ("resend", "Rotating", "moving"),
    "token_expires_soon": ("expired", "Expires soon", "warn"),
    "token_expired": ("expired", "Expired", ""),
    "token_revoked": ("withdrawn", "Revoked", ""),
    "site_removed": ("withdrawn", "Removed", ""),
    "errand_planned": ("pending", "Planned", ""),
    "errand_running": ("in_progress", "Running", "moving"),
    "errand_paused": ("pause", "Paused", "warn"),
    "errand_cancelled": ("cancelled", "Cancelled", ""),
    "errand_done": ("successful", "Done", "good"),
    "errand_amiss": ("different", "Done, not all is there", "warn"),
    "deletion_previewed": ("pending", "Previewed", ""),
    "deletion_awaiting": ("awaiting", "Awaiting approval", "warn"),
    "deletion_delayed": ("waiting", "Starts soon", "moving"),
    "deletion_running": ("in_progress", "Running", "moving"),
    "deletion_paused": ("pause", "Paused", "warn"),
    "deletion_stopped": ("prevented", "Stopped", "bad"),
    "deletion_proving": ("in_progress", "Being proven", "moving"),
    "deletion_proven": ("confirmed", "Proven", "good"),
    "deletion_unproven": ("different", "Not proven", "bad"),
    "deletion_cancelled": ("cancelled", "Cancelled", ""),
    "delivery_": ("sent", "Sent, not answered", "moving"),
    "delivery_received": ("accepted", "Answered", "good"),
    "delivery_split": ("different", "Refused whole, sent in halves", "warn"),
    "delivery_refused": ("rejected", "Refused", "bad"),
    "delivery_later": ("waiting", "To be tried later", "warn"),
    "delivery_held": ("held", "Held", "bad"),
}
_UNKNOWN = ("unknown", "Unknown", "")
# Looked up, since a list has hundreds of them and `strftime` takes longer.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.simple_tag
@lru_cache(maxsize=500)
def icon(name: str, extra: str = "") -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {extra}" if extra else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """A state in a row: icon and word."""
    return _state("state", name, word)


@register.simple_tag
def tag(name: str, word: str = "") -> SafeString:
    """A state in a page's head."""
    return _state("tag", name, word)


@lru_cache(maxsize=500)
def _state(block: str, name: str, word: str) -> SafeString:
    drawing, usual, tone = STATES.get(name, _UNKNOWN)
    return format_html(
        '<span class="{}{}">{}{}</span>', block, f" {block}--{tone}" if tone else "", icon(drawing), word or usual
    )


@register.filter
def tone(name: str) -> str:
    return STATES.get(name, _UNKNOWN)[2]


@register.filter
def icon_of(name: str) -> str:
    return STATES.get(name, _UNKNOWN)[0]


@register.filter
def word_of(name: str) -> str:
    return STATES.get(name, _UNKNOWN)[1]


# ── Times ──────────────────────────────────────────────────────────────────────────────────────────


@register.simple_tag(takes_context=True)
def when(context: Context, instant: dt.datetime | None) -> SafeString:
    """An instant as people say it, with the exact one beside it. The page's script lets it age."""
    if instant is None:
        return mark_safe("")
    now = zone.local(context.get("now") or timezone.now())
    there = zone.local(instant)
    absolute = _absolute(there, now)
    said = _said(there, now) or absolute
    ageing = f' data-print="{absolute}"' if said != absolute else ""
    # Nothing of it was said by anybody, so nothing has to be escaped.
    return SafeString(f'<time{ageing} datetime="{machine(instant)}" title="{_exact(there)}">{said}</time>')


@register.simple_tag(takes_context=True)
def clock(context: Context, instant: dt.datetime | None, precision: str = "s") -> SafeString:
    """An instant to the second, by `precision` to the "ms" or the "min"; with its day when that is not today."""
    if instant is None:
        return mark_safe("")
    now: dt.datetime = context.get("now") or timezone.now()
    instant = zone.local(instant)
    text = instant.strftime("%H:%M" if precision == "min" else "%H:%M:%S")
    if precision == "ms":
        text += f".{instant.microsecond // 1000:03}"
    if instant.date() != zone.day_of(now):
        text = f"{_day(instant, zone.local(now))} {text}"
    return format_html('<time datetime="{}" title="{}">{}</time>', machine(instant), exact(instant), text)


@register.simple_tag(takes_context=True)
def span(context: Context, first: dt.datetime, last: dt.datetime) -> SafeString:
    """From the one to the other, to the minute; one time when they share it."""
    is_one = first.replace(second=0, microsecond=0) == last.replace(second=0, microsecond=0)
    begins = clock(context, first, "min")
    return begins if is_one else format_html("{} to {}", begins, clock(context, last, "min"))


def spoken(instant: dt.datetime, now: dt.datetime) -> str:
    instant, now = zone.local(instant), zone.local(now)
    return _said(instant, now) or _absolute(instant, now)


def _said(instant: dt.datetime, now: dt.datetime) -> str:
    """Both by the reader's clocks. Nothing when people would say the day."""
    age = (now - instant).total_seconds()
    if -60 < age < 0:
        age = 0
    if age < 0 or age >= 6 * 86400:
        return ""
    if age < 60:
        return f"{int(age)} s ago"
    if age < 3600:
        return f"{int(age // 60)} min ago"
    return (
        f"{int(age // 3600)} h ago" if instant.date() == now.date() else f"{_DAYS[instant.weekday()]} {_time(instant)}"
    )


def _absolute(instant: dt.datetime, now: dt.datetime) -> str:
    return f"{_day(instant, now)} {_time(instant)}"


def _day(instant: dt.datetime, now: dt.datetime) -> str:
    year = f" {instant.year}" if instant.year != now.year else ""
    return f"{instant.day} {_MONTHS[instant.month - 1]}{year}"


def _time(instant: dt.datetime) -> str:
    return f"{instant.hour:02}:{instant.minute:02}"


@register.filter
def hour(instant: dt.datetime) -> str:
    """Its time of day, to the minute."""
    return f"{zone.local(instant):%H:%M}"


@register.filter
def exact(instant: dt.datetime) -> str:
    """To the millisecond, with the zone and how far it is from UTC: "Wed 18 Nov 2026, 15:32:12 CET (UTC+01:00)"."""
    return _exact(zone.local(instant))


def _exact(instant: dt.datetime) -> str:
    fraction = f".{instant.microsecond // 1000:03}" if instant.microsecond else ""
    day = f"{_DAYS[instant.weekday()]} {instant.day} {_MONTHS[instant.month - 1]} {instant.year}"
    return f"{day}, {_time(instant)}:{instant.second:02}{fraction} {_zone_at(instant)}"


def _zone_at(instant: dt.datetime) -> str:
    """What the clocks there called their zone at that instant."""
    return _zone_called(instant.tzname() or "", instant.utcoffset())


@lru_cache(maxsize=100)
def _zone_called(called: str, ahead: dt.timedelta | None) -> str:
    if called == "UTC":
        return called
    seconds = (ahead or dt.timedelta()).total_seconds()
    minutes = int(abs(seconds)) // 60
    shift = f"UTC{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{called} ({shift})" if called.isalpha() else shift


@register.filter
def machine(instant: dt.datetime) -> str:
    return f"{instant.astimezone(dt.UTC).isoformat(timespec='milliseconds')[:-6]}Z"


@register.filter
def duration(value: dt.timedelta | float | str | None) -> str:
    """446 ms, 1.9 s, 6 min 40 s, 2 d 2 h. Numbers are seconds."""
    if value is None or isinstance(value, str):
        # A template gives "" for what is not there.
        return ""
    seconds = value.total_seconds() if isinstance(value, dt.timedelta) else float(value)
    if seconds < 0:
        return f"−{duration(-seconds)}"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for size, unit, smaller, rest in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            beside = whole % size // smaller
            return f"{whole // size:,} {unit} {beside} {rest}" if beside else f"{whole // size:,} {unit}"
    return f"{whole} s"


@register.filter
def figure(value: dt.timedelta | float | None) -> SafeString:
    """A duration with its first unit set smaller, for the strip of figures."""
    number_, _, unit = duration(value).partition(" ")
    return format_html('{} <span class="unit">{}</span>', number_, unit)


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


@register.simple_tag(takes_context=True)
def since(context: Context, instant: dt.datetime) -> SafeString:
    """ "since 9 Nov", or today "since 14:05"."""
    now: dt.datetime = context.get("now") or timezone.now()
    instant = zone.local(instant)
    is_today = instant.date() == zone.day_of(now)
    text = instant.strftime("%H:%M") if is_today else _day(instant, zone.local(now))
    return format_html('<time datetime="{}" title="{}">{}</time>', machine(instant), exact(instant), text)


@register.filter
def long_day(instant: dt.datetime) -> str:
    """A day with its year, for spans that are long ago: "14 Sep 2025"."""
    instant = zone.local(instant)
    return f"{instant.day} {instant:%b %Y}"


@register.filter
def day(date: dt.date) -> str:
    return f"{date.day} {date:%b}"
