"""What touched an issue, read from the current rows of every kind, each by its index on issue keys.

An issue may have tens of thousands of rows all over the tables, so that to read them is what takes longest: one
statement reads them once and answers all that is asked of them. Its parts are fenced off (MATERIALIZED) so that the
rows are found by the issue and not by walking through time until enough of them turn up.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from . import reach
from .deployment import Deployment
from .reach import Standing

# The kinds that name issues. What comes last stands first among those of the same instant.
KINDS = ("branch", "commit", "pull_request", "build", "deployment")
SLOTS = 96
LANES = 12
ENVIRONMENTS = 40


# A page makes a thousand and more of them: frozen, that takes three times as long.
@dataclass(slots=True)
class Tally:
    """How many of a kind in one state lie in one slot of the issue's time, and between which instants.

    `lane` names the environment of deployments; it is empty for the environments beyond the busiest. `state` is
    "gated" for what waits at a gate. `label` is the name of the last of them, where that was asked for.
    """

    site_id: int
    kind: str
    environment_type: str
    lane: str
    state: str
    is_deleted: bool
    slot: int
    count: int
    first_at: dt.datetime
    last_at: dt.datetime
    seen_at: dt.datetime
    label: str = ""


@dataclass(frozen=True)
class Event:
    """One row that touched the issue, with what became of its version."""

    kind: str
    pk: int
    changed_at: dt.datetime
    outcome: str
    unknown_issues: list[str]


@dataclass(frozen=True)
class Touched:
    """All that touched an issue, counted; a page of it; and where it is, in the pipelines that had it last.

    `pipelines` is how many had it.
    """

    tallies: list[Tally] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    pipelines: int = 0


Mark = tuple[dt.datetime, str, int]


def touched(
    sites: Sequence[int],
    key: str,
    most: int,
    *,
    older: Mark | None = None,
    newer: Mark | None = None,
    deleted: bool = False,
) -> Touched:
    """What touched the issue: everything of it counted by slots of the time between the first and the last, and the
    newest events, or those next to a mark (instant, kind, id), the newest first; of events the `deleted` too or not.
    """
    mark = older or newer
    sign, order = (">", "ASC") if newer else ("<", "DESC")
    statement = _TOUCHED.format(
        rows=" UNION ALL ".join(map(_row, KINDS)),
        events="" if deleted else " AND NOT is_deleted",
        place=f" AND (changed_at, rank, id) {sign} (%s, %s, %s)" if mark else "",
        order=order,
    )
    named: list[Any] = [key, list(sites)] * len(KINDS)
    at: list[Any] = [mark[0], KINDS.index(mark[1]), mark[2]] if mark else []
    with connection.cursor() as cursor:
        cursor.execute(statement, [*named, *at, most, *[key] * reach.KEYS])
        counted, happened, stood, pipelines = cursor.fetchone()
    return Touched(
        [
            Tally(site, KINDS[rank], kind, lane, state, gone, slot, many, _at(first), _at(last), _at(seen))
            for site, rank, kind, lane, state, gone, slot, many, first, last, seen in counted or ()
        ],
        [Event(KINDS[rank], pk, _at(changed), *rest) for rank, pk, changed, *rest in happened or ()],
        [Standing(*one) for one in stood or ()],
        pipelines or 0,
    )


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _at(microseconds: int) -> dt.datetime:
    """The instant that the statement gives as a number: thousands of them written out would have to be read."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def title(sites: Sequence[int], key: str) -> tuple[int, str] | None:
    """The id and title of the issue's latest pull request, without the key where the title begins with it."""
    with connection.cursor() as cursor:
        cursor.execute(_TITLE, [key, list(sites)])
        found: tuple[int, str] | None = cursor.fetchone()
    if found is None:
        return None
    pk, said = found
    rest = re.sub(rf"^\[?{re.escape(key)}\]?(?!\w)[\s:.-]*", "", said, flags=re.IGNORECASE)
    return pk, rest or said


def latest_of_pipelines(pipelines: Sequence[tuple[int, str]]) -> list[Deployment]:
    """The latest deployment in each environment of these pipelines (site, pipeline), `ENVIRONMENTS` of each at most."""
    if not pipelines:
        return []
    sites, ids = zip(*pipelines, strict=True)
    return list(Deployment.objects.raw(_LATEST_OF_PIPELINES, [list(sites), list(ids), ENVIRONMENTS]))


_OWN = "environment_type, environment_name, pipeline_id, environment_id, number"
_STATES = {
    "pull_request": "status",
    "build": "state",
    "deployment": "CASE WHEN gated AND state = 'pending' THEN 'gated' ELSE state END",
}


def _row(table: str) -> str:
    """The rows of a kind that name the issue."""
    own = _OWN if table == "deployment" else "NULL::text, NULL::text, NULL::text, NULL::text, NULL::bigint"
    return f"""
    SELECT {KINDS.index(table)}, id, site_id, entry_id, changed_at, least(first_received_at, changed_at),
           deleted_at IS NOT NULL, {_STATES.get(table, "''")}, {own}
    FROM {table} WHERE issue_keys @> ARRAY[%s] AND site_id = ANY(%s)"""  # noqa: S608 (names of this project's own)


def _micro(column: str) -> str:
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


# Counted by all that is told apart before the busiest environments are looked for: that leaves few rows to do it with.
_TOUCHED = f"""
WITH touched (rank, id, site_id, entry_id, changed_at, seen_at, is_deleted, state, {_OWN}) AS MATERIALIZED ({{rows}}
),
span AS MATERIALIZED (
    SELECT date_part('epoch', min(changed_at)) AS first_at,
           nullif(date_part('epoch', max(changed_at) - min(changed_at)), 0) AS seconds
    FROM touched
),
slotted AS MATERIALIZED (
    SELECT site_id, rank, environment_type COLLATE "C" AS environment_type,
           environment_name COLLATE "C" AS environment_name, state COLLATE "C" AS state, is_deleted,
           least({SLOTS - 1}, coalesce(
               floor((date_part('epoch', changed_at) - span.first_at) / span.seconds * {SLOTS}), 0
           ))::int AS slot,
           count(*) AS many, min(changed_at) AS first_at, max(changed_at) AS last_at, min(seen_at) AS seen_at
    FROM touched CROSS JOIN span GROUP BY 1, 2, 3, 4, 5, 6, 7
),
lane AS (
    SELECT environment_name FROM slotted WHERE environment_name IS NOT NULL
    GROUP BY environment_name ORDER BY sum(many) DESC, environment_name LIMIT {LANES}
),
tally AS (
    SELECT site_id, rank, CASE WHEN lane.environment_name IS NULL THEN '' ELSE environment_type END AS environment_type,
           coalesce(lane.environment_name, '') AS lane, state, is_deleted, slot,
           sum(many)::bigint AS many, min(first_at) AS first_at, max(last_at) AS last_at, min(seen_at) AS seen_at
    FROM slotted LEFT JOIN lane USING (environment_name) GROUP BY 1, 2, 3, 4, 5, 6, 7
),
few AS MATERIALIZED (
    SELECT rank, id, changed_at, entry_id FROM touched WHERE true{{events}}{{place}}
    ORDER BY changed_at {{order}}, rank {{order}}, id {{order}} LIMIT %s
),
event AS (
    SELECT few.rank, few.id, few.changed_at, entry.outcome, entry.unknown_issues
    FROM few JOIN entry ON entry.id = few.entry_id
    ORDER BY few.changed_at DESC, few.rank DESC, few.id DESC
),
{reach.STOOD}
SELECT
    (SELECT json_agg(json_build_array(site_id, rank, environment_type, lane, state, is_deleted, slot, many,
        {_micro("first_at")}, {_micro("last_at")}, {_micro("seen_at")})) FROM tally),
    (SELECT json_agg(json_build_array(rank, id, {_micro("changed_at")}, outcome, unknown_issues)) FROM event),
    (SELECT json_agg(json_build_array(latest, successful, runs, has)) FROM stood),
    (SELECT count(*) FROM pipeline)
"""  # noqa: S608 (names of this project's own)

_TITLE = """
WITH touched AS MATERIALIZED (
    SELECT id, changed_at, title FROM pull_request
    WHERE issue_keys @> ARRAY[%s] AND site_id = ANY(%s) AND deleted_at IS NULL
)
SELECT id, title FROM touched ORDER BY changed_at DESC, id DESC LIMIT 1
"""

_LATEST_OF_PIPELINES = """
SELECT latest.* FROM unnest(%s::bigint[], %s::text[]) AS asked(site_id, pipeline_id)
CROSS JOIN LATERAL (
    WITH RECURSIVE place AS (
        (SELECT environment_id FROM deployment
         WHERE site_id = asked.site_id AND pipeline_id = asked.pipeline_id AND deleted_at IS NULL
         ORDER BY environment_id LIMIT 1)
      UNION ALL
        SELECT next.environment_id FROM place CROSS JOIN LATERAL (
            SELECT environment_id FROM deployment
            WHERE site_id = asked.site_id AND pipeline_id = asked.pipeline_id AND deleted_at IS NULL
              AND environment_id > place.environment_id
            ORDER BY environment_id LIMIT 1
        ) AS next
    )
    SELECT environment_id FROM place LIMIT %s
) AS place
CROSS JOIN LATERAL (
    SELECT * FROM deployment
    WHERE site_id = asked.site_id AND pipeline_id = asked.pipeline_id AND environment_id = place.environment_id
      AND deleted_at IS NULL
    ORDER BY number DESC LIMIT 1
) AS latest
"""
