"""Marking what falls under a part of a clean-up, and putting its deletion into the lane.

What falls under it may be a hundred thousand rows, and nobody may wait for them: they are marked in slices, each a
short transaction. That is only work done ahead. The deletion happens in the last, short step, `stand`: alone with the
lane it marks what came meanwhile, looks whether more match than the preview showed, and takes its number. Until then,
and for as long as Jira was not asked, all of it can be taken back.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from .. import deletions
from ..kinds import Kind
from ..models import Cleanup, CleanupPart, Deletion, Lane
from . import judging, matching, noting
from .matching import Criteria

State = Cleanup.State
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


class NotRunning(Exception):
    """Somebody paused or cancelled the clean-up meanwhile."""


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
    _look(criteria_of(part), part.seen_to or part.cleanup.seen_to, part.stamp)
    part.seen_to = seen_to
    part.save(update_fields=["seen_to"])


def _look(criteria: Criteria, since: int, stamp: dt.datetime | None) -> None:
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
            for chosen in _slices(numbers):
                if not may_go_on():
                    return None
                _mark_slice(part, criteria, kind, chosen)
    for waiting in _slices(_waiting(lanes)):
        if not may_go_on():
            return None
        _withdraw_slice(part, criteria, lanes, waiting)
    return marked_to


def _slices(numbers: list[int]) -> Iterator[list[int]]:
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


def _waiting(lanes: list[int], after: int = 0) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM entry WHERE lane_id = ANY(%s) AND outcome = 'waiting' AND id > %s ORDER BY id",
            [lanes, after],
        )
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def _withdraw_slice(part: CleanupPart, criteria: Criteria, lanes: list[int], chosen: list[int]) -> None:
    with connection.cursor() as cursor:
        _take_rows(cursor, lanes)
        _withdraw(cursor, part, criteria, chosen)
    part.save(update_fields=["withdrawn"])


def _take_rows(cursor: Any, lanes: list[int]) -> None:
    """A worker that writes outcomes holds the lane's row: taken first, entries are never waited for crosswise."""
    cursor.execute("SELECT id FROM lane WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [lanes])


def _withdraw(cursor: Any, part: CleanupPart, criteria: Criteria, chosen: list[int]) -> None:
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


def stand(part: CleanupPart, marked_to: int) -> Deletion:
    """Put the deletion into its lane: from here on it is taken. Raises `Grown` or `NotRunning`, with nothing changed.

    What came after entry `marked_to` is looked at and marked alone with the lane, for as short as can be.
    """
    lane, _ = lanes_of(part.cleanup.site_id, part.api)
    previewed = part.cleanup.origin != Cleanup.Origin.GATEWAY
    if previewed:
        look(part)
    last = _newest_waiting([lane.pk])
    with transaction.atomic(), connection.cursor() as cursor:
        running = Cleanup.objects.filter(pk=part.cleanup_id, state=Cleanup.State.RUNNING, stopped_for="")
        if running.select_for_update(no_key=True).first() is None:
            raise NotRunning
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lane.pk])
        # Asked for only now: the first errand makes the lane of resent history.
        _, lanes = lanes_of(part.cleanup.site_id, part.api)
        _take_rows(cursor, lanes)
        criteria = criteria_of(part)  # with the property sets of what came meanwhile
        if previewed and part.seen_to is not None:
            _look(criteria, part.seen_to, part.stamp)
        if _may_have_been_given_back(part):
            marked_to = 0
        for kind in criteria.kinds:
            _mark_rest(cursor, part, criteria, kind, marked_to)
            if kind.model in matching.IN_REPOSITORIES:
                _let_stay(cursor, part, criteria, kind)
        if previewed:
            _compare(cursor, part, criteria)
        # What is sent again would leave after the deletion, also what was fed while its row was being marked.
        sent_again = _waiting([other for other in lanes if other != lane.pk])
        _withdraw(cursor, part, criteria, [*_waiting([lane.pk], after=last), *sent_again])
        cursor.execute("SELECT nextval('entry_id_seq')")
        (number,) = cursor.fetchone()
        part.deletion = _deletion(part, lane, number)
        part.state = CleanupPart.State.STANDING
        part.save(update_fields=["deletion", "state", "marked", "withdrawn"])
    return part.deletion


def _newest_waiting(lanes: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), 0) FROM entry WHERE lane_id = ANY(%s) AND outcome = 'waiting'", [lanes]
        )
        (number,) = cursor.fetchone()
    return int(number)


def _mark_rest(cursor: Any, part: CleanupPart, criteria: Criteria, kind: Kind, marked_to: int) -> None:
    """Mark what entries after `marked_to` brought under the part, or made alive again; at 0 whatever is alive."""
    if not marked_to:
        _mark_all(cursor, part, criteria, kind)
        return
    table = kind.model._meta.db_table
    came = """
        SELECT id FROM entry WHERE id > %(marked_to)s AND site_id = %(site)s AND kind = %(kind)s
        UNION ALL
        SELECT origin_id FROM entry
        WHERE id > %(marked_to)s AND site_id = %(site)s AND kind = %(kind)s AND origin_id IS NOT NULL"""
    touched = f"held.entry_id IN ({came})"
    if kind.model in matching.IN_REPOSITORIES:
        # A repository that falls under it only now takes along what lay in it before.
        touched = f"""({touched} OR held.repository_id IN (
            SELECT repository_id FROM repository
            WHERE site_id = %(site)s AND deleted_at = %(stamp)s AND entry_id > %(marked_to)s))"""  # noqa: S608 (names of this project's own)
    cursor.execute(
        f"""
        UPDATE {table} AS held SET deleted_at = %(stamp)s
        WHERE held.site_id = %(site)s AND held.deleted_at IS NULL AND {touched} AND {criteria.matches(kind)}
        """,  # noqa: S608 (names of this project's own)
        criteria.values(stamp=part.stamp, marked_to=marked_to, kind=kind.name),
    )
    part.marked += cursor.rowcount


def _mark_all(cursor: Any, part: CleanupPart, criteria: Criteria, kind: Kind) -> None:
    cursor.execute(
        f"""
        UPDATE {kind.model._meta.db_table} SET deleted_at = %(stamp)s
        WHERE deleted_at IS NULL AND id IN ({criteria.found(kind, "held.id")})""",  # noqa: S608 (names of this project's own)
        criteria.values(stamp=part.stamp),
    )
    part.marked += cursor.rowcount


def _may_have_been_given_back(part: CleanupPart) -> bool:
    """Whether another clean-up beside this one may have been taken back since: no entry tells of what is alive then."""
    beside = Cleanup.objects.filter(site=part.cleanup.site_id, apis__contains=[part.api], started_at__isnull=False)
    can_be = Q(state__in=(State.RUNNING, State.PAUSED, State.DELAYED)) | ~Q(stopped_for="") & Q(state=State.PROVING)
    was = Q(state__in=(State.CANCELLED, State.STOPPED), finished_at__gt=part.stamp)
    return beside.filter(can_be | was).exclude(pk=part.cleanup_id).exists()


def _let_stay(cursor: Any, part: CleanupPart, criteria: Criteria, kind: Kind) -> None:
    """Make alive again what lies in a repository that has other properties by now, and so stays."""
    cursor.execute(
        f"""
        WITH back AS (
            UPDATE {kind.model._meta.db_table} AS held SET deleted_at = NULL
            WHERE held.site_id = %(site)s AND held.deleted_at = %(stamp)s
              AND held.repository_id IN (
                  SELECT repository_id FROM repository
                  WHERE site_id = %(site)s AND deleted_at IS NULL AND entry_id > %(seen_to)s)
              AND NOT ({criteria.matches(kind)})
            RETURNING entry_id
        ), again AS (
            UPDATE entry SET outcome = 'waiting', outcome_at = NULL
            FROM back JOIN entry AS latest ON latest.id = back.entry_id
            WHERE entry.site_id = latest.site_id AND entry.kind = latest.kind AND entry.key = latest.key
              AND entry.outcome = 'withdrawn' AND entry.outcome_at = %(stamp)s
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM back), (SELECT count(*) FROM again)
        """,  # noqa: S608 (names of this project's own)
        criteria.values(stamp=part.stamp, seen_to=part.cleanup.seen_to),
    )
    stayed, again = cursor.fetchone()
    part.marked, part.withdrawn = part.marked - stayed, part.withdrawn - again


def _compare(cursor: Any, part: CleanupPart, criteria: Criteria) -> None:
    """See that no more is marked than the preview showed. Raises `Grown`.

    What another clean-up had marked was not in the preview, and is alive again where that one was taken back.
    """
    shown = sum(part.cleanup.preview["kinds"][kind.name]["matching"] for kind in criteria.kinds)
    if part.marked <= shown:
        return
    # What was marked, made alive by a newer version and marked again was counted twice.
    part.marked = 0
    for kind in criteria.kinds:
        found = criteria.found(kind, "1", "held.deleted_at = %(stamp)s")
        cursor.execute(f"SELECT count(*) FROM ({found}) AS found", criteria.values(stamp=part.stamp))  # noqa: S608 (names of this project's own)
        part.marked += cursor.fetchone()[0]
    if part.marked > shown:
        raise Grown(part.marked - shown)


def _deletion(part: CleanupPart, lane: Lane, number: int) -> Deletion:
    cleanup = part.cleanup
    assert part.stamp is not None
    return Deletion.objects.create(
        id=number,
        site_id=cleanup.site_id,
        lane=lane,
        token=cleanup.token,
        user=cleanup.confirmed_by or cleanup.user,
        remote_address=cleanup.remote_address,
        api=part.api,
        received_at=part.stamp,
        properties=cleanup.properties,
        until_sequence=cleanup.until_sequence,
        marked_count=part.marked,
        withdrawn_count=part.withdrawn,
    )


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
        criteria = replace(criteria_of(part), until=None)
        chosen = [
            (kind, matching.ids(criteria, kind, "held.deleted_at = %(stamp)s", part.stamp)) for kind in criteria.kinds
        ]
    else:
        chosen = [(kind, numbers) for kind, numbers in _marked_by_key(part)]
    # What lies in a repository is found by it: the repository itself is revived last.
    for kind, numbers in reversed(chosen):
        for some in _slices(numbers):
            _revive_slice(part, kind, some)
    _, lanes = lanes_of(part.cleanup.site_id, part.api)
    for some in _slices(_withdrawn(part, lanes)):
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
    _, lanes = lanes_of(part.cleanup.site_id, part.api)
    table = kind.model._meta.db_table
    with connection.cursor() as cursor:
        _take_rows(cursor, lanes)
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
        _take_rows(cursor, lanes)
        cursor.execute(
            """
            UPDATE entry SET outcome = 'waiting', outcome_at = NULL
            WHERE id = ANY(%s) AND outcome = 'withdrawn' AND outcome_at = %s
            """,
            [chosen, part.stamp],
        )
