"""The current state as a projection of the entries: the version with the highest update sequence is current.

A submission, its entries, the current rows that they change and its line in the audit log are written by one statement:
one round trip, one commit, and PostgreSQL's row lock orders two senders of one key. A multi-row upsert is some twenty
times faster than a loop of saves.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection

from . import prepared
from .audit import noting
from .kinds import KINDS, Kind, Row
from .models import Submission

_ENTRY = "position int, key text, sequence bigint, payload text, mends jsonb"


@lru_cache
def _makes_current(kind: Kind) -> str:
    """The parts of the statement that read a kind's rows and make them current.

    Rows come as one JSON text: it carries lists of issue keys, which parallel arrays cannot. They are
    written in the order of their keys, so that two senders never wait for each other crosswise. What was
    deleted has no sequence any more that a later version would have to exceed, as in Jira; what is only marked ahead
    is not deleted yet.
    """
    typed = ", ".join(f"{name} {type}" for name, type in {**kind.key, **kind.columns}.items())
    names = ", ".join([*kind.key, *(name for name in kind.columns if name != "reported_at")])
    changing = ("sequence", "entry_id", "property_set_id", "changed_at", "deleted_at", *kind.columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in changing)
    return f"""
{kind.name}_item AS MATERIALIZED (
    SELECT nextval('entry_id_seq') AS entry_id, item.*
    FROM taken, json_to_recordset(%({kind.name})s::json) AS item ({_ENTRY}, {typed})
), {kind.name}_current AS (
    INSERT INTO {kind.model._meta.db_table} AS held (
        site_id, sequence, entry_id, property_set_id, reported_at, changed_at, first_received_at, {names}
    )
    SELECT %(site)s::bigint, sequence, entry_id, %(property_set)s::bigint, coalesce(reported_at, %(received_at)s),
        least(reported_at, %(received_at)s::timestamptz), %(received_at)s::timestamptz, {names}
    FROM {kind.name}_item ORDER BY key
    ON CONFLICT (site_id, {", ".join(kind.key)}) DO UPDATE SET {changes}, is_rejected = false
    WHERE held.sequence < excluded.sequence OR held.deleted_at IS NOT NULL AND NOT is_marked_ahead(held.deleted_at)
    RETURNING entry_id
)"""  # noqa: S608 (names of this project's own)


@lru_cache
def _outcomes(kind: Kind) -> str:
    """The rows of a kind with what becomes of them: one that is not current now is out of order."""
    return f"""
    SELECT {kind.name}_item.entry_id, '{kind.name}', position, key, sequence, payload, coalesce(mends, '[]'),
        %(lane)s::bigint,
        CASE WHEN {kind.name}_current.entry_id IS NULL THEN 'out_of_order' ELSE 'waiting' END,
        CASE WHEN {kind.name}_current.entry_id IS NULL THEN %(received_at)s::timestamptz END, '[]'::jsonb
    FROM {kind.name}_item LEFT JOIN {kind.name}_current USING (entry_id)"""  # noqa: S608 (names of this project's own)


# Submissions share the lane, deletions take it alone: no entry is numbered before a deletion and committed after.
_TAKEN = "taken AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lane)s::bigint))"
_SUBMISSION = """
submitted AS (
    INSERT INTO submission (
        id, site_id, token_id, user_id, remote_address, api, path, received_at, validated_at, size, sha256, raw,
        head, envelope_id, status, refusal, entry_count, refused_count
    ) VALUES (
        %(submission)s, %(site)s, %(token)s, %(user)s, %(remote_address)s, %(api)s, %(path)s, %(received_at)s,
        %(validated_at)s, %(size)s, %(sha256)s, %(raw)s, %(head)s::jsonb, %(envelope)s, 202, '',
        %(entry_count)s, %(refused_count)s
    )
)"""
_REFUSED = f"""
    SELECT nextval('entry_id_seq'), kind, position, key, sequence, payload, '[]'::jsonb, NULL::bigint,
        'refused', %(validated_at)s::timestamptz, errors
    FROM json_to_recordset(%(refused)s::json) AS item ({_ENTRY}, kind text, errors jsonb)"""  # noqa: S608 (names of this project's own)


def store(rows: Mapping[str, Sequence[Row]], refused: Sequence[Row], facts: Mapping[str, Any]) -> None:
    """Write a submission with its entries, and make each valid one current unless a version as high is.

    `rows` are the valid entities by kind, `refused` the others, both as columns by name; `facts` are the
    columns of the submission, with the lane, the property set and what the audit log says. Of two versions of one key
    the earlier in the request is written first; the caller puts a transaction around requests that have any.
    """
    for number, distinct in enumerate(rounds(rows)):
        first = number == 0
        values = {kind: _as_json(found) for kind, found in distinct.items()}
        if first and refused:
            values["refused"] = _as_json(refused)
        prepared.run(_statement(tuple(distinct), first, bool(refused)), {**facts, **values})


@lru_cache
def _statement(names: tuple[str, ...], is_first: bool, has_refused: bool) -> str:
    """The statement that writes the entries of these kinds, and the submission with the first of them."""
    kinds = [KINDS[name] for name in names]
    parts = [_TAKEN, _SUBMISSION, noting.WITH_PENDING] if is_first else [_TAKEN]
    outcomes = [_outcomes(kind) for kind in kinds]
    if is_first and has_refused:
        outcomes.append(_REFUSED)
    return f"""
WITH {",".join([*parts, *(_makes_current(kind) for kind in kinds)])}
INSERT INTO entry (
    id, kind, position, key, sequence, payload, mends, lane_id, outcome, outcome_at, errors,
    submission_id, site_id, envelope_id, unknown_issues, read_back
)
SELECT found.*, %(submission)s::uuid, %(site)s::bigint, %(envelope)s::bigint, '{{}}'::text[], 'not_read'
FROM ({" UNION ALL ".join(outcomes)}) AS found
"""  # noqa: S608 (names of this project's own)


def store_refused(submission: Submission, noted: Mapping[str, Any]) -> None:
    """Write a submission that was refused whole, with what the audit log says of it."""
    fields = submission._meta.concrete_fields
    values = {field.attname: field.get_db_prep_save(field.pre_save(submission, True), connection) for field in fields}
    prepared.run(_refusal(), {**values, **noted})
    submission._state.adding = False


@lru_cache
def _refusal() -> str:
    columns = [field.attname for field in Submission._meta.concrete_fields]
    values = ", ".join(f"%({column})s" for column in columns)
    return f"WITH {noting.WITH_PENDING} INSERT INTO submission ({', '.join(columns)}) VALUES ({values})"  # noqa: S608 (names of columns)


def rounds(rows: Mapping[str, Sequence[Row]]) -> Iterator[dict[str, list[Row]]]:
    """The rows in groups within which every key is there once: one statement cannot write a row twice.

    There is always one group, be it empty.
    """
    found: list[dict[str, list[Row]]] = [{}]
    for kind, of_kind in rows.items():
        seen: dict[str, int] = {}
        for row in of_kind:
            turn = seen.get(row["key"], 0)
            seen[row["key"]] = turn + 1
            if turn == len(found):
                found.append({})
            found[turn].setdefault(kind, []).append(row)
    return iter(found)


def has_repeats(rows: Mapping[str, Sequence[Row]]) -> bool:
    """Whether some key is there more than once."""
    return any(len({row["key"] for row in of_kind}) < len(of_kind) for of_kind in rows.values())


def _as_json(rows: Sequence[Row]) -> str:
    return msgspec.json.encode(rows).decode()
