"""What a superuser of the database can do to the log, and what has to be said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection
from hypothesis import strategies as st

from devops_sync import audit
from devops_sync.audit import sealing

ROWS = 12
SIGNED = 5  # Up to here there is a checkpoint before the one at the end.

COLUMNS = {
    "at": ["2026-01-01T00:00:00Z", "infinity"],
    "act": ["site.changed", ""],
    "actor_kind": ["user", "stranger"],
    "actor": ["mallory", "Waybill "],
    "user_id": [7, 0],
    "token_id": [7, 0],
    "remote_address": ["192.0.2.66", " "],
    "site_id": [3, -1],
    "site": ["retail", " "],
    "subject_kind": ["token", ""],
    "subject_id": ["99", ""],
    "subject": ["another", "the look \x01"],
    "before": ["{}", "[1]"],
    "after": ["", '{"number": 1}'],
}


class Superuser:
    """A connection on which no trigger fires."""

    def __enter__(self) -> "Superuser":
        given = connection.get_connection_params()
        names = ("dbname", "user", "host", "port")
        self.connection = psycopg.connect(**{name: given[name] for name in names if name in given}, autocommit=True)
        self.do("SET session_replication_role = replica")
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def do(self, statement: str, *values: Any) -> list[Any]:
        cursor = self.connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        self.do("TRUNCATE audit_row, audit_pending, audit_link, audit_checkpoint RESTART IDENTITY")


def fill(superuser: Superuser) -> None:
    """A log anew: position and number of a row are the same, so that both can be spoken of as one."""
    superuser.empty()
    for number in range(1, ROWS + 1):
        audit.note("settings.changed", on=("setting", number, f"setting {number}"), after={"number": number})
        if number == SIGNED:
            sealing.seal(and_sign=True)
    sealing.seal(and_sign=True)


@dataclass(frozen=True)
class Tampering:
    """`named` is the position that has to be named as the first that is broken. `hides` the database's checkpoints."""

    name: str
    named: int
    do: Callable[[Superuser], object]
    is_cut: bool = False

    def __repr__(self) -> str:
        return self.name


def any_tampering() -> st.SearchStrategy[Tampering]:
    places = st.integers(1, ROWS)
    pairs = st.tuples(places, places).filter(lambda pair: pair[0] < pair[1])
    return st.one_of(
        st.builds(_change, places, st.sampled_from(sorted(COLUMNS)), st.integers(0, 1)),
        st.builds(_remove_row, places),
        st.builds(_remove_place, places.filter(lambda place: place < ROWS)),
        st.builds(_remove_both, places.filter(lambda place: place < ROWS)),
        st.builds(_close_the_gap, places.filter(lambda place: place < ROWS)),
        st.builds(_swap_contents, pairs),
        st.builds(_swap_places, pairs),
        st.builds(_forge_mac, places),
        st.builds(_insert, places),
        st.just(_append()),
        st.just(_put_in()),
        st.builds(_cut_off, places, st.booleans()),
        st.builds(_move_checkpoint, st.integers(1, ROWS - 1).filter(lambda place: place != SIGNED)),
    )


def _change(place: int, column: str, which: int) -> Tampering:
    value = COLUMNS[column][which]
    statement = f"UPDATE audit_row SET {column} = %s WHERE id = %s"
    return Tampering(f"row {place}: {column} becomes {value!r}", place, lambda by: by.do(statement, value, place))


def _remove_row(place: int) -> Tampering:
    return Tampering(f"row {place} goes", place, lambda by: by.do("DELETE FROM audit_row WHERE id = %s", place))


def _remove_place(place: int) -> Tampering:
    statement = "DELETE FROM audit_link WHERE position = %s"
    return Tampering(f"place {place} goes", place, lambda by: by.do(statement, place))


def _remove_both(place: int) -> Tampering:
    def do(by: Superuser) -> None:
        by.do("DELETE FROM audit_link WHERE position = %s", place)
        by.do("DELETE FROM audit_row WHERE id = %s", place)

    return Tampering(f"row {place} goes with its place", place, do)


def _close_the_gap(place: int) -> Tampering:
    """The positions behind move up, each by itself since they are unique."""

    def do(by: Superuser) -> None:
        _remove_both(place).do(by)
        for after in range(place + 1, ROWS + 1):
            by.do("UPDATE audit_link SET position = position - 1 WHERE position = %s", after)

    return Tampering(f"row {place} goes, and the gap is closed", place, do)


def _swap_contents(pair: tuple[int, int]) -> Tampering:
    columns = "subject_id, subject, after"

    def do(by: Superuser) -> None:
        contents = {place: by.do(f"SELECT {columns} FROM audit_row WHERE id = %s", place)[0] for place in pair}
        for place, other in (pair, pair[::-1]):
            by.do(f"UPDATE audit_row SET ({columns}) = (%s, %s, %s) WHERE id = %s", *contents[other], place)

    return Tampering(f"rows {pair} change contents", pair[0], do)


def _swap_places(pair: tuple[int, int]) -> Tampering:
    def do(by: Superuser) -> None:
        for before, after in ((pair[0], 10**6), (pair[1], pair[0]), (10**6, pair[1])):
            by.do("UPDATE audit_link SET position = %s WHERE position = %s", after, before)

    return Tampering(f"rows {pair} change places", pair[0], do)


def _forge_mac(place: int) -> Tampering:
    statement = "UPDATE audit_link SET mac = sha256(mac) WHERE position = %s"
    return Tampering(f"the MAC at {place} changes", place, lambda by: by.do(statement, place))


_COPY = """
INSERT INTO audit_row (
    at, act, actor_kind, actor, remote_address, site, subject_kind, subject_id, subject, before, after
)
SELECT at, act, actor_kind, actor, remote_address, site, subject_kind, subject_id, subject, before, after
FROM audit_row WHERE id = 1 RETURNING id
"""
_FORGE = """
INSERT INTO audit_link (position, row_id, key_id, mac)
SELECT %s, %s, key_id, sha256(mac) FROM audit_link WHERE row_id = 1
"""


def _insert(place: int) -> Tampering:
    def do(by: Superuser) -> None:
        for after in range(ROWS, place - 1, -1):
            by.do("UPDATE audit_link SET position = position + 1 WHERE position = %s", after)
        by.do(_FORGE, place, by.do(_COPY)[0][0])

    return Tampering(f"a row is put in at {place}", place, do)


def _append() -> Tampering:
    return Tampering("a row is appended", ROWS + 1, lambda by: by.do(_FORGE, ROWS + 1, by.do(_COPY)[0][0]))


def _put_in() -> Tampering:
    return Tampering("a row is put in without a place", ROWS + 1, lambda by: by.do(_COPY))


def _cut_off(place: int, and_checkpoints: bool) -> Tampering:
    def do(by: Superuser) -> None:
        by.do("DELETE FROM audit_link WHERE position >= %s", place)
        by.do("DELETE FROM audit_row WHERE id >= %s", place)
        if and_checkpoints:
            by.do("DELETE FROM audit_checkpoint WHERE position >= %s", place)

    return Tampering(f"cut off from {place}, checkpoints too: {and_checkpoints}", place, do, is_cut=True)


def _move_checkpoint(place: int) -> Tampering:
    statement = "UPDATE audit_checkpoint SET position = %s WHERE position = %s"
    return Tampering(f"the checkpoint moves to {place}", place, lambda by: by.do(statement, place, SIGNED))
