"""What the sandbox holds: one SQLite file with credentials, what has arrived and what is stored.

Jira stores what it has accepted a moment later. So a change goes into `arrival` first, and `settle` works
off the arrivals in their order; both survive a kill of the process.
"""

import os
import secrets
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from . import changes, credentials, holdings
from .credentials import Credential

FILE = "sandbox.sqlite3"
SETTLED_AT_ONCE = 20

# A file of another version keeps its credentials and loses its data, which the sender can send again.
_VERSION = 2
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS installation (cloud_id TEXT NOT NULL, signing_key BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS arrival (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arrived_at REAL NOT NULL,
        credential INTEGER NOT NULL, change TEXT NOT NULL)""",
    *holdings.SCHEMA,
)


class Store:
    """The file, open. It may be shared by threads; it is meant for one process."""

    def __init__(self, folder: Path, clients: tuple[tuple[str, str], ...] = (), apps: tuple[tuple[str, str], ...] = ()):
        """`clients` and `apps` are credentials to add, each an id and a secret."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self.writing() as connection:
            if connection.execute("PRAGMA user_version").fetchone() != (_VERSION,):
                for table in ("arrival", *holdings.TABLES):
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            for statement in _SCHEMA:
                connection.execute(statement)
            credentials.make_table(connection)
            self._make_once(connection)
            for client_id, secret in clients:
                credentials.add(connection, client_id, secret, is_app=False)
            for key, secret in apps:
                credentials.add(connection, key, secret, is_app=True)
            self.cloud_id, self.signing_key = connection.execute("SELECT * FROM installation").fetchone()
            self._waiting: int = connection.execute("SELECT count(*) FROM arrival").fetchone()[0]
        self._credentials: dict[str, Credential] = {}
        self._read_credentials()

    def _make_once(self, connection: sqlite3.Connection) -> None:
        if connection.execute("SELECT 1 FROM installation").fetchone() is None:
            made = (str(uuid.uuid4()), secrets.token_bytes(32))
            connection.execute("INSERT INTO installation VALUES (?, ?)", made)
            credentials.make_client(connection)

    def _read_credentials(self) -> None:
        self._credentials = credentials.read(self._connection, self.cloud_id)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        with self._lock:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is kept, or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @property
    def credentials(self) -> tuple[Credential, ...]:
        return tuple(self._credentials.values())

    def credential(self, client_id: str) -> Credential | None:
        """The credential with this id; one that another process has made counts too."""
        if client_id and client_id not in self._credentials:
            with self.reading():
                self._read_credentials()
        return self._credentials.get(client_id)

    def app(self) -> Credential:
        """The first Connect app, made now if there is none."""
        with self.writing() as connection:
            if not any(owner.is_app for owner in self.credentials):
                credentials.make_app(connection)
            self._read_credentials()
        return next(owner for owner in self.credentials if owner.is_app)

    def permit(self, owner: Credential, permissions: tuple[str, ...]) -> None:
        """Let a credential do this and nothing else, from now on."""
        with self.writing() as connection:
            credentials.permit(connection, owner, permissions)
            self._read_credentials()

    @property
    def waiting(self) -> int:
        """How many accepted requests are not stored yet."""
        return self._waiting

    def receive(self, owner: Credential, change: changes.Change, delay: float) -> None:
        """Take a change; it is stored `delay` seconds later, after everything that came before it."""
        if delay <= 0:
            self.settle(time.time())
        with self.writing() as connection:
            if delay <= 0 and not self._waiting:
                changes.apply(connection, owner.id, change, time.time())
            else:
                connection.execute(
                    "INSERT INTO arrival (arrived_at, credential, change) VALUES (?, ?, ?)",
                    (time.time(), owner.id, msgspec.json.encode(change).decode()),
                )
                self._waiting += 1

    def settle(self, arrived_by: float) -> None:
        """Store what arrived up to an instant (seconds since 1970), in the order of arrival."""
        while self._waiting and self._settle_some(arrived_by) == SETTLED_AT_ONCE:
            pass

    def _settle_some(self, arrived_by: float) -> int:
        with self.reading() as connection:
            due = connection.execute(
                "SELECT id, credential, change FROM arrival WHERE arrived_at <= ? ORDER BY id LIMIT ?",
                (arrived_by, SETTLED_AT_ONCE),
            ).fetchall()
            if not due:
                return 0
            with self.writing():
                for _id, owner, change in due:
                    changes.apply(connection, owner, msgspec.json.decode(change, type=changes.Change), time.time())
                connection.executemany("DELETE FROM arrival WHERE id = ?", [(row[0],) for row in due])
            self._waiting -= len(due)
        return len(due)

    def forget(self, owner: Credential) -> None:
        """Delete everything that a credential has sent and make its tokens void, at once.

        Atlassian's pages on OAuth credentials: deleting a credential deletes its data.
        """
        self.empty(owner)
        self.revoke_tokens(owner)

    def empty(self, owner: Credential) -> None:
        """Delete everything that a credential has sent, also what is still to be stored."""
        with self.writing() as connection:
            changes.forget(connection, owner.id)
            self._waiting -= connection.execute("DELETE FROM arrival WHERE credential = ?", (owner.id,)).rowcount

    def revoke_tokens(self, owner: Credential) -> None:
        """Make every token that a credential has fetched void."""
        with self.writing() as connection:
            connection.execute("UPDATE credential SET generation = generation + 1 WHERE id = ?", (owner.id,))
            self._read_credentials()


def credential(folder: Path) -> Credential:
    """The credential that the sandbox with this folder made at its first start, made now if need be."""
    store = Store(folder)
    try:
        return store.credentials[0]
    finally:
        store.close()


def connect_app(folder: Path) -> Credential:
    """The Connect app that the sandbox with this folder knows: its key and the shared secret, made if need be."""
    store = Store(folder)
    try:
        return store.app()
    finally:
        store.close()
