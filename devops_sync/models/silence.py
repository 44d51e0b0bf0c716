"""Who used to report and has stopped: longer than ever between two reports before.

The rhythm of a pipeline, or of a token, is told in days on which it reported, over the last eight weeks: a pipeline
that rests at week-ends has gaps of three days, and four and a half are not like it.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .submission import first_id_at

LOOKS_BACK = dt.timedelta(weeks=8)
# On fewer days there is no rhythm.
FEWEST_DAYS = 5
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Silent:
    """One that has stopped. `longest` is its longest gap before, in days."""

    site_id: int
    id: str
    name: str
    last_at: dt.datetime
    longest: int
    days: int

    @property
    def rhythm(self) -> str:
        """every day, at least every 3 days"""
        return "every day" if self.longest == 1 else f"at least every {self.longest} days"


def silent_pipelines(sites: Sequence[int], now: dt.datetime) -> list[Silent]:
    """The pipelines of these sites whose deployments have stopped, the latest first."""
    return _read(_PIPELINES, {"sites": list(sites), "since": now - LOOKS_BACK}, now)


def silent_tokens(sites: Sequence[int], now: dt.datetime) -> list[Silent]:
    """The tokens of these sites that are valid and have stopped being used for submissions, the latest first."""
    days = [now - _DAY * number for number in range(LOOKS_BACK.days, 0, -1)]
    bounds = [first_id_at(day) for day in days]
    ends = [first_id_at(day + _DAY) for day in days]
    return _read(_TOKENS, [days, bounds, ends, list(sites), now], now)


def _read(statement: str, values: list[Any] | dict[str, Any], now: dt.datetime) -> list[Silent]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    found = []
    for site_id, pk, name, last_at, instants in rows:
        longest = longest_gap(instants)
        if len(instants) >= FEWEST_DAYS and now - last_at > _more_than(longest):
            found.append(Silent(site_id, str(pk), name, last_at, longest, len(instants)))
    return sorted(found, key=lambda one: one.last_at, reverse=True)


def longest_gap(days: Iterable[dt.datetime]) -> int:
    """The longest stretch between two of these days, in days; 1 for days that follow each other."""
    ordered = sorted(day.date() for day in days)
    return max(((later - earlier).days for earlier, later in itertools.pairwise(ordered)), default=1)


def _more_than(longest: int) -> dt.timedelta:
    """After how long its silence is not like it: half as long again as its longest gap, and a day more at least."""
    return max(longest * 1.5, longest + 1.0) * _DAY


# One step down the index for each pipeline, and one for each day on which it reported: what it costs does not grow with
# the deployments.
_PIPELINES = """
WITH RECURSIVE pipeline AS (
    SELECT first.* FROM unnest(%(sites)s::bigint[]) AS site(id) CROSS JOIN LATERAL (
        SELECT site_id, pipeline_id FROM deployment WHERE site_id = site.id ORDER BY pipeline_id LIMIT 1
    ) AS first
  UNION ALL
    SELECT next.* FROM pipeline CROSS JOIN LATERAL (
        SELECT site_id, pipeline_id FROM deployment
        WHERE site_id = pipeline.site_id AND pipeline_id > pipeline.pipeline_id ORDER BY pipeline_id LIMIT 1
    ) AS next
), day AS (
    SELECT pipeline.*, latest.* FROM pipeline CROSS JOIN LATERAL (
        SELECT pipeline_name, changed_at FROM deployment
        WHERE site_id = pipeline.site_id AND pipeline_id = pipeline.pipeline_id AND changed_at >= %(since)s
          AND deleted_at IS NULL
        ORDER BY changed_at DESC LIMIT 1
    ) AS latest
  UNION ALL
    SELECT day.site_id, day.pipeline_id, earlier.* FROM day CROSS JOIN LATERAL (
        SELECT pipeline_name, changed_at FROM deployment
        WHERE site_id = day.site_id AND pipeline_id = day.pipeline_id AND changed_at >= %(since)s
          AND changed_at < date_trunc('day', day.changed_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
          AND deleted_at IS NULL
        ORDER BY changed_at DESC LIMIT 1
    ) AS earlier
)
SELECT site_id, pipeline_id, (array_agg(pipeline_name ORDER BY changed_at DESC))[1], max(changed_at),
       array_agg(changed_at)
FROM day GROUP BY site_id, pipeline_id
"""

# One step down the index for each token and day: what it costs does not grow with the submissions.
_TOKENS = """
SELECT token.site_id, token.id, token.name, max(last.received_at), array_agg(last.received_at)
FROM token
CROSS JOIN unnest(%s::timestamptz[], %s::uuid[], %s::uuid[]) AS day(at, first_id, next_id)
CROSS JOIN LATERAL (
    SELECT received_at FROM submission
    WHERE token_id = token.id AND id >= day.first_id AND id < day.next_id
    ORDER BY id DESC LIMIT 1
) AS last
WHERE token.site_id = ANY(%s) AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > %s)
GROUP BY token.id
"""
