"""The stored entities: the newest version of each, by credential, kind and key.

A version replaces the stored one as a whole if its update sequence is strictly higher (Atlassian's
reference; that an equal one is dropped was verified by others against Jira Cloud).
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

TABLES = ("mention", "entity", "property_set")
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS property_set (id INTEGER PRIMARY KEY, pairs TEXT NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS entity (
        id INTEGER PRIMARY KEY, credential INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
        sequence INTEGER NOT NULL, payload TEXT NOT NULL, summary TEXT NOT NULL, issues TEXT NOT NULL,
        properties INTEGER NOT NULL REFERENCES property_set (id),
        change INTEGER NOT NULL UNIQUE, stored_at REAL NOT NULL, UNIQUE (credential, kind, key))""",
    "CREATE INDEX IF NOT EXISTS entity_by_properties ON entity (properties)",
    """CREATE TABLE IF NOT EXISTS mention (
        issue TEXT NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (issue, entity)) WITHOUT ROWID""",
)


class Summary(Struct, array_like=True):
    """What a list says of an entity."""

    name: str
    pipeline: str
    environment: str
    environment_type: str
    state: str
    updated_at: datetime


class Version(Struct, array_like=True):
    """One version of one entity; `issues` are those of its issues that exist."""

    key: tuple[str | int, ...]
    sequence: int
    payload: str
    summary: Summary
    issues: tuple[str, ...]


class Submission(Struct, tag=True):
    """Versions to store, all with the same properties."""

    kind: str
    properties: dict[str, str]
    versions: list[Version]


class Removal(Struct, tag=True):
    """One entity to delete."""

    kind: str
    key: tuple[str | int, ...]


class Sweep(Struct, tag=True):
    """Every entity to delete that has all of these properties."""

    kind: str
    properties: list[tuple[str, str]]


Change = Submission | Removal | Sweep


class Holding(NamedTuple):
    """A stored entity as the pages and the tests see it."""

    id: int
    change: int
    owner: int
    kind: str
    key: tuple[str | int, ...]
    sequence: int
    payload: str
    summary: Summary
    issues: tuple[str, ...]
    properties: dict[str, str]
    stored_at: float


def apply(connection: sqlite3.Connection, owner: int, change: Change, now: float) -> None:
    """Carry out one change, inside the caller's transaction."""
    if isinstance(change, Submission):
        _store(connection, owner, change, now)
    elif isinstance(change, Removal):
        _delete(connection, "credential = ? AND kind = ? AND key = ?", (owner, change.kind, _text(change.key)))
    else:
        for properties in _sets_having(connection, change.properties):
            _delete(connection, "properties = ? AND credential = ? AND kind = ?", (properties, owner, change.kind))


def _store(connection: sqlite3.Connection, owner: int, submission: Submission, now: float) -> None:
    properties = _property_set(connection, submission.properties)
    (latest,) = connection.execute("SELECT coalesce(max(change), 0) FROM entity").fetchone()
    for version in submission.versions:
        key, issues = _text(version.key), _text(version.issues)
        held = connection.execute(
            "SELECT id, sequence, issues FROM entity WHERE credential = ? AND kind = ? AND key = ?",
            (owner, submission.kind, key),
        ).fetchone()
        if held and version.sequence <= held[1]:
            continue
        latest += 1
        row = (version.sequence, version.payload, _text(version.summary), issues, properties, latest, now)
        if held:
            connection.execute(
                "UPDATE entity SET sequence = ?, payload = ?, summary = ?, issues = ?, properties = ?,"
                " change = ?, stored_at = ? WHERE id = ?",
                (*row, held[0]),
            )
        else:
            cursor = connection.execute(
                "INSERT INTO entity (sequence, payload, summary, issues, properties, change, stored_at,"
                " credential, kind, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, owner, submission.kind, key),
            )
            held = (cursor.lastrowid, 0, "[]")
        if held[2] != issues:
            _mention(connection, held[0], msgspec.json.decode(held[2]), version.issues)


def _mention(connection: sqlite3.Connection, entity: int, before: list[str], after: tuple[str, ...]) -> None:
    gone = [(issue, entity) for issue in before]
    connection.executemany("DELETE FROM mention WHERE issue = ? AND entity = ?", gone)
    connection.executemany("INSERT OR IGNORE INTO mention VALUES (?, ?)", [(issue, entity) for issue in after])


def _property_set(connection: sqlite3.Connection, properties: dict[str, str]) -> int:
    pairs = _text(dict(sorted(properties.items())))
    connection.execute("INSERT OR IGNORE INTO property_set (pairs) VALUES (?)", (pairs,))
    found: tuple[int] = connection.execute("SELECT id FROM property_set WHERE pairs = ?", (pairs,)).fetchone()
    return found[0]


def _sets_having(connection: sqlite3.Connection, wanted: list[tuple[str, str]]) -> list[int]:
    sets = connection.execute("SELECT id, pairs FROM property_set").fetchall()
    return [number for number, pairs in sets if set(wanted) <= set(msgspec.json.decode(pairs).items())]


def _delete(connection: sqlite3.Connection, where: str, values: tuple[str | int, ...]) -> None:
    """`where` is one of this file's own conditions; what a client sent is in `values`."""
    found = connection.execute(f"SELECT id, issues FROM entity WHERE {where}", values).fetchall()  # noqa: S608
    for entity, issues in found:
        _mention(connection, entity, msgspec.json.decode(issues), ())
    connection.execute(f"DELETE FROM entity WHERE {where}", values)  # noqa: S608


def forget(connection: sqlite3.Connection, owner: int) -> None:
    """Delete everything of one credential."""
    _delete(connection, "credential = ?", (owner,))
    connection.execute("DELETE FROM property_set WHERE id NOT IN (SELECT properties FROM entity)")


_COLUMNS = (
    "SELECT entity.id, change, credential, kind, key, sequence, payload, summary, issues, pairs, stored_at"
    " FROM entity JOIN property_set ON property_set.id = entity.properties"
)


def payload(connection: sqlite3.Connection, owner: int, kind: str, key: tuple[str | int, ...]) -> str | None:
    """An entity as it was submitted, or None."""
    found = connection.execute(
        "SELECT payload FROM entity WHERE credential = ? AND kind = ? AND key = ?", (owner, kind, _text(key))
    ).fetchone()
    return found[0] if found else None


def everything(connection: sqlite3.Connection) -> Iterator[Holding]:
    """All that is held, oldest change first."""
    return map(_holding, connection.execute(f"{_COLUMNS} ORDER BY change").fetchall())


def one(connection: sqlite3.Connection, number: int) -> Holding | None:
    """One entity by its number, or None."""
    row = connection.execute(f"{_COLUMNS} WHERE entity.id = ?", (number,)).fetchone()
    return _holding(row) if row else None


class Choice(NamedTuple):
    """Which holdings a page shows, by owner and issue, from which change on."""

    owner: int | None = None
    issue: str = ""
    older_than: int | None = None
    newer_than: int | None = None

    def rows(self, connection: sqlite3.Connection, limit: int) -> list[Holding]:
        """At most `limit` holdings, newest change first."""
        where, values = self._conditions()
        forwards = self.newer_than is not None
        order = "ASC" if forwards else "DESC"
        statement = f"{_COLUMNS} WHERE {where} ORDER BY change {order} LIMIT ?"
        found = [_holding(row) for row in connection.execute(statement, (*values, limit))]
        return found[::-1] if forwards else found

    def count(self, connection: sqlite3.Connection) -> int:
        where, values = self._conditions()
        statement = f"SELECT count(*) FROM entity WHERE {where}"  # noqa: S608, the conditions are our own
        found: tuple[int] = connection.execute(statement, values).fetchone()
        return found[0]

    def _conditions(self) -> tuple[str, tuple[str | int, ...]]:
        choices: list[tuple[str, str | int | None]] = [
            ("credential = ?", self.owner),
            ("entity.id IN (SELECT entity FROM mention WHERE issue = ?)", self.issue or None),
            ("change < ?", self.older_than),
            ("change > ?", self.newer_than),
        ]
        chosen = [(condition, value) for condition, value in choices if value is not None]
        where = " AND ".join(condition for condition, _value in chosen) or "TRUE"
        return where, tuple(value for _condition, value in chosen)


def count_issues(connection: sqlite3.Connection) -> int:
    """How many issues have anything."""
    found: tuple[int] = connection.execute("SELECT count(DISTINCT issue) FROM mention").fetchone()
    return found[0]


def _holding(row: tuple[int, int, int, str, str, int, str, str, str, str, float]) -> Holding:
    number, change, owner, kind, key, sequence, submitted, summary, issues, pairs, stored_at = row
    return Holding(
        number,
        change,
        owner,
        kind,
        tuple(msgspec.json.decode(key)),
        sequence,
        submitted,
        msgspec.json.decode(summary, type=Summary),
        tuple(msgspec.json.decode(issues)),
        msgspec.json.decode(pairs),
        stored_at,
    )


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
