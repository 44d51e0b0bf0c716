"""Change requests: a deployment that asks for gating waits until somebody allows or prevents it.

Jira Service Management makes a change request for such a deployment; which one is the project's own business.
"""

import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS gate (
        id INTEGER PRIMARY KEY AUTOINCREMENT, entity INTEGER NOT NULL UNIQUE, status TEXT NOT NULL,
        asked_at REAL NOT NULL, updated_at REAL NOT NULL)""",
)
AWAITING = "awaiting"
# What a person can decide here. Atlassian documents these but `expired`, which its Jenkins plugin knows.
DECISIONS = ("allowed", "prevented", "expired", "invalid")
PROJECT = "CHG"


class Gate(NamedTuple):
    """One change request and the deployment that it is about."""

    id: int
    entity: int
    owner: int
    key: tuple[str | int, ...]
    status: str
    asked_at: datetime
    updated_at: datetime

    @property
    def issue_key(self) -> str:
        return f"{PROJECT}-{self.id}"


def ask(connection: sqlite3.Connection, entity: int, now: float) -> None:
    """Make the change request of a deployment, unless it has one."""
    connection.execute(
        "INSERT OR IGNORE INTO gate (entity, status, asked_at, updated_at) VALUES (?, ?, ?, ?)",
        (entity, AWAITING, now, now),
    )


def decide(connection: sqlite3.Connection, gate: Gate, status: str, now: float) -> None:
    """Give a change request another status."""
    connection.execute("UPDATE gate SET status = ?, updated_at = ? WHERE id = ?", (status, now, gate.id))


_COLUMNS = (
    "SELECT gate.id, entity, credential, key, status, asked_at, updated_at"
    " FROM gate JOIN entity ON entity.id = gate.entity"
)


def newest(connection: sqlite3.Connection, limit: int = 200) -> list[Gate]:
    """The last change requests, newest first."""
    return [_gate(row) for row in connection.execute(f"{_COLUMNS} ORDER BY gate.id DESC LIMIT ?", (limit,))]


def one(connection: sqlite3.Connection, number: int) -> Gate | None:
    row = connection.execute(f"{_COLUMNS} WHERE gate.id = ?", (number,)).fetchone()
    return _gate(row) if row else None


def of(connection: sqlite3.Connection, key: tuple[str | int, ...], owner: int | None = None) -> Gate | None:
    """The change request of the deployment with this key, of one credential or the newest of any."""
    row = connection.execute(
        f"{_COLUMNS} WHERE kind = 'deployment' AND key = ? AND credential = coalesce(?, credential)"
        " ORDER BY gate.id DESC LIMIT 1",
        (msgspec.json.encode(key).decode(), owner),
    ).fetchone()
    return _gate(row) if row else None


def _gate(row: tuple[int, int, int, str, str, float, float]) -> Gate:
    number, entity, owner, key, status, asked_at, updated_at = row
    at, changed = (datetime.fromtimestamp(seconds, UTC) for seconds in (asked_at, updated_at))
    return Gate(number, entity, owner, tuple(msgspec.json.decode(key)), status, at, changed)
