"""How fast and in which portions a lane sends: Jira's hints, and live traffic before resent history."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from ..models import Delivery, Lane
from .outcomes import Meaning

# For so long at most after Jira said that its limit is near, and with this pause between two requests of the lane.
SLOW_FOR = dt.timedelta(seconds=60)
SLOW_PAUSE_SECONDS = 1.0
# Resent history waits as soon as something live is older than this.
LIVE_MAY_WAIT = dt.timedelta(seconds=1)


@dataclass
class Sizes:
    """What the parts of one batch taught about the size of requests."""

    too_large: bool = False
    worked: int = 0

    def note(self, entities: int, meaning: Meaning) -> None:
        self.too_large = self.too_large or meaning.is_too_large
        if meaning.verdict == Delivery.Verdict.RECEIVED:
            self.worked = max(self.worked, entities)

    @property
    def learned(self) -> int | None:
        """The largest part that Jira took of a batch that it found too large."""
        return self.worked if self.too_large and self.worked else None


def largest(lane: Lane, now: dt.datetime) -> int | None:
    """How many entities a request of the lane may hold; None when nothing is known against Jira's own limits."""
    return lane.largest_request(now)


def slow_until(meaning: Meaning, now: dt.datetime) -> dt.datetime:
    """Until when a lane is slow after Jira said that its limit is near: until it resets, where Jira says when."""
    latest = now + SLOW_FOR
    return latest if meaning.limit_resets_at is None else min(max(meaning.limit_resets_at, now), latest)


def between_requests(lane: Lane, now: dt.datetime) -> float:
    """Seconds to wait before the next request."""
    if lane.slow_until is None or lane.slow_until <= now:
        return 0.0
    return min(SLOW_PAUSE_SECONDS, (lane.slow_until - now).total_seconds())


def gives_way(lane: Lane, now: dt.datetime) -> bool:
    """Whether a lane of resent history has to wait, since live traffic of its site fell behind.

    A lane that sleeps has nothing to gain from others that wait, save for that of the same API: it may have been told
    to send less.
    """
    if lane.priority == Lane.Priority.LIVE:
        return False
    values: dict[str, Any] = {"site": lane.site_id, "api": lane.api, "since": now - LIVE_MAY_WAIT, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_FELL_BEHIND, values)
        (behind,) = cursor.fetchone()
    return bool(behind)


@transaction.atomic
def rest(lane: Lane, meaning: Meaning, now: dt.datetime) -> None:
    """Let every lane of the site sleep as long as this one: its quota is used up."""
    wake_at = now + dt.timedelta(seconds=meaning.pause or 0.0)
    others = Lane.objects.filter(site=lane.site_id, held_at=None).exclude(pk=lane.pk)
    # Locked in one order, as deletions lock them, so that nobody waits crosswise.
    ids = list(others.order_by("id").select_for_update().values_list("id", flat=True))
    Lane.objects.filter(pk__in=ids).update(
        wake_at=Greatest(wake_at, Coalesce(F("wake_at"), wake_at)),
        slept_at=now,
        slept_for=meaning.reason[:500],
        failures=Greatest(F("failures"), 1),
    )
    # Of a lane with nothing in it Jira refuses nothing: were it to count from now, what comes next week would be loud.
    Lane.objects.filter(pk__in=ids, failing_since=None).with_work().update(failing_since=now)


_LIVE_FELL_BEHIND = """
SELECT EXISTS (
    SELECT 1 FROM lane
    CROSS JOIN LATERAL (
        SELECT submission_id FROM entry WHERE lane_id = lane.id AND outcome = 'waiting' ORDER BY id LIMIT 1
    ) AS first
    JOIN submission ON submission.id = first.submission_id
    WHERE lane.site_id = %(site)s AND lane.priority = 0 AND lane.held_at IS NULL
      AND (lane.api = %(api)s OR lane.wake_at IS NULL OR lane.wake_at <= %(now)s)
      AND submission.received_at < %(since)s
) OR EXISTS (
    SELECT 1 FROM deletion JOIN lane ON lane.id = deletion.lane_id
    WHERE deletion.outcome = 'waiting' AND lane.site_id = %(site)s AND lane.api = %(api)s AND lane.held_at IS NULL
)
"""
