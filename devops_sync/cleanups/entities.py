"""The entities of a clean-up, one by one: what falls under it now, or, once it has begun, what it marked."""

import datetime as dt
from array import array
from collections.abc import Iterator
from typing import Any

from django.db import connection

from ..cleaning import matching
from ..cleaning.marking import criteria_of
from ..cleaning.matching import IN_REPOSITORIES
from ..kinds import KINDS, Kind
from ..models import Cleanup, CleanupPart
from ..models.current import Current

SLICE = 1000
_READ = 10_000


def slices(cleanup: Cleanup) -> Iterator[tuple[Kind, list[Current]]]:
    """The rows of each kind with their entries, slice by slice. No transaction stays open in between.

    Before it began these are the rows that match now, with those of which Jira holds an older version that does; it
    rejected the newest. Afterwards they are those that it marked. Of what it was taken back from, nothing is marked.
    """
    find = _of_properties if cleanup.is_by_properties else _of_keys
    for kind, numbers in find(cleanup):
        rows: Any = kind.model._default_manager.select_related("entry", "property_set").defer("entry__errors")
        for start in range(0, len(numbers), SLICE):
            found = {row.pk: row for row in rows.filter(pk__in=list(numbers[start : start + SLICE]))}
            yield kind, [found[pk] for pk in numbers[start : start + SLICE] if pk in found]


def _of_properties(cleanup: Cleanup) -> Iterator[tuple[Kind, "array[int]"]]:
    for part in cleanup.parts.select_related("cleanup").order_by("position"):
        if cleanup.started_at is not None and part.state == CleanupPart.State.CANCELLED:
            continue
        criteria, stamp = criteria_of(part), _stamp(cleanup, part)
        alive = "held.deleted_at IS NULL" if stamp is None else "held.deleted_at = %(stamp)s"
        for kind in criteria.kinds:
            numbers = _numbers(criteria.found(kind, "held.id", alive), criteria.values(stamp=stamp))
            numbers.extend(matching.older(criteria, kind) if stamp is None else ())
            yield kind, numbers


def _stamp(cleanup: Cleanup, part: CleanupPart) -> dt.datetime | None:
    return part.stamp if cleanup.started_at is not None else None


def _of_keys(cleanup: Cleanup) -> Iterator[tuple[Kind, "array[int]"]]:
    parts = cleanup.parts.order_by("position")
    if cleanup.started_at is not None:
        parts = parts.exclude(state=CleanupPart.State.CANCELLED)
    last = -1
    while found := list(parts.filter(position__gt=last)[:SLICE]):
        last = found[-1].position
        for kind in KINDS.values():
            keys = [part.key for part in found if part.kind == kind.name]
            homes = [part.key for part in found if part.kind == "repository"] if kind.model in IN_REPOSITORIES else []
            if keys or homes:
                stamps = [part.stamp for part in found if _stamp(cleanup, part) is not None]
                yield kind, _keyed(cleanup, kind, keys, homes, stamps)


def _keyed(
    cleanup: Cleanup, kind: Kind, keys: list[str], homes: list[str], stamps: list[dt.datetime | None]
) -> "array[int]":
    inside = """OR held.repository_id IN (SELECT key::json ->> 0 FROM unnest(%(homes)s::text[]) AS home (key))"""
    alive = "held.deleted_at = ANY(%(stamps)s::timestamptz[])" if cleanup.started_at else "held.deleted_at IS NULL"
    if cleanup.started_at and not cleanup.is_over:
        # Those whose turn has not come are not marked yet, and still to go.
        alive = f"({alive} OR held.deleted_at IS NULL)"
    return _numbers(
        f"""
        SELECT held.id FROM {kind.model._meta.db_table} AS held JOIN entry AS latest ON latest.id = held.entry_id
        WHERE held.site_id = %(site)s AND latest.site_id = %(site)s AND {alive}
          AND (latest.kind = %(kind)s AND latest.key = ANY(%(keys)s) {inside if homes else ""})""",  # noqa: S608 (names of this project's own)
        {"site": cleanup.site_id, "kind": kind.name, "keys": keys, "homes": homes, "stamps": stamps},
    )


def _numbers(statement: str, values: dict[str, Any]) -> "array[int]":
    """The numbers that a statement finds, in order; as small as numbers can be, since there may be millions."""
    numbers = array("q")
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY 1", values)
        while rows := cursor.fetchmany(_READ):
            numbers.extend(pk for (pk,) in rows)
    return numbers
