"""Where an issue is: the places that have it now, as far as the ledger can tell.

A place has an issue while what runs there came after it. What runs is the success with the highest number; it is one
that names the issue, or a later one, which builds upon it. It does not have the issue any more where what was deployed
with it was rolled back, or where the label that runs now is one that the place had before it: somebody went back by
deploying an older version again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

PLACES = 200
LOOKED_BACK = 30
# Of the furthest so many places of an issue a list asks whether they still have it.
_ASKED = 40


@dataclass(frozen=True)
class Standing:
    """An issue in one place, by ids: its latest deployment there, its latest that went well, and what runs there."""

    latest: int
    successful: int | None
    runs: int | None
    has: bool


def standings(sites: Sequence[int], key: str) -> list[Standing]:
    """Where deployments of the issue are, the furthest environments first, no more than `PLACES`."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [key, key, list(sites), PLACES])
        return [Standing(*row) for row in cursor.fetchall()]


def furthest_of_issues(sites: Sequence[int], keys: Sequence[str]) -> dict[str, str]:
    """The name of the furthest environment that has each issue."""
    with connection.cursor() as cursor:
        cursor.execute(_FURTHEST, [list(keys), list(sites)])
        return dict(cursor.fetchall())


_HERE = "site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id"
_RANK = "array_position(ARRAY['unmapped', 'development', 'testing', 'staging', 'production'], environment_type::text)"

# What runs in a place, and whether it has the issue: of the latest few successes the last that was not rolled back.
_RUNS = f"""
    WITH few AS (
        SELECT id, number, state, label, issue_keys FROM deployment
        WHERE {_HERE} AND deleted_at IS NULL ORDER BY number DESC LIMIT {LOOKED_BACK}
    ),
    own AS (
        SELECT id, number, state, label, issue_keys FROM deployment WHERE {_HERE} AND number = place.successful
    ),
    went AS (
        SELECT one.*, EXISTS (
            SELECT 1 FROM few AS back
            WHERE back.state = 'rolled_back' AND back.number > one.number
              AND back.label = one.label AND back.label <> '' AND back.issue_keys @> ARRAY[place.key]
        ) AS was_taken_back
        FROM (SELECT * FROM few WHERE state = 'successful' UNION ALL SELECT * FROM own) AS one
    )
    SELECT went.id, went.issue_keys @> ARRAY[place.key] AS names_it,
           CASE WHEN went.was_taken_back OR went.number < place.first THEN false
                WHEN went.issue_keys @> ARRAY[place.key] OR went.label IN ('', own.label) THEN true
                ELSE NOT EXISTS (
                    SELECT 1 FROM (
                        SELECT label, state FROM deployment
                        WHERE {_HERE} AND deleted_at IS NULL AND number < place.first
                        ORDER BY number DESC LIMIT {LOOKED_BACK}
                    ) AS older WHERE older.label = went.label AND older.state = 'successful'
                )
           END AS has
    FROM went CROSS JOIN own ORDER BY went.was_taken_back, went.number DESC LIMIT 1
"""  # noqa: S608 (words of this module's own)

_STANDINGS = f"""
WITH place AS MATERIALIZED (
    SELECT %s::text AS key, site_id, pipeline_id, environment_id, max(number) AS latest,
           min(number) FILTER (WHERE state = 'successful') AS first,
           max(number) FILTER (WHERE state = 'successful') AS successful, max(changed_at) AS changed_at,
           max({_RANK}) AS rank
    FROM deployment WHERE issue_keys @> ARRAY[%s] AND site_id = ANY(%s) AND deleted_at IS NULL
    GROUP BY site_id, pipeline_id, environment_id
    ORDER BY rank DESC, changed_at DESC LIMIT %s
)
SELECT latest.id, CASE WHEN runs.names_it AND runs.has THEN runs.id ELSE went.id END, runs.id, coalesce(runs.has, false)
FROM place
JOIN deployment AS latest ON latest.site_id = place.site_id AND latest.pipeline_id = place.pipeline_id
    AND latest.environment_id = place.environment_id AND latest.number = place.latest
LEFT JOIN deployment AS went ON went.site_id = place.site_id AND went.pipeline_id = place.pipeline_id
    AND went.environment_id = place.environment_id AND went.number = place.successful
LEFT JOIN LATERAL ({_RUNS}) AS runs ON true
ORDER BY place.rank DESC, place.changed_at DESC
"""  # noqa: S608 (words of this module's own)

_FURTHEST = f"""
SELECT issue.key, furthest.environment_name FROM unnest(%s::text[]) AS issue(key) CROSS JOIN LATERAL (
    SELECT place.environment_name FROM (
        SELECT issue.key, site_id, pipeline_id, environment_id, max(environment_name) AS environment_name,
               min(number) AS first, max(number) AS successful, max(changed_at) AS changed_at, max({_RANK}) AS rank
        FROM deployment
        WHERE issue_keys @> ARRAY[issue.key] AND site_id = ANY(%s) AND state = 'successful' AND deleted_at IS NULL
        GROUP BY site_id, pipeline_id, environment_id
        ORDER BY rank DESC, changed_at DESC LIMIT {_ASKED}
    ) AS place CROSS JOIN LATERAL ({_RUNS}) AS runs
    WHERE runs.has ORDER BY place.rank DESC, place.changed_at DESC LIMIT 1
) AS furthest
"""  # noqa: S608 (words of this module's own)
