"""Marking what falls under a part of a clean-up, ahead of its deletion.

What falls under it may be a hundred thousand rows, and nobody may wait for them: they are marked in slices, each a
short transaction. That is only work done ahead: the deletion happens in the last, short step, see `placing`.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction

from .. import deletions
from ..kinds import Kind
from ..models import CleanupPart, Lane
from . import matching
from .matching import Criteria

SLICE = 1000
# Rows that somebody is writing are passed over, and looked for again. What keeps changing is left to the last step.
_PASSES = 4


# Jira deletes by the properties of the version that it holds. Where an earlier version with other properties has or may
# have reached it, what waits has to be sent first: withdrawn, it would leave that version untouched. A version of a
# repository that was never sent for itself may have travelled with what lies in it.
_ALL_VERSIONS_FALL = """NOT EXISTS (
                SELECT 1 FROM entry AS version JOIN envelope ON envelope.id = version.envelope_id
                WHERE version.site_id = %(site)s AND version.kind = entry.kind AND version.key = entry.key
                  AND (version.outcome IN ('waiting', 'accepted')
                       OR version.kind = 'repository' AND version.outcome IN ('out_of_order', 'superseded'))
                  AND envelope.property_set_id <> ALL(%(sets)s::bigint[])
            )"""


class Grown(Exception):
    """More falls under the clean-up now than its preview showed; the text says how many, and with what they go."""

    def __init__(self, many: int, named: str = ""):
        entities = "1 entity" if many == 1 else f"{many:,} entities"
        matches = "matches" if many == 1 else "match"
        with_it = f"{entities} would go with the {named}" if named else f"{entities} {matches}"
        super().__init__(f"{with_it} that the preview did not show. Nothing of this part was deleted.")


def criteria_of(part: CleanupPart) -> Criteria:
    """What a part by properties is about."""
    cleanup = part.cleanup
    assert cleanup.properties is not None
    return Criteria(cleanup.site_id, (part.api,), cleanup.properties, cleanup.until_sequence)


def lanes_of(site_id: int, api: str) -> tuple[Lane, list[int]]:
    """The live lane of an API, in which deletions stand, and the numbers of all its lanes."""
    live, _ = Lane.objects.get_or_create(site_id=site_id, api=api, priority=Lane.Priority.LIVE)
    return live, list(Lane.objects.filter(site=site_id, api=api).order_by("pk").values_list("pk", flat=True))


def look(part: CleanupPart) -> None:
    """See that no more falls under a part than its preview showed, up to now, while everybody else goes on.

    Raises `Grown`. What came in meanwhile is left to the next look, so that the last one is short.
    """
    seen_to = matching.newest_number([lanes_of(part.cleanup.site_id, part.api)[0].pk])
    look_since(criteria_of(part), part.seen_to or part.cleanup.seen_to, part.stamp)
    part.seen_to = seen_to
    part.save(update_fields=["seen_to"])


def look_since(criteria: Criteria, since: int, stamp: dt.datetime | None) -> None:
    """See that nothing that came after entry `since` falls under it, too. Raises `Grown`."""
    many = matching.grown(criteria, since, stamp)
    if many:
        raise Grown(many)


def mark(part: CleanupPart, may_go_on: Callable[[], bool]) -> int | None:
    """Mark what falls under a part by properties, slice by slice.

    Returns the number of an entry up to which all is marked; None when it was told to stop in between. May be
    repeated: what is marked already is not looked at again.
    """
    live, lanes = lanes_of(part.cleanup.site_id, part.api)
    marked_to = 0
    for _ in range(_PASSES):
        seen_to = matching.newest_number([live.pk])
        criteria = criteria_of(part)
        found = [(kind, matching.ids(criteria, kind, stamp=part.stamp)) for kind in criteria.kinds]
        if not any(numbers for _, numbers in found):
            marked_to = seen_to
            break
        for kind, numbers in found:
            for chosen in slices(numbers):
                if not may_go_on():
                    return None
                _mark_slice(part, criteria, kind, chosen)
    for some in slices(waiting(lanes)):
        if not may_go_on():
            return None
        _withdraw_slice(part, criteria, lanes, some)
    return marked_to


def slices(numbers: list[int]) -> Iterator[list[int]]:
    """Slices that each take rows from all over: neighbours on a page are not changed by the same one.

    What a slice leaves dead on a page makes room there for the next one, which then need not touch the indexes.
    """
    many = -(-len(numbers) // SLICE)
    for first in range(many):
        yield numbers[first::many]


@transaction.atomic
def _mark_slice(part: CleanupPart, criteria: Criteria, kind: Kind, chosen: list[int]) -> None:
    """Mark those of the rows that nobody else is writing; the others are found by the last step.

    A version with other properties may have come since they were chosen: that is looked at once more.
    """
    table = kind.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} SET deleted_at = %(stamp)s WHERE id IN (
                SELECT held.id FROM {table} AS held
                WHERE held.id = ANY(%(chosen)s) AND held.deleted_at IS NULL AND {criteria.matches(kind)}
                FOR UPDATE OF held SKIP LOCKED
            )""",  # noqa: S608 (names of this project's own)
            criteria.values(stamp=part.stamp, chosen=chosen),
        )
        part.marked += cursor.rowcount
    part.save(update_fields=["marked"])


def waiting(lanes: list[int], after: int = 0) -> list[int]:
    """The numbers of the entries that wait in these lanes, above `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM entry WHERE lane_id = ANY(%s) AND outcome = 'waiting' AND id > %s ORDER BY id",
            [lanes, after],
        )
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def _withdraw_slice(part: CleanupPart, criteria: Criteria, lanes: list[int], chosen: list[int]) -> None:
    with connection.cursor() as cursor:
        take_rows(cursor, lanes)
        withdraw(cursor, part, criteria, chosen)
    part.save(update_fields=["withdrawn"])


def take_rows(cursor: Any, lanes: list[int]) -> None:
    """A worker that writes outcomes holds the lane's row: taken first, entries are never waited for crosswise."""
    cursor.execute("SELECT id FROM lane WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [lanes])


def withdraw(cursor: Any, part: CleanupPart, criteria: Criteria, chosen: list[int]) -> None:
    """Withdraw those of the waiting entries whose entity is marked, unless a version with other properties is there.

    That one would be left in Jira: what waits has to be sent before the deletion then. What is sent again waits in a
    lane of its own, and would leave after the deletion: it is withdrawn whatever else there was, also where it is
    spared itself and would bring its repository back.
    """
    api, site = part.api, part.cleanup.site_id
    resent = list(Lane.objects.filter(site=site, api=api, priority=Lane.Priority.RESENT).values_list("pk", flat=True))
    for kind in criteria.kinds:
        home_goes = deletions.home_is(kind, "= %(stamp)s")
        cursor.execute(
            f"""
            UPDATE entry SET outcome = 'withdrawn', outcome_at = %(stamp)s
            FROM entry AS latest JOIN {kind.model._meta.db_table} AS held ON held.entry_id = latest.id
            WHERE entry.id = ANY(%(chosen)s) AND entry.outcome = 'waiting' AND entry.kind = %(kind)s
              AND latest.site_id = entry.site_id AND latest.kind = entry.kind AND latest.key = entry.key
              AND entry.sequence <= held.sequence AND CASE
                  WHEN entry.origin_id IS NOT NULL AND entry.lane_id = ANY(%(resent)s)
                  THEN held.deleted_at = %(stamp)s OR {home_goes}
                  ELSE held.deleted_at = %(stamp)s AND {_ALL_VERSIONS_FALL} END
            RETURNING entry.id""",  # noqa: S608 (names of this project's own)
            criteria.values(stamp=part.stamp, chosen=chosen, kind=kind.name, resent=resent),
        )
        withdrawn = [pk for (pk,) in cursor.fetchall()]
        deletions.leave_deleted(cursor, kind, withdrawn, part.stamp)
        part.withdrawn += len(withdrawn)
