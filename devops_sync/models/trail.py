"""The trail of an entity: the submissions that brought its versions, and the requests that carried them.

No index is kept for it, since each would cost every entry that comes in. A current row leads by its entry's key to all
the versions of its entity, and each version to its submission and its request. What that costs is bounded, however much
there is: the entities that changed last are followed, and whether that were all is said.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection

from .submission import Envelope, first_id_at

# So many entities are followed, so many versions of each, to so many submissions or requests.
ENTITIES = 1000
VERSIONS = 200
FOUND = 10_000
Id = TypeVar("Id")


@dataclass(frozen=True)
class Trail(Generic[Id]):
    """Where it leads. `is_cut`: there was more to follow, and the latest of it was."""

    ids: list[Id]
    is_cut: bool = False

    def crossing(self, other: "Trail[Id]") -> "Trail[Id]":
        """Where both lead."""
        ids = set(other.ids)
        return Trail([one for one in self.ids if one in ids], self.is_cut or other.is_cut)


def to_submissions(rows: Sequence[Any], *, fenced: bool) -> Trail[uuid.UUID]:
    """The submissions that brought versions of what the querysets of current rows find.

    `fenced`: they find few enough to be read whole, as by an issue, instead of walking back in time until there are
    enough of them.
    """
    return _follow("submission_id", rows, fenced=fenced)


def to_deliveries(rows: Sequence[Any], *, fenced: bool) -> Trail[int]:
    """The requests by which versions of what they find were settled."""
    return _follow("delivery_id", rows, fenced=fenced)


def envelopes_with(sites: Sequence[int], pairs: dict[str, str]) -> list[int]:
    """The envelopes whose properties have all of these pairs."""
    found = Envelope.objects.filter(site__in=sites, property_set__pairs__contains=pairs)
    return list(found.order_by("-pk").values_list("pk", flat=True)[:FOUND])


def deliveries_in(envelopes: Sequence[int], end: dt.datetime | None = None) -> Trail[int]:
    """The requests that settled what came in these envelopes: in the latest submissions before `end`."""
    with connection.cursor() as cursor:
        cursor.execute(
            _IN_ENVELOPES, [list(envelopes), first_id_at(end) if end else uuid.UUID(int=2**128 - 1), ENTITIES, FOUND]
        )
        many, ids = cursor.fetchone()
    return Trail(ids or [], many >= ENTITIES or len(ids or []) >= FOUND)


def _follow(to: str, rows: Sequence[Any], *, fenced: bool) -> Trail[Any]:
    if not rows:
        return Trail([])
    parts, values = [], []
    for found in rows:
        found = found.order_by() if fenced else found.order_by("-changed_at", "-id")[: ENTITIES + 1]
        sql, given = found.values_list("entry_id", "changed_at").query.sql_with_params()
        parts.append(f"({sql})")
        values += given
    statement = _FOLLOW.format(rows=" UNION ALL ".join(parts), to=to)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, ENTITIES + 1, ENTITIES, VERSIONS, FOUND])
        many, ids = cursor.fetchone()
    return Trail(ids or [], many > ENTITIES or len(ids or []) >= FOUND)


# Materialized, so that the rows are found first and only then followed, one by one: what is limited cannot be joined by
# walking through all entries.
_FOLLOW = """
WITH found AS MATERIALIZED ({rows}),
latest(entry_id, changed_at) AS MATERIALIZED (SELECT * FROM found ORDER BY 2 DESC LIMIT %s),
led AS MATERIALIZED (
    SELECT DISTINCT version.{to} AS id
    FROM (SELECT entry_id FROM latest ORDER BY changed_at DESC LIMIT %s) AS followed
    CROSS JOIN LATERAL (SELECT site_id, kind, key FROM entry WHERE id = followed.entry_id LIMIT 1) AS current
    CROSS JOIN LATERAL (
        SELECT {to} FROM entry
        WHERE site_id = current.site_id AND kind = current.kind AND key = current.key
        ORDER BY id DESC LIMIT %s
    ) AS version
    WHERE version.{to} IS NOT NULL
)
SELECT (SELECT count(*) FROM latest), ARRAY(SELECT id FROM led ORDER BY id DESC LIMIT %s)
"""

_IN_ENVELOPES = """
WITH came AS MATERIALIZED (
    SELECT few.id FROM unnest(%s::bigint[]) AS envelope(id) CROSS JOIN LATERAL (
        SELECT id FROM submission
        WHERE envelope_id = envelope.id AND id < %s ORDER BY id DESC LIMIT 1000
    ) AS few
    ORDER BY few.id DESC LIMIT %s
),
led AS MATERIALIZED (
    SELECT DISTINCT inside.delivery_id AS id FROM came CROSS JOIN LATERAL (
        SELECT delivery_id FROM entry WHERE submission_id = came.id ORDER BY position LIMIT 1000
    ) AS inside
    WHERE inside.delivery_id IS NOT NULL
)
SELECT (SELECT count(*) FROM came), ARRAY(SELECT id FROM led ORDER BY id DESC LIMIT %s)
"""
