"""Reading the whole log as it stands at one instant, in constant memory: what is proven, and what is exported."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from . import chain
from .checkpoints import Signed

_AT_ONCE = 5000

_LINKS = f"""
SELECT link.position, link.row_id, link.key_id, link.mac, {chain.AS_TEXTS}
FROM audit_link link LEFT JOIN audit_row noted ON noted.id = link.row_id
WHERE link.position BETWEEN %s AND %s ORDER BY link.position
"""  # noqa: S608 (names of this project's own)
_UNCHAINED = f"""
SELECT {chain.AS_TEXTS} FROM audit_row noted
WHERE NOT EXISTS (SELECT 1 FROM audit_link WHERE row_id = noted.id)
AND NOT EXISTS (SELECT 1 FROM audit_pending WHERE row_id = noted.id) ORDER BY noted.id
"""  # noqa: S608 (names of this project's own)
_LOST = """
SELECT row_id FROM audit_pending
WHERE NOT EXISTS (SELECT 1 FROM audit_row WHERE id = row_id) ORDER BY row_id
"""
_CHECKPOINTS = f"""
SELECT position, encode(mac, 'hex'), {chain.AT}, key_id, encode(signature, 'hex') FROM audit_checkpoint
WHERE position >= %s ORDER BY position, id
"""  # noqa: S608 (names of this project's own)

END = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain, with the columns of its row as texts; none when the row is not there."""

    position: int
    row_id: int
    key_id: str
    mac: bytes
    columns: tuple[str, ...] | None


@contextmanager
def one_instant() -> Iterator[None]:
    """Let everything that is read meanwhile be of one instant. Without a transaction around it already."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def links(first: int = 1, last: int = END) -> Iterator[Link]:
    """The chain in its order."""
    for position, row_id, key_id, mac, *columns in _stream(_LINKS, [first, last]):
        yield Link(position, row_id, key_id, mac, None if columns[1] is None else tuple(columns))


def unchained() -> Iterator[tuple[str, ...]]:
    """The rows that have no place in the chain and do not wait for one."""
    return _stream(_UNCHAINED, [])


def lost() -> Iterator[int]:
    """The numbers of rows that wait for a place, and are not there."""
    return (row_id for (row_id,) in _stream(_LOST, []))


def checkpoints(first: int = 0) -> Iterator[Signed]:
    """The signatures in the database, from a position on."""
    return (Signed(*row) for row in _stream(_CHECKPOINTS, [first]))


def _stream(statement: str, values: list[Any]) -> Iterator[Any]:
    """Rows by a cursor of the server's: the client holds a few thousand of them at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while found := cursor.fetchmany(_AT_ONCE):
            yield from found
