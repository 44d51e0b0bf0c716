"""Whose clock a page is read by: the person's own choice, else what their browser said, else UTC."""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from devops_sync.models import User

# Written by the page's script.
COOKIE = "waybill-zone"
Respond = Callable[[HttpRequest], HttpResponseBase]


def middleware(respond: Respond) -> Respond:
    """Let whoever is signed in read in their zone. What machines are told stays in UTC."""

    def read(request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return respond(request)
        with timezone.override(of(request)):
            return respond(request)

    return read


def of(request: HttpRequest) -> dt.tzinfo:
    chosen = request.user.time_zone if isinstance(request.user, User) else ""
    return (find(chosen) if chosen else None) or find(request.COOKIES.get(COOKIE, "")) or dt.UTC


def known() -> list[str]:
    """The zones that this machine knows, by name."""
    return sorted(_names())


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) | {"UTC"}


def find(name: str) -> dt.tzinfo | None:
    """The zone of this name, None when there is no such."""
    if name == "UTC":
        return dt.UTC
    return zoneinfo.ZoneInfo(name) if name in _names() else None


def name() -> str:
    """The zone that the page is read in, as it is called."""
    return timezone.get_current_timezone_name()


def local(instant: dt.datetime) -> dt.datetime:
    """The instant by the clocks there; by UTC's at the ends of the calendar, where there are no others."""
    try:
        return timezone.localtime(instant)
    except OverflowError:
        return instant.astimezone(dt.UTC)


def day_of(instant: dt.datetime) -> dt.date:
    """The day that it is there."""
    return local(instant).date()


def of_text(text: str) -> dt.datetime:
    """The instant that ISO 8601 writes; what names no zone is meant there. Raises `ValueError`, `OverflowError`."""
    instant = dt.datetime.fromisoformat(text)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=timezone.get_current_timezone())
    return instant.astimezone(dt.UTC)


def days_later(instant: dt.datetime, days: int) -> dt.datetime:
    """The same time of day so many days on, as clocks show it there: a day may have 23 hours, or 25."""
    there = local(instant)
    return (there.replace(tzinfo=None) + dt.timedelta(days=days)).replace(tzinfo=there.tzinfo).astimezone(dt.UTC)
