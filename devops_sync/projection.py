"""The current state as a projection of the entries: the version with the highest update sequence is current.

One statement writes entries and current rows together: a multi-row upsert is some twenty times faster
than a loop of saves, and PostgreSQL's row lock orders two senders of one key.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

# Rows come as one JSON text: it carries lists of issue keys, which parallel arrays cannot.
_STORE_DEPLOYMENTS = """
WITH item AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(items)s::json) AS item (
        position int, key text, sequence bigint, payload text,
        pipeline_id text, environment_id text, number bigint, state text, display_name text, label text,
        description text, url text, pipeline_name text, pipeline_url text, environment_name text,
        environment_type text, issue_keys text[], duration bigint, gated boolean, reported_at timestamptz
    )
), entry AS (
    INSERT INTO entry (
        submission_id, position, site_id, lane_id, envelope_id, kind, key, sequence, payload,
        outcome, errors, unknown_issues, read_back
    )
    SELECT %(submission)s, position, %(site)s, %(lane)s, %(envelope)s, 'deployment', key, sequence, payload,
        'waiting', '[]', '{}', 'not_read'
    FROM item ORDER BY position
    RETURNING id, position
), current AS (
    INSERT INTO deployment AS held (
        site_id, pipeline_id, environment_id, number, sequence, entry_id, property_set_id, state,
        display_name, label, description, url, pipeline_name, pipeline_url, environment_name,
        environment_type, issue_keys, duration, gated, reported_at, changed_at, first_received_at
    )
    SELECT %(site)s, pipeline_id, environment_id, number, sequence, entry.id, %(property_set)s, state,
        display_name, label, description, url, pipeline_name, pipeline_url, environment_name,
        environment_type, issue_keys, duration, gated, reported_at,
        least(reported_at, %(received_at)s), %(received_at)s
    FROM item JOIN entry USING (position)
    ORDER BY key
    ON CONFLICT (site_id, pipeline_id, environment_id, number) DO UPDATE SET
        sequence = excluded.sequence, entry_id = excluded.entry_id, property_set_id = excluded.property_set_id,
        state = excluded.state, display_name = excluded.display_name, label = excluded.label,
        description = excluded.description, url = excluded.url, pipeline_name = excluded.pipeline_name,
        pipeline_url = excluded.pipeline_url, environment_name = excluded.environment_name,
        environment_type = excluded.environment_type, issue_keys = excluded.issue_keys,
        duration = excluded.duration, gated = excluded.gated, reported_at = excluded.reported_at,
        changed_at = excluded.changed_at
    WHERE held.sequence < excluded.sequence
    RETURNING entry_id
)
SELECT entry.id FROM entry LEFT JOIN current ON current.entry_id = entry.id WHERE current.entry_id IS NULL
"""


def store_deployments(rows: Sequence[dict[str, Any]], **common: Any) -> None:
    """Write entries that wait and make each current unless a version at least as high is; those are out of order.

    `rows` are the columns by name, `common` what they share: submission, site, lane, envelope, property_set,
    received_at. Of two versions of one key the earlier in the request is written first.
    """
    for distinct in _rounds(rows):
        with connection.cursor() as cursor:
            cursor.execute(_STORE_DEPLOYMENTS, {**common, "items": msgspec.json.encode(distinct).decode()})
            overtaken = [entry for (entry,) in cursor.fetchall()]
            if overtaken:
                cursor.execute(
                    "UPDATE entry SET outcome = 'out_of_order', outcome_at = %s WHERE id = ANY(%s)",
                    [common["received_at"], overtaken],
                )


def _rounds(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows in groups within which every key is there once: one statement cannot write a row twice."""
    rounds: list[list[dict[str, Any]]] = []
    seen: dict[str, int] = {}
    for row in rows:
        turn = seen.get(row["key"], 0)
        seen[row["key"]] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(row)
    return rounds
