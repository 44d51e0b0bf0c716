"""What a clean-up would delete, counted beforehand: Jira never gives properties back, so only the ledger can tell.

What Jira holds and the ledger never saw is not in it, and cannot be.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ..cleaning import matching
from ..cleaning.matching import IN_REPOSITORIES, Criteria
from ..kinds import KINDS, Kind
from ..models import Deployment
from ..models.deletion import EVER_DELETED

MOST_NAMED = 8  # Pipelines, environments and repositories that a preview names; the rest is one line.
SAMPLE = 6
_PARTLY = 10_000  # Beyond so many that match only partly, it is not counted any further.


@dataclass
class Found:
    """The rows of one kind that fall under a clean-up. `mark` is of their entries, whatever their order."""

    matching: int = 0
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    mark: int = 0
    not_there: int = 0
    waiting: int = 0
    older: int = 0
    pipelines: Counter[str] = field(default_factory=Counter)
    environments: Counter[str] = field(default_factory=Counter)
    repositories: Counter[str] = field(default_factory=Counter)
    production: int = 0

    @property
    def in_jira(self) -> int:
        return self.matching - self.not_there + self.older

    def add(self, many: int, first: dt.datetime, last: dt.datetime, mark: int) -> None:
        self.matching += many
        self.first = min(self.first or first, first)
        self.last = max(self.last or last, last)
        self.mark ^= mark


# By what the rows of a kind are counted apart, and whether that is their pipeline or their repository.
_GROUPS = {
    "deployment": "held.pipeline_id, held.environment_id, held.environment_type",
    "build": "held.pipeline_id, '', ''",
    "repository": "held.repository_id, '', ''",
}
_COUNTED = (
    "count(*), min(held.changed_at), max(held.changed_at), coalesce(bit_xor(hashint8extended(held.entry_id, 0)), 0)"
)


def by_properties(criteria: Criteria) -> dict[str, Any]:
    """The preview of a clean-up by properties, as it is stored."""
    found = {kind.name: _of_kind(criteria, kind) for kind in criteria.kinds}
    return {
        **_summed(found),
        "sample": _sample(criteria),
        "partly": _partly(criteria),
        "sets": [len(criteria.sets), _all_sets(criteria.site_id)],
        "fingerprint": _fingerprint([list(criteria.apis), dict(criteria.pairs)], found),
    }


# Kinds of which an index of the property sets has all that is counted, save whether a row was deleted.
_TOLD_BY_INDEX = ("deployment", "build")


def _of_kind(criteria: Criteria, kind: Kind) -> Found:
    found = Found()
    for place, environment, type_, *counted in _places(criteria, kind):
        _add(found, kind, place, environment, type_, counted)
    left = matching.unsettled(criteria, kind)
    found.not_there, found.waiting, found.older = left.not_there, left.waiting, left.older
    return found


def _places(criteria: Criteria, kind: Kind) -> list[tuple[Any, ...]]:
    """What falls under it, by place. Where none of it was deleted yet, millions are counted without their rows."""
    counted = f"{_GROUPS.get(kind.name, _GROUPS['repository'])}, {_COUNTED}"
    with connection.cursor() as cursor:
        if kind.name in _TOLD_BY_INDEX:
            deleted = criteria.found(kind, "1", "held.deleted_at IS NOT NULL")
            every = f"{criteria.found(kind, counted, 'true')} GROUP BY 1, 2, 3"
            cursor.execute(
                f"SELECT every.*, CASE WHEN {EVER_DELETED} THEN EXISTS ({deleted}) END FROM ({every}) AS every",  # noqa: S608 (names of this project's own)
                criteria.values(stamp=None, sites=[criteria.site_id]),
            )
            rows = cursor.fetchall()
            if not any(some_deleted for *_, some_deleted in rows):
                return [tuple(row) for *row, _ in rows]
        statement = (
            f"SELECT {counted} FROM ({criteria.found(kind, 'held.*')}) AS held"  # noqa: S608 (names of this project's own)
            if kind.model in IN_REPOSITORIES
            else criteria.found(kind, counted)
        )
        cursor.execute(f"{statement} GROUP BY 1, 2, 3", criteria.values(stamp=None))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _add(found: Found, kind: Kind, place: str, environment: str, type_: str, counted: Sequence[Any]) -> None:
    many = counted[0]
    found.add(*counted)
    (found.pipelines if kind.api != "devinfo" else found.repositories)[place] += many
    if environment:
        found.environments[environment] += many
    if type_ == Deployment.EnvironmentType.PRODUCTION:
        found.production += many


def by_keys(site_id: int, chosen: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The preview of a clean-up of these kinds and keys: a repository counts with all that lies in it."""
    found = {name: Found() for name in KINDS}
    sample: list[list[Any]] = []
    of_kind: dict[str, list[str]] = {}
    for name, key in chosen:
        of_kind.setdefault(name, []).append(key)
    for name, texts in of_kind.items():
        _by_keys(found[name], KINDS[name], site_id, _NAMED, {"kind": name, "keys": texts}, sample)
        if name == "repository":
            for kind in KINDS.values():
                if kind.model in IN_REPOSITORIES:
                    within = of_kind.get(kind.name, [])
                    _by_keys(found[kind.name], kind, site_id, _INSIDE, {"homes": texts, "keys": within}, sample)
    found = {name: one for name, one in found.items() if one.matching or name in of_kind}
    return {
        **_summed(found),
        "sample": sample[:SAMPLE],
        "partly": None,
        "sets": None,
        "fingerprint": _fingerprint([[name, key] for name, key in chosen], found),
    }


_NAMED = "latest.kind = %(kind)s AND latest.key = ANY(%(keys)s)"
_INSIDE = """held.repository_id IN (SELECT key::json ->> 0 FROM unnest(%(homes)s::text[]) AS home (key))
    AND latest.key <> ALL(%(keys)s)"""


def _by_keys(
    found: Found, kind: Kind, site_id: int, which: str, values: dict[str, Any], sample: list[list[Any]]
) -> None:
    groups = _GROUPS.get(kind.name, _GROUPS["repository"])
    rows = f"""
        FROM {kind.model._meta.db_table} AS held JOIN entry AS latest ON latest.id = held.entry_id
        WHERE held.site_id = %(site)s AND latest.site_id = %(site)s AND held.deleted_at IS NULL AND {which}"""
    there = f"EXISTS ({matching.in_jira('latest.key')})"
    waits = """EXISTS (
        SELECT 1 FROM entry AS again WHERE again.id IN (
            SELECT latest.id UNION ALL SELECT id FROM entry AS copy WHERE copy.origin_id = latest.id
        ) AND again.outcome = 'waiting')"""
    given = {**values, "site": site_id, "kind": kind.name, "api": kind.api}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {groups}, {_COUNTED}, count(*) FILTER (WHERE NOT {there}),"
            f" count(*) FILTER (WHERE NOT {there} AND {waits}) {rows} GROUP BY 1, 2, 3",
            given,
        )
        for place, environment, type_, *counted, not_there, waiting in cursor.fetchall():
            _add(found, kind, place, environment, type_, counted)
            found.not_there += not_there
            found.waiting += waiting
        cursor.execute(f"SELECT held.id {rows} LIMIT {SAMPLE}", given)
        sample += [[kind.name, pk] for (pk,) in cursor.fetchall()]


def _summed(found: dict[str, Found]) -> dict[str, Any]:
    kinds = {
        name: {
            "in_jira": one.in_jira,
            "waiting": one.waiting,
            "matching": one.matching,
            "first": one.first.isoformat() if one.first else None,
            "last": one.last.isoformat() if one.last else None,
        }
        for name, one in found.items()
    }
    return {
        "kinds": kinds,
        "total": sum(one.in_jira for one in found.values()),
        "waiting": sum(one.waiting for one in found.values()),
        "matching": sum(one.matching for one in found.values()),
        "pipelines": _named(one.pipelines for one in found.values()),
        "environments": _named(one.environments for one in found.values()),
        "repositories": _named(one.repositories for one in found.values()),
        "production": sum(one.production for one in found.values()),
    }


def _named(counted: Iterable[Counter[str]]) -> dict[str, Any]:
    """The largest, and how many more there are with how much together."""
    together = sum(counted, Counter[str]())
    largest = together.most_common(MOST_NAMED)
    rest = together.total() - sum(many for _, many in largest)
    return {"largest": [list(one) for one in largest], "more": len(together) - len(largest), "rest": rest}


def _sample(criteria: Criteria) -> list[list[Any]]:
    """Some of the rows, of each kind the newest that are found at once."""
    found: list[list[Any]] = []
    for kind in criteria.kinds:
        with connection.cursor() as cursor:
            cursor.execute(f"{criteria.found(kind, 'held.id')} LIMIT {SAMPLE // 3}", criteria.values(stamp=None))
            found += [[kind.name, pk] for (pk,) in cursor.fetchall()]
    return found[: 2 * SAMPLE]


def _partly(criteria: Criteria) -> dict[str, Any] | None:
    """How many have some of the properties, but not all, and stay: up to a number. None for a single property."""
    if len(criteria.pairs) < 2:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM property_set
            WHERE site_id = %(site)s AND id <> ALL(%(sets)s::bigint[]) AND pairs @> ANY(%(each)s::jsonb[])
            """,
            criteria.values(each=[json.dumps({key: value}) for key, value in criteria.pairs.items()]),
        )
        others = Criteria(criteria.site_id, criteria.apis, criteria.pairs)
        others.__dict__["sets"] = [pk for (pk,) in cursor.fetchall()]
        many = 0
        for kind in criteria.kinds:
            table = kind.model._meta.db_table
            cursor.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE site_id = %(site)s AND deleted_at IS NULL"  # noqa: S608 (names of this project's own)
                f" AND property_set_id = ANY(%(sets)s::bigint[]) LIMIT {_PARTLY}) AS few",
                others.values(),
            )
            many += cursor.fetchone()[0]
    return {"many": min(many, _PARTLY), "is_exact": many < _PARTLY}


def _all_sets(site_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM property_set WHERE site_id = %s", [site_id])
        (many,) = cursor.fetchone()
    return int(many)


def _fingerprint(criteria: Any, found: dict[str, Found]) -> str:
    """One text for exactly these entities in these versions, as hexadecimal SHA-256."""
    counted = {name: [one.matching, one.in_jira, one.waiting, one.mark] for name, one in found.items()}
    return hashlib.sha256(json.dumps([criteria, counted], sort_keys=True).encode()).hexdigest()
