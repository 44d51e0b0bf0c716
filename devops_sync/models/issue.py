"""What touched an issue, read from the current rows of every kind, each by its index on issue keys.

An issue may have tens of thousands of rows. Each question is one statement, whose parts are fenced off (MATERIALIZED)
so that the rows are found by the issue and not by walking through time until enough of them turn up.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .deployment import Deployment

# The kinds that name issues. What comes last stands first among those of the same instant.
KINDS = ("branch", "commit", "pull_request", "build", "deployment")
SLOTS = 96
LANES = 12
ENVIRONMENTS = 40


@dataclass(frozen=True)
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


Mark = tuple[dt.datetime, str, int]


def tally(sites: Sequence[int], key: str) -> list[Tally]:
    """Everything that touched the issue, counted by slots of the time between the first and the last of it."""
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, _named(sites, key))
        return [Tally(*row) for row in cursor.fetchall()]


def events(
    sites: Sequence[int], key: str, most: int, *, older: Mark | None = None, newer: Mark | None = None, deleted: bool
) -> list[Event]:
    """The newest of them, or those next to a mark (instant, kind, id), the newest first; with the `deleted` or not."""
    mark = older or newer
    sign, order = (">", "ASC") if newer else ("<", "DESC")
    place = f"WHERE (changed_at, rank, id) {sign} (%s, %s, %s)" if mark else ""
    alive = "" if deleted else " AND deleted_at IS NULL"
    statement = f"""
        WITH touched AS MATERIALIZED ({_each("rank, id, changed_at, entry_id", alive)}),
        few AS MATERIALIZED (
            SELECT * FROM touched {place} ORDER BY changed_at {order}, rank {order}, id {order} LIMIT %s
        )
        SELECT few.rank, few.id, few.changed_at, entry.outcome, entry.unknown_issues
        FROM few JOIN entry ON entry.id = few.entry_id
        ORDER BY few.changed_at DESC, few.rank DESC, few.id DESC
    """  # noqa: S608 (words of this module's own)
    at: list[Any] = [mark[0], KINDS.index(mark[1]), mark[2]] if mark else []
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_named(sites, key), *at, most])
        return [Event(KINDS[rank], *row) for rank, *row in cursor.fetchall()]


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


def _named(sites: Sequence[int], key: str) -> list[Any]:
    """What the rows of every kind are asked with."""
    return [key, list(sites)] * len(KINDS)


def _each(columns: str, also: str = "") -> str:
    """The rows of every kind that name the issue."""
    return " UNION ALL ".join(
        f"SELECT {columns.replace('rank', f'{rank} AS rank')} FROM {table}"  # noqa: S608 (names of this project's own)
        f" WHERE issue_keys @> ARRAY[%s] AND site_id = ANY(%s){also}"
        for rank, table in enumerate(KINDS)
    )


def _counted(table: str) -> str:
    own = {
        "branch": "'', '', ''",
        "commit": "'', '', ''",
        "pull_request": "'', '', status",
        "build": "'', '', state",
        "deployment": (
            "environment_type, environment_name, CASE WHEN gated AND state = 'pending' THEN 'gated' ELSE state END"
        ),
    }[table]
    return f"""
        SELECT site_id, '{table}' AS kind, {own}, deleted_at IS NOT NULL, changed_at,
               least(first_received_at, changed_at)
        FROM {table} WHERE issue_keys @> ARRAY[%s] AND site_id = ANY(%s)
    """  # noqa: S608 (names of this project's own)


_TALLY = f"""
WITH touched (site_id, kind, environment_type, environment_name, state, is_deleted, changed_at, seen_at)
    AS MATERIALIZED ({" UNION ALL ".join(_counted(table) for table in KINDS)}),
reach AS (
    SELECT min(changed_at) AS first_at, date_part('epoch', max(changed_at) - min(changed_at)) AS span FROM touched
),
lane AS (
    SELECT environment_name, true AS is_lane FROM touched WHERE kind = 'deployment'
    GROUP BY environment_name ORDER BY count(*) DESC, environment_name LIMIT {LANES}
)
SELECT site_id, kind, CASE WHEN lane.is_lane THEN environment_type ELSE '' END,
       CASE WHEN lane.is_lane THEN environment_name ELSE '' END,
       state, is_deleted,
       CASE WHEN reach.span = 0 THEN 0
            ELSE least({SLOTS - 1}, floor(date_part('epoch', changed_at - reach.first_at) / reach.span * {SLOTS})::int)
       END,
       count(*), min(changed_at), max(changed_at), min(seen_at)
FROM touched CROSS JOIN reach LEFT JOIN lane USING (environment_name)
GROUP BY 1, 2, 3, 4, 5, 6, 7
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
