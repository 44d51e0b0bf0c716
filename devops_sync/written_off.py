"""What waits of a site that was removed: it is never sent, and says why."""

import datetime as dt
import json
from collections.abc import Sequence

from django.db import connection, transaction

from .models import Deletion, Lane, Site

WHY = "The site was removed before it was sent."
_SAID = json.dumps([{"message": WHY}])


@transaction.atomic
def write_off(lanes: Sequence[int], now: dt.datetime) -> None:
    """Settle everything that waits in these lanes as not sent."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [now, _SAID, list(lanes)])
    waiting = Deletion.objects.waiting().filter(lane__in=lanes)
    waiting.update(outcome=Deletion.Outcome.REJECTED, outcome_at=now, errors=[{"message": WHY}])


def write_off_late(now: dt.datetime) -> None:
    """Settle what was taken in the moment in which its site was removed."""
    removed = Site.objects.removed()
    if lanes := list(Lane.objects.filter(site__in=removed).with_work().values_list("pk", flat=True)):
        write_off(lanes, now)


_WITHDRAW = """
UPDATE entry SET outcome = 'withdrawn', outcome_at = %s, errors = %s
WHERE lane_id = ANY(%s) AND outcome = 'waiting'
"""
