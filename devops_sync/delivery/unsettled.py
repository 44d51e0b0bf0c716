"""Requests whose answer nobody read. Jira may still act on them, so some things have to wait until it cannot.

A submission that arrives twice does no harm, thanks to its update sequences. But a deletion must not arrive before a
submission that was sent earlier, or it would come back; and nothing may be sent after a deletion that may arrive later.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from ..jira import exchange
from ..models import Delivery, Lane
from .leases import Hold

# A worker gives up an exchange after this time, and what it sent has arrived by then or never will.
ARRIVES_WITHIN = dt.timedelta(seconds=exchange.WHOLE_SECONDS)
_WORKER_ENDED = "Its worker ended before an answer was written down."


@transaction.atomic
def close_abandoned(lane: Lane, hold: Hold) -> None:
    """Close what earlier holders of the lane left unanswered, and remember until when it matters.

    Both or nothing: what is closed is not looked at again. Raises `LaneLost`.
    """
    left = list(Delivery.objects.abandoned(lane.pk, hold.fence))
    if not left:
        return
    Delivery.objects.filter(pk__in=[one.pk for one in left]).update(finished_at=timezone.now(), failure=_WORKER_ENDED)
    now = timezone.now()
    for one in left:
        # Counted from now: by which clock the other worker said when it began is not known.
        _note(lane, hold, now, one.deletion_id is not None, now)


def note(lane: Lane, hold: Hold, delivery: Delivery) -> None:
    """Remember that nobody read the answer to a request of this worker's own. Raises `LaneLost`."""
    now = timezone.now()
    # A clock that was set back meanwhile must not make it last.
    _note(lane, hold, min(delivery.started_at, now), delivery.deletion_id is not None, now)


def _note(lane: Lane, hold: Hold, began_at: dt.datetime, deletes: bool, now: dt.datetime) -> None:
    until = began_at + ARRIVES_WITHIN
    still = lane.unsettled_until is not None and lane.unsettled_until > now
    lane.unsettled_deletion = (still and lane.unsettled_deletion) or deletes
    lane.unsettled_until = max(until, lane.unsettled_until) if still and lane.unsettled_until else until
    hold.change(unsettled_until=lane.unsettled_until, unsettled_deletion=lane.unsettled_deletion)


def in_the_way(lane: Lane, is_deletion: bool, now: dt.datetime) -> dt.datetime | None:
    """Until when a deletion, or anything else, has to wait; None when it may leave."""
    until = lane.unsettled_until
    if until is None or until <= now or not (is_deletion or lane.unsettled_deletion):
        return None
    return until
