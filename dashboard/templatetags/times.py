"""How times and durations are written on the pages, by the reader's clocks. The rules are the look's."""

import datetime as dt
from functools import lru_cache

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import zone

register = template.Library()

# Looked up, since a list has hundreds of them and `strftime` takes longer.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
