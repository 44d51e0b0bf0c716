"""Judging keys again, once a deletion that stood in its lane was taken back.

Behind it a version with a lower sequence had begun a new life. In Jira, which was never asked, the one with the highest
sequence stays; so that one is current again, and what it outranks is out of order.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection, transaction
from msgspec import Raw

from .. import kinds
from ..jira import keys, wire
from ..kinds import Kind
from ..models import CleanupPart, Lane
from . import matching

SLICE = 200


@dataclass(frozen=True)
class _Version:
    """An entry, with the deletions after it that it fell under: number and instant of each."""

    id: int
    sequence: int
    origin_id: int | None
    gone: tuple[tuple[int, dt.datetime], ...]
    sent_again: tuple[int, ...]

    def ended_before(self, number: int) -> bool:
        """Whether a deletion took it before entry `number`, and nobody had sent it again by then."""
        return any(
            gone < number and not any(gone < again < number for again in self.sent_again) for gone, _ in self.gone
        )

    @property
    def deleted_at(self) -> dt.datetime | None:
        ends = [at for gone, at in self.gone if not any(gone < again for again in self.sent_again)]
        return max(ends, default=None)


def judge(part: CleanupPart) -> None:
    """Judge again what came after the deletion that a part had in its lane: `seen_to` is its number.

    May be repeated. Raises nothing of its own: a payload that can no longer be read leaves its key as it is.
    """
    if part.seen_to is None:
        return
    for kind in kinds.of_api(part.api):
        numbers = _outranked(part, kind)
        for start in range(0, len(numbers), SLICE):
            _judge_slice(part, kind, numbers[start : start + SLICE])


def _outranked(part: CleanupPart, kind: Kind) -> list[int]:
    """The rows whose current version came since, and has a lower sequence than one before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT held.id FROM entry AS came JOIN {kind.model._meta.db_table} AS held ON held.entry_id = came.id
            WHERE came.id > %(since)s AND came.site_id = %(site)s AND came.kind = %(kind)s AND EXISTS (
                SELECT 1 FROM entry AS older
                WHERE older.site_id = came.site_id AND older.kind = came.kind AND older.key = came.key
                  AND older.id < came.id AND older.sequence > came.sequence
                  AND older.outcome NOT IN ('refused', 'out_of_order')
            ) ORDER BY came.key""",  # noqa: S608 (names of this project's own)
            {"since": part.seen_to, "site": part.cleanup.site_id, "kind": kind.name},
        )
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def _judge_slice(part: CleanupPart, kind: Kind, chosen: list[int]) -> None:
    """Judge some rows. No deletion comes in between; what is submitted meanwhile waits for the row."""
    lanes = Lane.objects.filter(site=part.cleanup.site_id, api=part.api).order_by("pk")
    with connection.cursor() as cursor:
        for lane in lanes:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lane.pk])
        # A worker that writes outcomes holds the lane's row: taken first, entries are never waited for crosswise.
        list(lanes.select_for_update(no_key=True).values_list("pk"))
        cursor.execute(
            f"""
            SELECT held.id, held.entry_id, held.deleted_at, latest.key, latest.sequence
            FROM {kind.model._meta.db_table} AS held JOIN entry AS latest ON latest.id = held.entry_id
            WHERE held.id = ANY(%s) ORDER BY latest.key FOR NO KEY UPDATE OF held""",  # noqa: S608 (names of this project's own)
            [chosen],
        )
        for row, entry, deleted_at, key, sequence in cursor.fetchall():
            current, lower = _replay(_versions(part, kind, key, sequence))
            if current is not None and current.id != entry:
                _make_current(kind, row, current, _stamp(current, deleted_at))
                _put_out_of_order(lower)


def _versions(part: CleanupPart, kind: Kind, key: str, sequence: int) -> Iterator[_Version]:
    """The versions of a key that may outrank a `sequence`, or came after the deletion; first those that came first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT version.id, version.sequence, version.origin_id,
                ARRAY(SELECT deletion.id FROM {matching.taken_by("version", "true")} ORDER BY deletion.id),
                ARRAY(SELECT deletion.received_at FROM {matching.taken_by("version", "true")} ORDER BY deletion.id),
                ARRAY(
                    SELECT again.id FROM entry AS again JOIN submission AS by ON by.id = again.submission_id
                    WHERE again.origin_id = version.id AND by.errand_id IS NOT NULL
                )
            FROM entry AS version JOIN submission ON submission.id = version.submission_id
            WHERE version.site_id = %(site)s AND version.kind = %(kind)s AND version.key = %(key)s
              AND version.outcome NOT IN ('refused', 'out_of_order') AND submission.errand_id IS NULL
              AND (version.sequence >= %(sequence)s OR version.id > %(since)s)
            ORDER BY version.id""",  # noqa: S608 (names of this project's own)
            {
                "site": part.cleanup.site_id,
                "api": part.api,
                "kind": kind.name,
                "key": key,
                "sequence": sequence,
                "since": part.seen_to,
            },
        )
        for pk, its_sequence, origin, gone, at, again in cursor.fetchall():
            yield _Version(pk, its_sequence, origin, tuple(zip(gone, at, strict=True)), tuple(again))


def _replay(versions: Iterator[_Version]) -> tuple[_Version | None, list[int]]:
    """Which version is current when all of them come once more, and which are out of order then."""
    current: _Version | None = None
    lower: list[int] = []
    for one in versions:
        is_correction = current is not None and one.origin_id == current.id
        if current is None or is_correction or current.sequence < one.sequence or current.ended_before(one.id):
            current = one
        else:
            lower.append(one.id)
    return current, lower


def _stamp(current: _Version, marked_at: dt.datetime | None) -> dt.datetime | None:
    """When it was deleted. What another clean-up has marked ahead stays marked if that is about this version too."""
    ahead = CleanupPart.objects.filter(stamp=marked_at, state__in=("marking", "reviving")) if marked_at else None
    if ahead is None or (other := ahead.select_related("cleanup").first()) is None:
        return current.deleted_at
    if other.cleanup.is_by_properties:
        with connection.cursor() as cursor:
            cursor.execute(_HAS, [json.dumps(other.cleanup.properties), current.id])
            if cursor.fetchone() != (True,):
                return current.deleted_at
    return marked_at


_HAS = """
SELECT pairs @> %s::jsonb FROM entry JOIN envelope ON envelope.id = entry.envelope_id
JOIN property_set ON property_set.id = envelope.property_set_id WHERE entry.id = %s
"""


def _put_out_of_order(lower: list[int]) -> None:
    """What has left meanwhile was ignored by Jira, and keeps the answer that it got."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE entry SET outcome = 'out_of_order', outcome_at = now()
            WHERE id = ANY(%s) AND outcome = 'waiting'
            """,
            [lower],
        )


def _make_current(kind: Kind, row: int, current: _Version, deleted_at: dt.datetime | None) -> None:
    """Let a row say what an earlier entry says."""
    columns = {name: type_ for name, type_ in kind.columns.items() if name != "reported_at"}
    typed = ", ".join(f"{name} {type_}" for name, type_ in {**columns, "reported_at": "timestamptz"}.items())
    changes = ", ".join(f"{name} = item.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, payload FROM entry WHERE id = %s", [current.id])
        key, payload = cursor.fetchone()
        cursor.execute(
            f"""
            UPDATE {kind.model._meta.db_table} AS held SET {changes}, entry_id = entry.id, sequence = entry.sequence,
                is_rejected = entry.outcome = 'rejected',
                property_set_id = envelope.property_set_id, deleted_at = %(deleted_at)s,
                reported_at = coalesce(item.reported_at, submission.received_at),
                changed_at = least(item.reported_at, submission.received_at)
            FROM json_to_record(%(item)s::json) AS item ({typed}), entry
                JOIN envelope ON envelope.id = entry.envelope_id JOIN submission ON submission.id = entry.submission_id
            WHERE held.id = %(row)s AND entry.id = %(entry)s""",  # noqa: S608 (names of this project's own)
            {
                "deleted_at": deleted_at,
                "item": msgspec.json.encode(_columns(kind, key, payload)).decode(),
                "row": row,
                "entry": current.id,
            },
        )


def _columns(kind: Kind, key: str, payload: str) -> Mapping[str, Any]:
    """The columns of a payload that was taken, read as it was read then."""
    items = wire.read(kind.api, msgspec.json.encode(_body(kind, key, payload))).items
    return kind.row(0, next(item for item in items if item.kind == kind.name))


def _body(kind: Kind, key: str, payload: str) -> dict[str, Any]:
    """A request with nothing but this entity."""
    entity = Raw(payload.encode())
    if kind.api != "devinfo":
        return {kind.api: [entity]}
    if kind.name == "repository":
        return {"repositories": [entity]}
    around = {"id": str(keys.parts(key)[0]), "name": "", "url": "https://repository.invalid", "updateSequenceId": 0}
    return {"repositories": [{**around, wire.ARRAYS[kind.name]: [entity]}]}
