"""Who may sign in: OAuth clients and Connect apps, each with permissions and with data of its own."""

import secrets
import sqlite3
from dataclasses import dataclass, field

import msgspec

from .kinds import APIS

SCOPES = {"POST": "WRITE", "GET": "READ", "DELETE": "DELETE"}
PERMISSIONS = (*(api.name for api in APIS), *SCOPES.values())

# Credentials outlive the version of the file, so what came later is added to an older one.
_COLUMNS = {"is_app": "INTEGER NOT NULL DEFAULT 0", "permissions": "TEXT NOT NULL DEFAULT ''"}


@dataclass(frozen=True)
class Credential:
    """What a client signs in with. `generation` grows when its tokens are revoked.

    A Connect app's `client_id` is its key, and its `secret` the one that it shares with the site.
    """

    id: int
    client_id: str
    secret: str = field(repr=False)
    generation: int
    cloud_id: str
    is_app: bool = False
    permissions: tuple[str, ...] = PERMISSIONS


def make_table(connection: sqlite3.Connection) -> None:
    """The table, with every column that there is by now."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS credential (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE,"
        " secret TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 0)"
    )
    there = {row[1] for row in connection.execute("PRAGMA table_info(credential)")}
    for name, kind in _COLUMNS.items():
        if name not in there:
            connection.execute(f"ALTER TABLE credential ADD COLUMN {name} {kind}")


def read(connection: sqlite3.Connection, cloud_id: str) -> dict[str, Credential]:
    """All of them by client id, oldest first."""
    rows = connection.execute(
        "SELECT id, client_id, secret, generation, is_app, permissions FROM credential ORDER BY id"
    )
    return {
        client_id: Credential(number, client_id, secret, generation, cloud_id, bool(is_app), _permissions(permissions))
        for number, client_id, secret, generation, is_app, permissions in rows
    }


def _permissions(text: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(text)) if text else PERMISSIONS


def make_client(connection: sqlite3.Connection) -> None:
    """Make an OAuth client with a secret of its own."""
    add(connection, secrets.token_urlsafe(24), secrets.token_urlsafe(48), is_app=False)


def make_app(connection: sqlite3.Connection) -> None:
    """Make a Connect app with a shared secret of its own."""
    add(connection, f"waybill-{secrets.token_hex(6)}", secrets.token_urlsafe(48), is_app=True)


def add(connection: sqlite3.Connection, client_id: str, secret: str, *, is_app: bool) -> None:
    """Add one, or give the one with this id another secret."""
    connection.execute(
        "INSERT INTO credential (client_id, secret, is_app) VALUES (?, ?, ?)"
        " ON CONFLICT (client_id) DO UPDATE SET secret = excluded.secret, is_app = excluded.is_app",
        (client_id, secret, is_app),
    )


def permit(connection: sqlite3.Connection, owner: Credential, permissions: tuple[str, ...]) -> None:
    """Let a credential do this and nothing else."""
    text = msgspec.json.encode(permissions).decode()
    connection.execute("UPDATE credential SET permissions = ? WHERE id = ?", (text, owner.id))
