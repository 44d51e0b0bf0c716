"""Putting the deletion of a part of a clean-up into its lane, when what falls under it is marked.

That is the last, short step: alone with the lane it marks what came meanwhile, looks whether more match than the
preview showed, and takes its number. Until then, and for as long as Jira was not asked, all of it can be taken back,
see `reviving`.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from ..kinds import Kind
from ..models import Cleanup, CleanupPart, Deletion, Lane
from . import marking, matching
from .matching import Criteria

State = Cleanup.State


class NotRunning(Exception):
    """Somebody paused or cancelled the clean-up meanwhile."""


def stand(part: CleanupPart, marked_to: int) -> Deletion:
    """Put the deletion into its lane: from here on it is taken. Raises `Grown` or `NotRunning`, with nothing changed.

    What came after entry `marked_to` is looked at and marked alone with the lane, for as short as can be.
    """
    lane, _ = marking.lanes_of(part.cleanup.site_id, part.api)
    previewed = part.cleanup.origin != Cleanup.Origin.GATEWAY
    if previewed:
        marking.look(part)
    last = _newest_waiting([lane.pk])
    with transaction.atomic(), connection.cursor() as cursor:
        running = Cleanup.objects.filter(pk=part.cleanup_id, state=Cleanup.State.RUNNING, stopped_for="")
        if running.select_for_update(no_key=True).first() is None:
            raise NotRunning
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lane.pk])
        # Asked for only now: the first errand makes the lane of resent history.
        _, lanes = marking.lanes_of(part.cleanup.site_id, part.api)
        marking.take_rows(cursor, lanes)
        criteria = marking.criteria_of(part)  # with the property sets of what came meanwhile
        if previewed and part.seen_to is not None:
            marking.look_since(criteria, part.seen_to, part.stamp)
        if _may_have_been_given_back(part):
            marked_to = 0
        for kind in criteria.kinds:
            _mark_rest(cursor, part, criteria, kind, marked_to)
            if kind.model in matching.IN_REPOSITORIES:
                _let_stay(cursor, part, criteria, kind)
        if previewed:
            _compare(cursor, part, criteria)
        # What is sent again would leave after the deletion, also what was fed while its row was being marked.
        sent_again = marking.waiting([other for other in lanes if other != lane.pk])
        marking.withdraw(cursor, part, criteria, [*marking.waiting([lane.pk], after=last), *sent_again])
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
        raise marking.Grown(part.marked - shown)


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
