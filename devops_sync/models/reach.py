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
PIPELINES = 8
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


def furthest_of_issues(sites: Sequence[int], keys: Sequence[str]) -> dict[str, str]:
    """The name of the furthest environment that has each issue."""
    with connection.cursor() as cursor:
        cursor.execute(_FURTHEST, [list(keys), list(sites)])
        return dict(cursor.fetchall())


_HERE = "site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id"
_RANK = "array_position(ARRAY['unmapped', 'development', 'testing', 'staging', 'production'], environment_type::text)"


def _runs(key: str) -> str:
    """What runs in a place, and whether it has the issue, `key` in the statement's words.

    It is the last of the latest few successes that was not rolled back.
    """
    return f"""
    WITH few AS MATERIALIZED (
        SELECT id, number, state, label, issue_keys @> ARRAY[{key}] AS names_it FROM deployment
        WHERE {_HERE} AND deleted_at IS NULL ORDER BY number DESC LIMIT {LOOKED_BACK}
    ),
    own AS MATERIALIZED (
        SELECT id, number, state, label, issue_keys @> ARRAY[{key}] AS names_it FROM deployment
        WHERE {_HERE} AND number = place.successful
    ),
    back AS MATERIALIZED (
        SELECT label, max(number) AS number FROM few
        WHERE state = 'rolled_back' AND label <> '' AND names_it GROUP BY label
    ),
    went AS (
        SELECT one.*, EXISTS (
            SELECT 1 FROM back WHERE back.label = one.label AND back.number > one.number
        ) AS was_taken_back
        FROM (SELECT * FROM few WHERE state = 'successful' UNION ALL SELECT * FROM own) AS one
        ORDER BY was_taken_back, number DESC LIMIT 1
    )
    SELECT went.id, went.names_it,
           CASE WHEN went.was_taken_back OR went.number < place.first THEN false
                WHEN went.names_it OR went.label IN ('', own.label) THEN true
                ELSE NOT EXISTS (
                    SELECT 1 FROM (
                        SELECT label, state FROM deployment
                        WHERE {_HERE} AND deleted_at IS NULL AND number < place.first
                        ORDER BY number DESC LIMIT {LOOKED_BACK}
                    ) AS older WHERE older.label = went.label AND older.state = 'successful'
                )
           END AS has
    FROM went CROSS JOIN own
"""  # noqa: S608 (words of this module's own)


# How often `STOOD` has to be given the issue.
KEYS = 2
# Parts of a statement that has the rows of one issue as `touched`: the pipelines that had it, and how it stands in each
# place of those that had it last, the furthest environments first. Of the others only how many they are is read.
STOOD = f"""met AS MATERIALIZED (
    SELECT site_id, pipeline_id COLLATE "C" COLLATE "default" AS pipeline_id,
           environment_id COLLATE "C" COLLATE "default" AS environment_id,
           max(number) AS latest, min(number) FILTER (WHERE state = 'successful') AS first,
           max(number) FILTER (WHERE state = 'successful') AS successful, max(changed_at) AS changed_at,
           max({_RANK}) AS rank
    FROM touched WHERE pipeline_id IS NOT NULL AND NOT is_deleted
    GROUP BY site_id, pipeline_id COLLATE "C", environment_id COLLATE "C"
    ORDER BY rank DESC, changed_at DESC LIMIT {PLACES}
),
placed AS MATERIALIZED (
    SELECT met.*, held.id, held.changed_at AS latest_at FROM met JOIN deployment AS held
        ON held.site_id = met.site_id AND held.pipeline_id = met.pipeline_id
        AND held.environment_id = met.environment_id AND held.number = met.latest
),
pipeline AS MATERIALIZED (
    SELECT site_id, pipeline_id, row_number() OVER (ORDER BY max(latest_at) DESC, min(id)) AS nth
    FROM placed GROUP BY site_id, pipeline_id
),
stood AS (
    SELECT place.id AS latest, CASE WHEN runs.names_it AND runs.has THEN runs.id ELSE went.id END AS successful,
           runs.id AS runs, coalesce(runs.has, false) AS has
    FROM placed AS place
    JOIN pipeline ON pipeline.site_id = place.site_id AND pipeline.pipeline_id = place.pipeline_id
        AND pipeline.nth <= {PIPELINES}
    LEFT JOIN deployment AS went ON went.site_id = place.site_id AND went.pipeline_id = place.pipeline_id
        AND went.environment_id = place.environment_id AND went.number = place.successful
    LEFT JOIN LATERAL ({_runs("%s")}) AS runs ON true
    ORDER BY place.rank DESC, place.changed_at DESC
)"""  # noqa: S608 (words of this module's own)

_FURTHEST = f"""
SELECT issue.key, furthest.environment_name FROM unnest(%s::text[]) AS issue(key) CROSS JOIN LATERAL (
    SELECT place.environment_name FROM (
        SELECT issue.key, site_id, pipeline_id, environment_id, max(environment_name) AS environment_name,
               min(number) AS first, max(number) AS successful, max(changed_at) AS changed_at, max({_RANK}) AS rank
        FROM deployment
        WHERE issue_keys @> ARRAY[issue.key] AND site_id = ANY(%s) AND state = 'successful' AND deleted_at IS NULL
        GROUP BY site_id, pipeline_id, environment_id
        ORDER BY rank DESC, changed_at DESC LIMIT {_ASKED}
    ) AS place CROSS JOIN LATERAL ({_runs("place.key")}) AS runs
    WHERE runs.has ORDER BY place.rank DESC, place.changed_at DESC LIMIT 1
) AS furthest
"""  # noqa: S608 (words of this module's own)
