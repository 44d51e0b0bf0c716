"""Corrections: what Jira rejected is sent again, with another issue key or environment type, or as it was.

A correction is a new entry with the same update sequence, since Jira rejected the first one and holds nothing of it.
What was sent stays as it was; the new entry says what it comes from, and its submission whose it is.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import connection, transaction
from msgspec import Raw

from . import audit, doorbell, standing
from .jira import amending, keys, wire
from .kinds import KINDS, Kind, Row
from .models import Entry, Lane, Site, Submission, User
from .models.submission import time_ordered_id

MOST = 10_000
_SLICE = 1000
Changes = amending.Changes
Wrong = amending.Wrong
ENVIRONMENT_TYPES = amending.ENVIRONMENT_TYPES

NEWER = "A newer version came since."
DELETED = "It was deleted since."
HOME_DELETED = "Its repository was deleted since."
NOT_REJECTED = "Jira did not reject it."
NOTHING_TO_CHANGE = "Nothing in it is to be replaced."
NOT_READABLE = "What was sent can no longer be read."


@dataclass(frozen=True)
class Draft:
    """One entry with the payload that it would be sent with, or the sentence why it would not be sent."""

    entry: Entry
    payload: str = ""
    row: Row = field(default_factory=dict)
    obstacle: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of it: how many were written, in which submissions, and why others were passed over, how often."""

    written: int
    submissions: list[Submission]
    passed_over: dict[str, int]


def preview(entries: Sequence[Entry], changes: Changes) -> list[Draft]:
    """What each entry would become, as things stand now. Raises `Wrong`."""
    changes.check()
    current = _current(entries)
    return [_draft(entry, changes, current.get(entry.pk, NEWER)) for entry in entries]


@transaction.atomic
def apply(site: Site, entries: Sequence[Entry], changes: Changes, user: User, now: dt.datetime) -> Outcome:
    """Write the corrections of the entries, which are the site's, then ring for their delivery. Raises `Wrong`.

    Each entry that cannot be corrected is passed over: the state that counts is the one under the lanes' locks.
    """
    changes.check()
    submissions, passed_over = [], dict[str, int]()
    by_api: dict[str, list[Entry]] = {}
    for entry in entries[:MOST]:
        by_api.setdefault(KINDS[entry.kind].api, []).append(entry)
    lanes = {api: Lane.objects.get_or_create(site=site, api=api, priority=Lane.Priority.LIVE)[0].pk for api in by_api}
    with connection.cursor() as cursor:
        # As submissions do: a deletion takes the lane alone.
        for lane_id in sorted(lanes.values()):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lane_id])
    for api, of_api in sorted(by_api.items()):
        current = _current(of_api, for_writing=True)
        drafts = [_draft(entry, changes, current.get(entry.pk, NEWER)) for entry in of_api]
        for draft in drafts:
            if draft.obstacle:
                passed_over[draft.obstacle] = passed_over.get(draft.obstacle, 0) + 1
        sound = [draft for draft in drafts if not draft.obstacle]
        if sound:
            submissions.append(_submission(site, api, sound, changes, user, now))
            _write(submissions[-1], lanes[api], sound, changes)
            _note(submissions[-1], changes)
            transaction.on_commit(_ringing(lanes[api]))
    return Outcome(sum(one.entry_count for one in submissions), submissions, passed_over)


def _note(made: Submission, changes: Changes) -> None:
    name = "correction.sent_again" if changes.is_empty else "correction.made"
    audit.note(name, on=made, after={"entries": made.entry_count, **vars(changes)})


def _ringing(lane_id: int) -> Callable[[], None]:
    return lambda: doorbell.ring(lane_id)


def _current(entries: Sequence[Entry], *, for_writing: bool = False) -> dict[int, str]:
    """The entries that are their key's current version, each with what stands against correcting it.

    For writing the rows are held, in the order of their keys as a submission takes them.
    """
    by_kind: dict[str, list[int]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry.pk)
    found: dict[int, str] = {}
    for name, ids in sorted(by_kind.items()):
        rows = KINDS[name].model._default_manager.filter(entry__in=ids)
        if for_writing:
            rows = rows.order_by("entry__key").select_for_update(of=("self",), no_key=True)
        for entry_id, deleted_at in rows.values_list("entry_id", "deleted_at"):
            found[entry_id] = DELETED if deleted_at else ""
    return found | dict.fromkeys(_homeless([pk for pk, why in found.items() if not why]), HOME_DELETED)


def _homeless(ids: list[int]) -> list[int]:
    """Those of the entries that would bring their repository back, or as it was before it was deleted."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT entry.id FROM entry WHERE entry.id = ANY(%(ids)s) AND NOT ({standing.HOME_STANDS})",  # noqa: S608 (a text of this project's own)
            {"ids": ids},
        )
        return [pk for (pk,) in cursor.fetchall()]


def _draft(entry: Entry, changes: Changes, obstacle: str) -> Draft:
    if entry.outcome != Entry.Outcome.REJECTED:
        return Draft(entry, obstacle=NOT_REJECTED)
    if obstacle:
        return Draft(entry, obstacle=obstacle)
    if changes.is_empty:
        return Draft(entry, entry.payload)
    try:
        payload = amending.amended(entry.kind, entry.payload, changes)
    except amending.NotReadable:
        return Draft(entry, obstacle=NOT_READABLE)
    if payload == entry.payload:
        return Draft(entry, obstacle=NOTHING_TO_CHANGE)
    return _examined(entry, payload)


def _examined(entry: Entry, payload: str) -> Draft:
    """The draft with this payload, read as a submission is read; an obstacle when it would be refused."""
    kind = KINDS[entry.kind]
    try:
        bulk = wire.read(kind.api, _body(entry, kind, payload))
    except wire.Malformed as malformed:
        return Draft(entry, payload, obstacle=f"{malformed.message.rstrip('.')}.")
    item = next(item for item in bulk.items if item.kind == entry.kind)
    if item.fault:
        return Draft(entry, payload, obstacle=f"{item.fault.rstrip('.')}.")
    return Draft(entry, payload, kind.row(0, item))


def _body(entry: Entry, kind: Kind, payload: str) -> bytes:
    """The body of a request with nothing but this entity."""
    if kind.api != "devinfo":
        return f'{{"{kind.api}":[{payload}]}}'.encode()
    if entry.kind == "repository":
        return f'{{"repositories":[{payload}]}}'.encode()
    around = {
        "id": str(keys.parts(entry.key)[0]),
        "name": "",
        "url": "https://repository.invalid",
        "updateSequenceId": 0,
        wire.ARRAYS[entry.kind]: [Raw(payload.encode())],
    }
    return msgspec.json.encode({"repositories": [around]})


def _submission(
    site: Site, api: str, drafts: list[Draft], changes: Changes, user: User, now: dt.datetime
) -> Submission:
    """The submission that the corrections of one API are: without bytes, in its author's name."""
    envelopes = {draft.entry.envelope_id for draft in drafts}
    purpose = Submission.Purpose.RESEND if changes.is_empty else Submission.Purpose.CORRECTION
    return Submission.objects.create(
        id=time_ordered_id(),
        site=site,
        user=user,
        purpose=purpose,
        api=api,
        path=str(purpose),
        received_at=now,
        validated_at=now,
        size=0,
        envelope_id=envelopes.pop() if len(envelopes) == 1 else None,
        status=202,
        entry_count=len(drafts),
    )


def _write(submission: Submission, lane_id: int, drafts: list[Draft], changes: Changes) -> None:
    """Write the new entries and let the current rows point at them."""
    ordered = sorted(drafts, key=lambda draft: draft.entry.pk)
    for start, some in _slices(ordered):
        rows = [
            {"origin": draft.entry.pk, "position": start + place, "payload": draft.payload}
            for place, draft in enumerate(some)
        ]
        values: dict[str, Any] = {"rows": _as_json(rows), "lane": lane_id, "submission": submission.pk}
        with connection.cursor() as cursor:
            cursor.execute(_NEW_ENTRIES, values)
            new = dict(cursor.fetchall())
        by_kind: dict[str, list[Draft]] = {}
        for draft in some:
            by_kind.setdefault(draft.entry.kind, []).append(draft)
        for name, of_kind in by_kind.items():
            _point(KINDS[name], of_kind, new, with_columns=not changes.is_empty)


def _slices(drafts: list[Draft]) -> Iterator[tuple[int, list[Draft]]]:
    for start in range(0, len(drafts), _SLICE):
        yield start, drafts[start : start + _SLICE]


# In the order in which they were received, so that they leave in it.
_NEW_ENTRIES = """
WITH item AS MATERIALIZED (
    SELECT nextval('entry_id_seq') AS id, given.*
    FROM (
        SELECT * FROM json_to_recordset(%(rows)s::json) AS row (origin bigint, position int, payload text)
        ORDER BY position
    ) AS given
)
INSERT INTO entry (
    id, submission_id, position, site_id, lane_id, envelope_id, kind, key, sequence, payload, outcome, errors,
    origin_id, mends, unknown_issues, read_back
)
SELECT item.id, %(submission)s, item.position, origin.site_id, %(lane)s, origin.envelope_id, origin.kind, origin.key,
    origin.sequence, item.payload, 'waiting', '[]', origin.id, origin.mends, '{}', 'not_read'
FROM item JOIN entry AS origin ON origin.id = item.origin
RETURNING origin_id, id
"""


def _point(kind: Kind, drafts: list[Draft], new: dict[int, int], *, with_columns: bool) -> None:
    """Let the current rows of a kind say what the new entries say. When something changed stays as it was."""
    columns = {name: type_ for name, type_ in kind.columns.items() if name != "reported_at"} if with_columns else {}
    rows = [
        {"origin": draft.entry.pk, "entry_id": new[draft.entry.pk], **{name: draft.row[name] for name in columns}}
        for draft in drafts
    ]
    typed = ", ".join(f"{name} {type_}" for name, type_ in {"entry_id": "bigint", **columns}.items())
    changes = ", ".join(f"{name} = item.{name}" for name in ("entry_id", *columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {kind.model._meta.db_table} AS held SET {changes}, is_rejected = false
            FROM json_to_recordset(%s::json) AS item (origin bigint, {typed}) WHERE held.entry_id = item.origin
            """,  # noqa: S608 (names of this project's own)
            [_as_json(rows)],
        )


def _as_json(rows: list[Row]) -> str:
    return msgspec.json.encode(rows).decode()
