"""What belongs to a subject, by its numbers alone: entries, submissions, requests, read-backs, gates, deletions.

Everything is found from the keys of its entities, slice by slice; what is held are numbers, not rows.
"""

import uuid
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ..jira import keys
from ..kinds import Kind
from ..models import Confirmation, Deletion, Delivery, Entry, Gate, PropertySet
from .subject import SLICE, Subject


@dataclass
class Belongings:
    """The numbers of all that belongs to a subject, each kind of it in order."""

    entities: "array[int]" = field(default_factory=lambda: array("q"))
    entries: "array[int]" = field(default_factory=lambda: array("q"))
    submissions: list[uuid.UUID] = field(default_factory=list)
    deliveries: "array[int]" = field(default_factory=lambda: array("q"))
    readbacks: "array[int]" = field(default_factory=lambda: array("q"))
    gates: "array[int]" = field(default_factory=lambda: array("q"))
    deletions: "array[int]" = field(default_factory=lambda: array("q"))
    errands: set[int] = field(default_factory=set)
    # What the audit log calls each of the entities, by the name of its table there.
    audited: dict[str, "array[int]"] = field(default_factory=dict)


def collect(subject: Subject) -> Belongings:
    """Find everything. Of a deletion these are its own requests; what it deleted is written by `deletion`."""
    found = Belongings()
    if subject.cleanup is not None:
        parts = subject.cleanup.parts.filter(deletion__isnull=False)
        found.deletions = array("q", parts.order_by("deletion").values_list("deletion", flat=True))
    else:
        _by_keys(subject, found)
    found.deliveries = array("q", sorted({*found.deliveries, *_requests_of_deletions(found.deletions)}))
    return found


def slices(numbers: "Sequence[Any] | array[int]", size: int = SLICE) -> Iterator[list[Any]]:
    """The numbers, some at a time."""
    for start in range(0, len(numbers), size):
        yield list(numbers[start : start + size])


def _by_keys(subject: Subject, found: Belongings) -> None:
    deletions: set[int] = set()
    entries: list[int] = []
    for kind, rows in subject.rows():
        name = kind.model._meta.model_name or ""
        found.audited.setdefault(name, array("q")).extend(row.pk for row in rows)
        entries += _versions(kind, rows)
        found.gates.extend(_gates(kind, rows))
        deletions |= _deletions(kind, rows)
    found.entries = array("q", sorted(set(entries)))
    submissions: set[uuid.UUID] = set()
    deliveries: set[int] = set()
    for some in slices(found.entries):
        of = Entry.objects.filter(pk__in=some).values_list("submission_id", "submission__errand_id")
        submissions.update(submission for submission, _ in of)
        found.errands.update(errand for _, errand in of if errand)
        deliveries.update(_carried(some))
        readings = Confirmation.objects.filter(entry__in=some).values_list("pk", "errand_id")
        found.readbacks.extend(pk for pk, _ in readings)
        found.errands.update(errand for _, errand in readings if errand)
    if subject.row is not None:
        deletions |= _that_named(subject, kind, found.entries)
    found.submissions = sorted(submissions)
    found.deliveries = array("q", sorted(deliveries))
    found.readbacks = array("q", sorted(found.readbacks))
    found.gates = array("q", sorted(found.gates))
    found.deletions = array("q", sorted(deletions))


def _versions(kind: Kind, rows: Sequence[Any]) -> list[int]:
    """Every version of the entities."""
    found: list[int] = []
    for site, of in _by_site(rows).items():
        of_site = Entry.objects.filter(site=site, kind=kind.name, key__in=[row.entry.key for row in of])
        found += of_site.values_list("pk", flat=True)
    return found


def _gates(kind: Kind, rows: Sequence[Any]) -> list[int]:
    if kind.name != "deployment":
        return []
    found = Gate.objects.of_keys([(row.site_id, row.entry.key) for row in rows])
    return list(found.values_list("pk", flat=True))


def _deletions(kind: Kind, rows: Sequence[Any]) -> set[int]:
    """Those that the entities fell under: each marks with the instant at which it was received."""
    found: set[int] = set()
    for site, of in _by_site([row for row in rows if row.deleted_at]).items():
        marked = Deletion.objects.filter(site=site, api=kind.api, received_at__in={row.deleted_at for row in of})
        found.update(marked.values_list("pk", flat=True))
    return found


def _that_named(subject: Subject, kind: Kind, entries: "array[int]") -> set[int]:
    """Also those before its latest version, which it lives again after."""
    row = subject.row
    if row is None or not entries:
        return set()
    sets = PropertySet.objects.filter(envelope__entry__in=list(entries)).order_by("pk").distinct()
    pairs = list(sets.values_list("pairs", flat=True)[:SLICE])
    parts = keys.parts(row.entry.key)
    if not parts:
        return set()
    return {one.pk for one in Deletion.objects.that_may_have_taken(row, kind.name, pairs, entries[0])}


def _by_site(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.site_id, []).append(row)
    return found


def _carried(entries: list[int]) -> list[int]:
    """The requests that carried any of the entries: all tries, by their lanes and the time that each took."""
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, {"entries": entries})
        return [pk for (pk,) in cursor.fetchall()]


def _requests_of_deletions(deletions: "array[int]") -> Iterator[int]:
    for some in slices(deletions):
        yield from Delivery.objects.filter(deletion__in=some).values_list("pk", flat=True)


_CARRIED = """
WITH carried AS MATERIALIZED (
    SELECT entry.id, entry.lane_id, entry.delivery_id, submission.received_at, entry.outcome_at, entry.outcome
    FROM entry JOIN submission ON submission.id = entry.submission_id WHERE entry.id = ANY(%(entries)s)
),
span AS MATERIALIZED (
    SELECT lane_id, min(received_at) AS since, max(coalesce(outcome_at, 'infinity')) AS until
    FROM carried WHERE lane_id IS NOT NULL GROUP BY lane_id
)
SELECT delivery_id FROM carried WHERE delivery_id IS NOT NULL
UNION
SELECT delivery.id FROM span
JOIN delivery ON delivery.lane_id = span.lane_id AND delivery.started_at BETWEEN span.since AND span.until
CROSS JOIN LATERAL unnest(delivery.entry_ids) AS inside (entry_id)
JOIN carried ON carried.id = inside.entry_id
"""
