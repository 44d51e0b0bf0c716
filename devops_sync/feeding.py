"""Errands on their way: a worker feeds one into the lanes, or to those who read back, slice after slice.

Each slice is one transaction with the number that it ends at: whoever dies in the middle of one has done nothing, and
the next worker goes on at the same place. Little is fed ahead, so that pausing and cancelling act soon.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from . import envelopes, standing
from .kinds import KINDS
from .models import Confirmation, Deletion, Entry, Envelope, Errand, Lane, Site, Submission
from .models.submission import time_ordered_id

log = logging.getLogger(__name__)

SLICE = 500
MOST_WAITING = 1000
READ_SLICE = 100
MOST_UNREAD = 200
_BACKFILL = {"operationType": '"BACKFILL"'}


@dataclass
class Fed:
    """What got something: lanes by id, and whether there is something to read back."""

    lanes: set[int] = field(default_factory=set)
    readings: bool = False


@dataclass(frozen=True)
class _Item:
    number: int
    entry_id: int
    kind: str
    envelope_id: int

    @property
    def api(self) -> str:
        return KINDS[self.kind].api


def feed() -> Fed:
    """Feed every errand that runs, as much as may wait. Returns what got something."""
    fed = Fed()
    running = Errand.objects.running().exclude(site__in=Site.objects.still_ids())
    for errand_id in list(running.order_by("id").values_list("pk", flat=True)):
        try:
            while _take_slice(errand_id, fed):
                pass
        except Exception:
            # One that cannot go on must not keep the others.
            log.exception("errand %d stumbled; it is tried again", errand_id)
    return fed


@transaction.atomic
def _take_slice(errand_id: int, fed: Fed) -> bool:
    """Handle the next items. Returns False when there is nothing to do, or another worker does it."""
    errand = Errand.objects.running().select_for_update(skip_locked=True).filter(pk=errand_id).first()
    if errand is None:
        return False
    resends = errand.purpose == Errand.Purpose.RESEND
    waiting = _waiting(errand) if resends else Confirmation.objects.unanswered().filter(errand=errand).count()
    if waiting > (MOST_WAITING - SLICE if resends else MOST_UNREAD - READ_SLICE):
        return False
    items = _next_items(errand, SLICE if resends else READ_SLICE)
    if not items:
        if not waiting:
            errand.state, errand.finished_at = Errand.State.DONE, timezone.now()
            errand.save(update_fields=["state", "finished_at"])
        return False
    lanes = _take_lanes(errand, items)
    if errand.with_deleted and _deletion_waits(errand, lanes):
        return False
    standing_items = _standing(errand, items)
    if resends:
        _send_again(errand, standing_items, lanes, fed)
    else:
        _ask_for(errand, standing_items)
        fed.readings = fed.readings or bool(standing_items)
    errand.handled_to = items[-1].number
    errand.passed_over += len(items) - len(standing_items)
    errand.save(update_fields=["handled_to", "passed_over"])
    return True


def _waiting(errand: Errand) -> int:
    lanes = Lane.objects.filter(site=errand.site_id, priority=Lane.Priority.RESENT)
    return Entry.objects.waiting().filter(lane__in=lanes, submission__errand=errand).count()


def _next_items(errand: Errand, most: int) -> list[_Item]:
    found = errand.items.filter(pk__gt=errand.handled_to).order_by("pk")
    return [_Item(*row) for row in found.values_list("pk", "entry_id", "entry__kind", "entry__envelope_id")[:most]]


def _take_lanes(errand: Errand, items: Sequence[_Item]) -> dict[str, int]:
    """Share the lanes that the items belong to, live and resent: a deletion takes the live one alone.

    So what is alive afterwards stays so until the slice is written, and no entry is numbered before a deletion and
    committed after. Returns the resent lane of each API.
    """
    lanes: dict[str, int] = {}
    shared: list[int] = []
    for api in sorted({item.api for item in items}):
        for priority in Lane.Priority:
            lane, _ = Lane.objects.get_or_create(site_id=errand.site_id, api=api, priority=priority)
            shared.append(lane.pk)
        lanes[api] = lane.pk
    with connection.cursor() as cursor:
        for lane_id in sorted(shared):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lane_id])
    return lanes


def _deletion_waits(errand: Errand, apis: Iterable[str]) -> bool:
    """Whether a deletion has yet to leave. What it deletes must not be brought back before it, only to go with it."""
    live = Lane.objects.live().filter(site=errand.site_id, api__in=apis)
    return Deletion.objects.waiting().filter(lane__in=live).exists()


def _standing(errand: Errand, items: Sequence[_Item]) -> list[_Item]:
    """Those of the items whose entry still stands, asked after the lanes were taken."""
    verifies = errand.purpose == Errand.Purpose.VERIFY
    condition = standing.stands(with_history=errand.with_history, with_deleted=errand.with_deleted)
    home = standing.HOME_COMES_BACK if errand.with_deleted else standing.HOME_STANDS
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT entry.id FROM entry {standing.held(with_history=errand.with_history)}
            WHERE entry.id = ANY(%(entries)s) AND {condition} {f"AND {standing.TAKEN}" if verifies else ""}
                {"" if verifies else f"AND {home}"}
            """,  # noqa: S608 (texts of this project's own)
            {"entries": [item.entry_id for item in items], "asked_at": errand.asked_at},
        )
        found = {entry_id for (entry_id,) in cursor.fetchall()}
    return [item for item in items if item.entry_id in found]


def _ask_for(errand: Errand, items: Sequence[_Item]) -> None:
    now = timezone.now()
    Confirmation.objects.bulk_create(
        Confirmation(entry_id=item.entry_id, user_id=errand.user_id, errand=errand, asked_at=now, due_at=now)
        for item in items
    )


def _send_again(errand: Errand, items: Sequence[_Item], lanes: dict[str, int], fed: Fed) -> None:
    """Write the entries down once more, in a submission for each API."""
    for api, lane_id in lanes.items():
        of_api = [item for item in items if item.api == api]
        if of_api:
            _submit(errand, api, of_api, lane_id)
            fed.lanes.add(lane_id)
    if errand.with_deleted:
        _revive(errand, items)


def _revive(errand: Errand, items: Sequence[_Item]) -> None:
    """Let what was deleted live again, since Jira will hold it: of each key of which a version is sent.

    What was deleted since the errand was planned does not stand, and so is not among the items.
    """
    with connection.cursor() as cursor:
        for kind in {item.kind for item in items}:
            of_kind = [item for item in items if item.kind == kind]
            table = KINDS[kind].model._meta.db_table
            values: dict[str, Any] = {"items": [item.number for item in of_kind], "asked_at": errand.asked_at}
            cursor.execute(_REVIVE.format(table=table), values)


def _submit(errand: Errand, api: str, items: Sequence[_Item], lane_id: int) -> None:
    around = _backfills(errand, items) if api == "devinfo" else {}
    rows = [
        {"entry": item.entry_id, "place": place, "around": around.get(item.envelope_id, item.envelope_id)}
        for place, item in enumerate(items)
    ]
    now = timezone.now()
    distinct = {row["around"] for row in rows}
    submission = Submission(
        id=time_ordered_id(),
        site_id=errand.site_id,
        user_id=errand.user_id,
        purpose=Submission.Purpose.RESEND,
        errand=errand,
        api=api,
        path=f"resend {errand.pk}",
        received_at=now,
        validated_at=now,
        size=0,
        status=202,
        envelope_id=distinct.pop() if len(distinct) == 1 else None,
        entry_count=len(rows),
    )
    submission.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute(_COPY, [submission.pk, lane_id, msgspec.json.encode(rows).decode()])


def _backfills(errand: Errand, items: Sequence[_Item]) -> dict[int, int]:
    """For each envelope of the items, the one that says BACKFILL and else the same."""
    found: dict[int, int] = {}
    known: dict[tuple[tuple[str, str], ...], int] = {}
    ids = {item.envelope_id for item in items}
    for envelope in Envelope.objects.filter(pk__in=ids).select_related("property_set").order_by("pk"):
        fields = {**envelope.fields, **_BACKFILL}
        # Asked for once: what is remembered of envelopes must be committed, and this may be rolled back.
        same = tuple(sorted(fields.items()))
        if same not in known:
            pairs = envelope.property_set.pairs
            known[same] = envelopes.find_or_store(errand.site_id, fields, pairs).pk
        found[envelope.pk] = known[same]
    return found


_COPY = """
INSERT INTO entry (
    submission_id, position, site_id, lane_id, envelope_id, kind, key, sequence, payload, outcome, errors, mends,
    unknown_issues, read_back, origin_id
)
SELECT %s, row.place, entry.site_id, %s, row.around, entry.kind, entry.key, entry.sequence, entry.payload, 'waiting',
    '[]', entry.mends, '{}', 'not_read', entry.id
FROM json_to_recordset(%s::json) AS row (entry bigint, place int, around bigint) JOIN entry ON entry.id = row.entry
ORDER BY row.place
"""

# In the order of their keys, as submissions write them: so nobody waits for another crosswise.
_REVIVE = """
WITH gone AS MATERIALIZED (
    SELECT held.id, held.deleted_at, item.id AS item_id
    FROM errand_item AS item
    JOIN entry AS sent ON sent.id = item.entry_id
    JOIN entry AS latest ON latest.site_id = sent.site_id AND latest.kind = sent.kind AND latest.key = sent.key
    JOIN {table} AS held ON held.entry_id = latest.id
    WHERE item.id = ANY(%(items)s) AND held.deleted_at <= %(asked_at)s
    ORDER BY latest.key FOR NO KEY UPDATE OF held
), noted AS (
    UPDATE errand_item SET was_deleted_at = gone.deleted_at FROM gone WHERE errand_item.id = gone.item_id
)
UPDATE {table} AS held SET deleted_at = NULL FROM gone WHERE held.id = gone.id AND held.deleted_at <= %(asked_at)s
"""
