"""Taking a part of a clean-up back: its deletion leaves the lane, and what it marked is alive again, in slices."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from .. import deletions
from ..kinds import Kind
from ..models import CleanupPart
from . import judging, marking, matching, noting


def take_back(part: CleanupPart, into: CleanupPart.State) -> bool:
    """Take a part back that Jira was not asked for: its deletion leaves the lane, and what it marked is alive again.

    False when a worker has begun to ask. Whoever records a request takes the deletion's row shared, so one of the two
    comes first.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if part.deletion is not None:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [part.deletion.lane_id])
            cursor.execute(
                """
                SELECT outcome = 'waiting' AND NOT EXISTS (SELECT 1 FROM delivery WHERE deletion_id = deletion.id)
                FROM deletion WHERE id = %s FOR UPDATE
                """,
                [part.deletion.pk],
            )
            if cursor.fetchone() != (True,):
                return False
        if part.state != CleanupPart.State.REVIVING:
            noting.note("taken_back", part.cleanup, api=part.api, part=part.position, marked=part.marked)
        stood, part.deletion = part.deletion, None
        # Should this process die before all is alive again, a worker finds it by this state and goes on.
        part.state = CleanupPart.State.REVIVING
        if stood is not None:
            # When it stood, nothing more matched. What came after it is judged again.
            part.seen_to = stood.pk
        part.save(update_fields=["deletion", "state", "seen_to"])
        if stood is not None:
            stood.delete()
    revive(part, into)
    return True


def revive(part: CleanupPart, into: CleanupPart.State) -> None:
    """Make alive again what a part marked, and let wait again what it withdrew, slice by slice.

    May be repeated, and done by two at once: whoever is late changes nothing of a part that has begun anew.
    """
    if part.stamp is not None:
        _revive(part)
        judging.judge(part)
    fresh = {"stamp": None, "marked": 0, "withdrawn": 0, "state": into}
    CleanupPart.objects.filter(pk=part.pk, stamp=part.stamp, state=CleanupPart.State.REVIVING).update(**fresh)
    part.refresh_from_db()


def _revive(part: CleanupPart) -> None:
    if part.cleanup.is_by_properties:
        # What it spared may be deleted by it nevertheless: what Jira has no more, and was not brought back.
        criteria = replace(marking.criteria_of(part), until=None)
        chosen = [
            (kind, matching.ids(criteria, kind, "held.deleted_at = %(stamp)s", part.stamp)) for kind in criteria.kinds
        ]
    else:
        chosen = [(kind, numbers) for kind, numbers in _marked_by_key(part)]
    # What lies in a repository is found by it: the repository itself is revived last.
    for kind, numbers in reversed(chosen):
        for some in marking.slices(numbers):
            _revive_slice(part, kind, some)
    _, lanes = marking.lanes_of(part.cleanup.site_id, part.api)
    for some in marking.slices(_withdrawn(part, lanes)):
        _wait_again_slice(part, lanes, some)


def _marked_by_key(part: CleanupPart) -> Iterator[tuple[Kind, list[int]]]:
    """The rows that a part by key marked: it fell under it with all that lies in it."""
    for kind, condition, values in deletions.falling_by_key(part.kind, part.key):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT held.id FROM {kind.model._meta.db_table} AS held
                WHERE held.site_id = %(site)s AND held.deleted_at = %(stamp)s AND {condition}""",  # noqa: S608 (names of this project's own)
                {**values, "site": part.cleanup.site_id, "stamp": part.stamp},
            )
            yield kind, sorted(pk for (pk,) in cursor.fetchall())


@transaction.atomic
def _revive_slice(part: CleanupPart, kind: Kind, chosen: list[int]) -> None:
    _, lanes = marking.lanes_of(part.cleanup.site_id, part.api)
    table = kind.model._meta.db_table
    with connection.cursor() as cursor:
        marking.take_rows(cursor, lanes)
        # In the order of their keys, as submissions write them: so nobody waits for another crosswise. What another
        # deletion took while it was marked stays deleted, by that one.
        cursor.execute(
            f"""
            WITH chosen AS MATERIALIZED (
                SELECT held.id AS held_id, latest.*
                FROM {table} AS held JOIN entry AS latest ON latest.id = held.entry_id
                WHERE held.id = ANY(%(chosen)s) AND held.deleted_at = %(stamp)s
                ORDER BY latest.key FOR NO KEY UPDATE OF held
            )
            UPDATE {table} AS held SET deleted_at = (
                SELECT max(deletion.received_at) FROM {matching.taken_by("chosen", _MEANWHILE)}
            )
            FROM chosen WHERE held.id = chosen.held_id AND held.deleted_at = %(stamp)s
            """,  # noqa: S608 (names of this project's own)
            _of(part, stamp=part.stamp, chosen=chosen),
        )


# A deletion that came after the preview, unless it was sent again after that.
_MEANWHILE = """deletion.id > %(since)s AND NOT EXISTS (
                    SELECT 1 FROM entry AS again WHERE again.origin_id = chosen.id AND again.id > deletion.id)"""


def _of(part: CleanupPart, **more: Any) -> dict[str, Any]:
    return {"site": part.cleanup.site_id, "api": part.api, "since": part.cleanup.seen_to, **more}


def _withdrawn(part: CleanupPart, lanes: list[int]) -> list[int]:
    """The entries that the part withdrew and no other deletion would have."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id FROM entry AS chosen
            WHERE site_id = %(site)s AND outcome = 'withdrawn' AND outcome_at = %(stamp)s AND lane_id = ANY(%(lanes)s)
              AND NOT EXISTS (SELECT 1 FROM {matching.taken_by("chosen", _MEANWHILE)})
            ORDER BY id
            """,  # noqa: S608 (names of this project's own)
            _of(part, stamp=part.stamp, lanes=lanes),
        )
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def _wait_again_slice(part: CleanupPart, lanes: list[int], chosen: list[int]) -> None:
    """Let withdrawn entries wait again, also where a later version came meanwhile."""
    with connection.cursor() as cursor:
        marking.take_rows(cursor, lanes)
        cursor.execute(
            """
            UPDATE entry SET outcome = 'waiting', outcome_at = NULL
            WHERE id = ANY(%s) AND outcome = 'withdrawn' AND outcome_at = %s
            """,
            [chosen, part.stamp],
        )
