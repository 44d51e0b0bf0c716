"""The stored entities: the newest version of each, by credential, kind and key."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from devops_sync.jira.wire import devinfo

from . import gates
from .summaries import Summary

TABLES = ("gate", "mention", "entity", "property_set")
LARGEST_SEQUENCE = 2**63 - 1
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS property_set (id INTEGER PRIMARY KEY, pairs TEXT NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS entity (
        id INTEGER PRIMARY KEY, credential INTEGER NOT NULL, api TEXT NOT NULL, kind TEXT NOT NULL,
        root TEXT NOT NULL, key TEXT NOT NULL,
        sequence INTEGER NOT NULL, payload TEXT NOT NULL, summary TEXT NOT NULL, issues TEXT NOT NULL,
        properties INTEGER NOT NULL REFERENCES property_set (id),
        change INTEGER NOT NULL UNIQUE, stored_at REAL NOT NULL, UNIQUE (credential, kind, key))""",
    "CREATE INDEX IF NOT EXISTS entity_by_properties ON entity (properties)",
    "CREATE INDEX IF NOT EXISTS entity_by_root ON entity (credential, api, root)",
    """CREATE TABLE IF NOT EXISTS mention (
        issue TEXT NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (issue, entity)) WITHOUT ROWID""",
    *gates.SCHEMA,
)


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


def sets_having(connection: sqlite3.Connection, wanted: list[tuple[str, str]]) -> list[int]:
    """The property sets that have all of these pairs."""
    sets = connection.execute("SELECT id, pairs FROM property_set").fetchall()
    return [number for number, pairs in sets if set(wanted) <= set(msgspec.json.decode(pairs).items())]


_COLUMNS = (
    "SELECT entity.id, change, credential, kind, key, sequence, payload, summary, issues, pairs, stored_at"
    " FROM entity JOIN property_set ON property_set.id = entity.properties"
)


def payload(connection: sqlite3.Connection, owner: int, kind: str, key: tuple[str | int, ...]) -> str | None:
    """An entity as it was submitted, or None."""
    found = connection.execute(
        "SELECT payload FROM entity WHERE credential = ? AND kind = ? AND key = ?", (owner, kind, text(key))
    ).fetchone()
    return found[0] if found else None


MOST_RECENT = 400
_ARRAYS = {kind: array for kind, (array, _word, _model) in devinfo.ENTITIES.items()}


def repository(connection: sqlite3.Connection, owner: int, key: tuple[str | int, ...]) -> bytes | None:
    """A repository with its most recent entities, or None. The sender's own sequence says what is recent."""
    alone = payload(connection, owner, "repository", key)
    if alone is None:
        return None
    fields = msgspec.json.decode(alone.encode(), type=dict[str, msgspec.Raw])
    arrays: dict[str, list[msgspec.Raw]] = {array: [] for array in _ARRAYS.values()}
    rows = connection.execute(
        "SELECT kind, payload FROM entity WHERE credential = ? AND api = 'devinfo' AND root = ?"
        " AND kind <> 'repository' ORDER BY sequence DESC, change DESC LIMIT ?",
        (owner, key[0], MOST_RECENT),
    )
    for kind, entity in rows:
        arrays[_ARRAYS[kind]].append(msgspec.Raw(entity.encode()))
    return msgspec.json.encode({**fields, **arrays})


def exists(connection: sqlite3.Connection, owner: int, api: str, properties: list[tuple[str, str]], up_to: int) -> bool:
    """Whether anything of an API has all of these properties and no sequence beyond `up_to`."""
    statement = "SELECT 1 FROM entity WHERE credential = ? AND api = ? AND properties = ? AND sequence <= ? LIMIT 1"
    return any(
        connection.execute(statement, (owner, api, found, up_to)).fetchone()
        for found in sets_having(connection, properties)
    )


def everything(connection: sqlite3.Connection) -> Iterator[Holding]:
    """All that is held, oldest change first."""
    return map(_holding, connection.execute(f"{_COLUMNS} ORDER BY change").fetchall())


def one(connection: sqlite3.Connection, number: int) -> Holding | None:
    """One entity by its number, or None."""
    row = connection.execute(f"{_COLUMNS} WHERE entity.id = ?", (number,)).fetchone()
    return _holding(row) if row else None


class Choice(NamedTuple):
    """Which holdings a page shows, by owner, issue and kind, from which change on."""

    owner: int | None = None
    issue: str = ""
    kind: str = ""
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

    def counts(self, connection: sqlite3.Connection) -> dict[str, int]:
        """How many there are of each kind."""
        where, values = self._conditions()
        statement = f"SELECT kind, count(*) FROM entity WHERE {where} GROUP BY kind"  # noqa: S608, our own conditions
        return dict(connection.execute(statement, values).fetchall())

    def _conditions(self) -> tuple[str, tuple[str | int, ...]]:
        choices: list[tuple[str, str | int | None]] = [
            ("credential = ?", self.owner),
            ("entity.id IN (SELECT entity FROM mention WHERE issue = ?)", self.issue or None),
            ("kind = ?", self.kind or None),
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


def text(value: object) -> str:
    """A value as it is stored: a key, a list of issues."""
    return msgspec.json.encode(value).decode()
