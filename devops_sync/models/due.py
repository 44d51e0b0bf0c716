"""How late the work is that somebody could do now."""

import datetime as dt

from .deletion import Deletion
from .lane import Lane
from .submission import Entry


def oldest_due(now: dt.datetime) -> dt.timedelta | None:
    """How long the oldest entry or deletion waits of those that a worker could send now; None when nothing is due.

    What is sent again is not due while an errand is paused, nor while something live of its site waits: it gives way.
    """
    ages = []
    first = set(Lane.objects.live().filter(held_at=None).with_work().values_list("site", flat=True))
    for lane in Lane.objects.due(now).with_work():
        waiting = Entry.objects.waiting().filter(lane=lane)
        if lane.priority == Lane.Priority.RESENT:
            waiting = waiting.none() if lane.site_id in first else waiting.free()
        entry = waiting.select_related("submission").order_by("id").first()
        deletion = Deletion.objects.waiting().filter(lane=lane).order_by("id").first()
        received = [one.received_at for one in (entry and entry.submission, deletion) if one]
        if received:
            # While the lane slept, nobody could.
            ages.append(now - max(min(received), lane.wake_at or min(received)))
    return max(ages, default=None)
