"""One pipeline of one site over time.

However many deployments it has had, each question reads a bounded number of rows: from each place the latest few by
number, which the unique index gives at once.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from .issue import Tally

WALKED = 5000
LOOKED_AT = 1000
LISTED_FROM = 200
SLOTS = 240
BEFORE = -1


@dataclass(frozen=True)
class Environment:
    """Where the pipeline deploys to, with its latest deployment there."""

    id: str
    name: str
    type: str
    latest: int
    changed_at: dt.datetime


def environments(site: int, pipeline: str, after: str | None = None) -> list[Environment]:
    """Its environments by id, from the one after a given id on, no more than `WALKED`.

    One step down the unique index for each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENVIRONMENTS, [site, pipeline, after, after, *(site, pipeline) * 2, WALKED])
        return [Environment(*row) for row in cursor.fetchall()]


def named(site: int, pipeline: str, ids: Sequence[str]) -> list[Environment]:
    """Those of its environments that have these ids, however many it has."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [list(ids), site, pipeline])
        return [Environment(*row) for row in cursor.fetchall()]


def tally(site: int, pipeline: str, environments: Sequence[str], since: dt.datetime, until: dt.datetime) -> list[Tally]:
    """The latest `LOOKED_AT` deployments of each of the environments, counted by slots of the time between the two.

    `lane` is the environment's id. What is older than `since` is in the slot `BEFORE`.
    """
    span = (until - since).total_seconds()
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, [since, since, span, list(environments), site, pipeline])
        return [Tally(site, "deployment", *row) for row in cursor.fetchall()]


def newest(site: int, pipeline: str, environments: Sequence[str], since: dt.datetime, most: int) -> list[int]:
    """The ids of those that changed last in the environments, no earlier than `since`, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [list(environments), site, pipeline, since, most])
        return [pk for (pk,) in cursor.fetchall()]


_ENVIRONMENTS = """
WITH RECURSIVE place AS (
    (SELECT environment_id, 1 AS step FROM deployment
     WHERE site_id = %s AND pipeline_id = %s AND deleted_at IS NULL AND (%s::text IS NULL OR environment_id > %s)
     ORDER BY environment_id LIMIT 1)
  UNION ALL
    SELECT next.environment_id, place.step + 1 FROM place CROSS JOIN LATERAL (
        SELECT environment_id FROM deployment
        WHERE site_id = %s AND pipeline_id = %s AND deleted_at IS NULL AND environment_id > place.environment_id
        ORDER BY environment_id LIMIT 1
    ) AS next
)
SELECT latest.* FROM place CROSS JOIN LATERAL (
    SELECT environment_id, environment_name, environment_type, id, changed_at FROM deployment
    WHERE site_id = %s AND pipeline_id = %s AND environment_id = place.environment_id AND deleted_at IS NULL
    ORDER BY number DESC LIMIT 1
) AS latest
LIMIT %s
"""

_NAMED = """
SELECT latest.* FROM (SELECT DISTINCT unnest(%s::text[]) AS id) AS asked CROSS JOIN LATERAL (
    SELECT environment_id, environment_name, environment_type, id, changed_at FROM deployment
    WHERE site_id = %s AND pipeline_id = %s AND environment_id = asked.id AND deleted_at IS NULL
    ORDER BY number DESC LIMIT 1
) AS latest
ORDER BY latest.environment_id
"""

# Grouped by numbers, and the labels fetched afterwards: sorting texts costs more than reading the rows.
_TALLY = f"""
WITH few AS MATERIALIZED (
    SELECT asked.place, one.*,
           CASE WHEN changed_at < %s THEN {BEFORE}
                ELSE least({SLOTS - 1}, floor(date_part('epoch', changed_at - %s) / %s * {SLOTS})::int)
           END AS slot
    FROM unnest(%s::text[]) WITH ORDINALITY AS asked(id, place) CROSS JOIN LATERAL (
        SELECT environment_type, environment_id, number, label, display_name, changed_at, first_received_at,
               CASE WHEN gated AND state = 'pending' THEN 'gated' ELSE state END AS state
        FROM deployment
        WHERE site_id = %s AND pipeline_id = %s AND environment_id = asked.id AND deleted_at IS NULL
        ORDER BY number DESC LIMIT {LOOKED_AT}
    ) AS one
),
tally AS MATERIALIZED (
    SELECT place, state COLLATE "C" AS state, slot, max(number) AS number, count(*) AS many,
           min(changed_at) AS first_at, max(changed_at) AS last_at, min(least(first_received_at, changed_at)) AS seen_at
    FROM few GROUP BY 1, 2, 3
)
SELECT few.environment_type, few.environment_id, tally.state, false, tally.slot, many, first_at, last_at, seen_at,
       coalesce(nullif(label, ''), nullif(display_name, ''), '#' || number)
FROM tally JOIN few USING (place, number)
"""  # noqa: S608 (figures of this module's own)

_NEWEST = f"""
WITH few AS MATERIALIZED (
    SELECT one.* FROM unnest(%s::text[]) AS asked(id) CROSS JOIN LATERAL (
        SELECT id, changed_at FROM deployment
        WHERE site_id = %s AND pipeline_id = %s AND environment_id = asked.id AND deleted_at IS NULL
        ORDER BY number DESC LIMIT {LISTED_FROM}
    ) AS one
)
SELECT id FROM few WHERE changed_at >= %s ORDER BY changed_at DESC, id DESC LIMIT %s
"""  # noqa: S608 (figures of this module's own)
