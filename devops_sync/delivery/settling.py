"""Writing down what became of what was sent."""

import datetime as dt
from typing import Any

import msgspec
from django.db import connection

from ..kinds import of_api
from ..models import Deletion, Delivery, Entry
from . import causes
from .outcomes import Meaning


def settle_entries(delivery: Delivery, settled: list[dict[str, Any]], now: dt.datetime) -> None:
    """Write each entry's outcome, in one statement and only where it still waits; with its cause, if rejected."""
    said = {row["id"]: _first_said(row) for row in settled if row["outcome"] == Entry.Outcome.REJECTED}
    cause_of = causes.ids_of(said.values()) if said else {}
    if said:
        _take_current(delivery.lane.api, list(said))
    rows = msgspec.json.encode(
        [{**row, "cause": cause_of[said[row["id"]]] if row["id"] in said else None} for row in settled]
    ).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE entry SET outcome = row.outcome, outcome_at = %s, delivery_id = %s,
                errors = row.errors, unknown_issues = row.unknown_issues, cause_id = row.cause
            FROM json_to_recordset(%s::json)
                AS row (id bigint, outcome text, errors jsonb, unknown_issues text[], cause bigint)
            WHERE entry.id = row.id AND entry.outcome = %s
            """,
            [now, delivery.pk, rows, Entry.Outcome.WAITING],
        )


def _take_current(api: str, entries: list[int]) -> None:
    """Lock the current rows of what was rejected, which the database marks as the outcome is written.

    In the order of their keys, as submissions write them: so nobody waits for another crosswise.
    """
    with connection.cursor() as cursor:
        for kind in of_api(api):
            cursor.execute(
                f"""
                SELECT FROM {kind.model._meta.db_table} AS held JOIN entry ON entry.id = held.entry_id
                WHERE held.entry_id = ANY(%s) ORDER BY entry.key FOR NO KEY UPDATE OF held""",
                [entries],
            )


def _first_said(row: dict[str, Any]) -> str:
    """The first thing that Jira said against an entry."""
    return next((error["message"] for error in row["errors"] if error["message"]), "")


def settle_deletion(deletion: Deletion, meaning: Meaning, now: dt.datetime) -> None:
    """Write down that Jira took a deletion, or why it did not."""
    taken = meaning.verdict == Delivery.Verdict.RECEIVED
    Deletion.objects.waiting().filter(pk=deletion.pk).update(
        outcome=Deletion.Outcome.ACCEPTED if taken else Deletion.Outcome.REJECTED,
        outcome_at=now,
        errors=[] if taken else [{"message": meaning.reason}],
    )
