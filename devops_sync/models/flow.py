"""What flows into a lane and out of it, and so when what waits in it will have left."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from .submission import first_id_at

# Over so long the rate is measured: short enough to be that of now, long enough for a pause of Jira's not to hide it.
MEASURED = dt.timedelta(minutes=5)
# From less, no rate is told.
SHORTEST = dt.timedelta(seconds=20)


@dataclass(frozen=True)
class Flow:
    """Entries a minute that came in and that reached their end, over the last five minutes.

    `sending` is for how long of these anything has left: a lane that has just been let go on is not as slow as
    its five minutes say.
    """

    came: float = 0.0
    left: float = 0.0
    sending: dt.timedelta = MEASURED

    @property
    def leaves(self) -> float:
        """How many leave a minute while it sends."""
        return self.left * (MEASURED / max(self.sending, SHORTEST))

    def empty_in(self, waiting: int) -> dt.timedelta | None:
        """How long until nothing waits, should everything go on as now; None when that never comes.

        What comes in is counted against what leaves: a lane that only just keeps up does not get empty.
        """
        if not waiting:
            return dt.timedelta()
        gains = self.leaves - self.came
        return dt.timedelta(minutes=waiting / gains) if gains > 0 and waiting / gains < 60 * 24 * 365 else None


def flow_by_lane(lanes: Sequence[int], now: dt.datetime) -> dict[int, Flow]:
    """What came into each lane and what left it lately. Both by an index, over five minutes."""
    since = now - MEASURED
    minutes = MEASURED.total_seconds() / 60
    with connection.cursor() as cursor:
        cursor.execute(_FLOW_BY_LANE, {"lanes": list(lanes), "since": since, "first": first_id_at(since)})
        return {
            lane: Flow(came / minutes, left / minutes, now - first if first else MEASURED)
            for lane, came, left, first in cursor.fetchall()
        }


# Only errands feed lanes of resent history. A request that was split, or has to be sent once more, let nothing leave.
# What was superseded left without one.
_FLOW_BY_LANE = """
SELECT lane.id, coalesce(came.many, 0)::float, coalesce(sent.many, 0)::float, sent.first
FROM unnest(%(lanes)s::bigint[]) AS asked(id) JOIN lane ON lane.id = asked.id
CROSS JOIN LATERAL (
    SELECT sum(entry_count - refused_count) FROM submission
    WHERE site_id = lane.site_id AND id >= %(first)s AND api = lane.api
      AND (errand_id IS NOT NULL) = (lane.priority = 1)
) AS came(many)
CROSS JOIN LATERAL (
    SELECT sum(cardinality(entry_ids)), min(started_at) FROM delivery
    WHERE lane_id = lane.id AND started_at >= %(since)s AND verdict IN ('received', 'refused')
) AS sent(many, first)
"""
