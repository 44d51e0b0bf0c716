"""What is done to the stored entities: storing versions, deleting by key, by repository, by properties.

A version replaces the stored one as a whole if its update sequence is strictly higher (Atlassian's
reference; that an equal one is dropped was verified by others against Jira Cloud).
"""

import sqlite3

import msgspec
from msgspec import Struct

from . import gates
from .holdings import LARGEST_SEQUENCE, sets_having, text
from .summaries import Summary


class Version(Struct, array_like=True):
    """One version of one entity; `issues` are those of its issues that exist."""

    kind: str
    key: tuple[str | int, ...]
    sequence: int
    payload: str
    summary: Summary
    issues: tuple[str, ...]
    gated: bool = False


class Submission(Struct, tag=True):
    """Versions to store, all with the same properties."""

    api: str
    properties: dict[str, str]
    versions: list[Version]


class Removal(Struct, tag=True):
    """One entity to delete, unless its sequence is beyond `up_to`."""

    kind: str
    key: tuple[str | int, ...]
    up_to: int = LARGEST_SEQUENCE


class Clearing(Struct, tag=True):
    """A repository to delete with all that is in it, save what has a sequence beyond `up_to`."""

    repository: str
    up_to: int = LARGEST_SEQUENCE


class Sweep(Struct, tag=True):
    """Every entity of an API to delete that has all of these properties, save what is beyond `up_to`.

    What is in a repository that has them goes with it (Atlassian's reference since 2024).
    """

    api: str
    properties: list[tuple[str, str]]
    up_to: int = LARGEST_SEQUENCE


Change = Submission | Removal | Clearing | Sweep


def apply(connection: sqlite3.Connection, owner: int, change: Change, now: float) -> None:
    """Carry out one change, inside the caller's transaction."""
    match change:
        case Submission():
            _store(connection, owner, change, now)
        case Removal(kind, key, up_to):
            condition = "credential = ? AND kind = ? AND key = ? AND sequence <= ?"
            _delete(connection, condition, (owner, kind, text(key), up_to))
        case Clearing(repository, up_to):
            condition = "credential = ? AND api = 'devinfo' AND root = ? AND sequence <= ?"
            _delete(connection, condition, (owner, repository, up_to))
        case Sweep():
            _sweep(connection, owner, change)


def _sweep(connection: sqlite3.Connection, owner: int, sweep: Sweep) -> None:
    for properties in sets_having(connection, sweep.properties):
        matching = "credential = ? AND api = ? AND properties = ? AND sequence <= ?"
        values = (owner, sweep.api, properties, sweep.up_to)
        roots = connection.execute(
            f"SELECT root FROM entity WHERE {matching} AND kind = 'repository'",  # noqa: S608 (conditions of this module's own)
            values,
        ).fetchall()
        for (repository,) in roots:
            apply(connection, owner, Clearing(repository, sweep.up_to), 0)
        _delete(connection, matching, values)


def _store(connection: sqlite3.Connection, owner: int, submission: Submission, now: float) -> None:
    properties = _property_set(connection, submission.properties)
    (latest,) = connection.execute("SELECT coalesce(max(change), 0) FROM entity").fetchone()
    for version in submission.versions:
        key, issues = text(version.key), text(version.issues)
        held = connection.execute(
            "SELECT id, sequence, issues FROM entity WHERE credential = ? AND kind = ? AND key = ?",
            (owner, version.kind, key),
        ).fetchone()
        if held and version.sequence <= held[1]:
            continue
        latest += 1
        row = (version.sequence, version.payload, text(version.summary), issues, properties, latest, now)
        if held:
            connection.execute(
                "UPDATE entity SET sequence = ?, payload = ?, summary = ?, issues = ?, properties = ?,"
                " change = ?, stored_at = ? WHERE id = ?",
                (*row, held[0]),
            )
        else:
            cursor = connection.execute(
                "INSERT INTO entity (sequence, payload, summary, issues, properties, change, stored_at,"
                " credential, api, kind, root, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, owner, submission.api, version.kind, str(version.key[0]), key),
            )
            held = (cursor.lastrowid, 0, "[]")
        if held[2] != issues:
            _mention(connection, held[0], msgspec.json.decode(held[2]), version.issues)
        if version.gated:
            gates.ask(connection, held[0], now)


def _mention(connection: sqlite3.Connection, entity: int, before: list[str], after: tuple[str, ...]) -> None:
    gone = [(issue, entity) for issue in before]
    connection.executemany("DELETE FROM mention WHERE issue = ? AND entity = ?", gone)
    connection.executemany("INSERT OR IGNORE INTO mention VALUES (?, ?)", [(issue, entity) for issue in after])


def _property_set(connection: sqlite3.Connection, properties: dict[str, str]) -> int:
    pairs = text(dict(sorted(properties.items())))
    connection.execute("INSERT OR IGNORE INTO property_set (pairs) VALUES (?)", (pairs,))
    found: tuple[int] = connection.execute("SELECT id FROM property_set WHERE pairs = ?", (pairs,)).fetchone()
    return found[0]


def _delete(connection: sqlite3.Connection, where: str, values: tuple[str | int, ...]) -> None:
    """`where` is one of this file's own conditions; what a client sent is in `values`."""
    found = connection.execute(f"SELECT id, issues FROM entity WHERE {where}", values).fetchall()  # noqa: S608 (conditions of this module's own)
    for entity, issues in found:
        _mention(connection, entity, msgspec.json.decode(issues), ())
    connection.executemany("DELETE FROM gate WHERE entity = ?", [(entity,) for entity, _issues in found])
    connection.execute(f"DELETE FROM entity WHERE {where}", values)  # noqa: S608 (conditions of this module's own)


def forget(connection: sqlite3.Connection, owner: int) -> None:
    """Delete everything of one credential."""
    _delete(connection, "credential = ?", (owner,))
    connection.execute("DELETE FROM property_set WHERE id NOT IN (SELECT properties FROM entity)")
