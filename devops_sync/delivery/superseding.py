"""Versions that need not be sent, since a later one of the same key waits behind them.

After an outage that is most of what waits. Each one is recorded with what superseded it. The deployment that opens a
gate is always sent: Jira makes the gate of that very version. Nothing is passed over across a deletion.
"""

import datetime as dt

from django.db import connection, transaction

from ..models import Deletion, Entry, Lane, Site
from .leases import Hold

MANY = 1000
LOOKED_AT = 100_000


def pass_over(lane: Lane, hold: Hold, now: dt.datetime) -> int:
    """Mark what the site's setting allows to leave out. Returns how many. Raises `LaneLost`."""
    if lane.priority != Lane.Priority.LIVE or lane.site.superseding == Site.Superseding.NEVER:
        return 0
    enough = MANY + 1 if lane.site.superseding == Site.Superseding.WHEN_MANY else 2
    if Entry.objects.waiting().filter(lane=lane).order_by()[:enough].count() < enough:
        return 0
    barrier = Deletion.objects.waiting().filter(lane=lane).order_by("id").values_list("id", flat=True).first()
    with transaction.atomic(), connection.cursor() as cursor:
        hold.change()
        cursor.execute(_SUPERSEDES, {"lane": lane.pk, "before": barrier, "now": now, "looked_at": LOOKED_AT})
        return int(cursor.rowcount)


_SUPERSEDES = """
WITH waiting AS (
    SELECT id, kind, key, sequence FROM entry
    WHERE lane_id = %(lane)s AND outcome = 'waiting' AND id < coalesce(%(before)s, 9223372036854775807)
    ORDER BY id LIMIT %(looked_at)s
), beside AS (
    SELECT id, first_value(id) OVER (PARTITION BY kind, key ORDER BY sequence DESC, id DESC) AS newest FROM waiting
)
UPDATE entry SET outcome = 'superseded', outcome_at = %(now)s, superseded_by_id = beside.newest
FROM beside
WHERE entry.id = beside.id AND beside.newest <> beside.id AND entry.outcome = 'waiting'
  AND NOT (entry.kind = 'deployment' AND entry.payload LIKE '%%initiate_deployment_gating%%')
"""
