"""What a run happens in: a PostgreSQL, some stand-ins for Jira and a site for each, in a folder of their own."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
import psutil
import psycopg

from devops_sync import embedded, environment
from devops_sync.processes import still_running
from tests import tables
from tests.sandbox_process import Sandbox, start_sandbox_process

# Of all faulty answers. A timeout is only slow: it is done, and answered late.
FAULTS = {"500": 4, "503": 3, "429": 3, "reset": 4, "drop": 4, "timeout": 2}
HOLD_SECONDS = 1.0


@dataclass
class World:
    """`slugs` are the sites, `sandboxes` the Jira behind each of them."""

    data: Path
    slugs: list[str] = field(default_factory=list)
    sandboxes: list[Sandbox] = field(default_factory=list)
    _held_open: "psycopg.Connection | None" = None

    def trouble(self, share: float, seed: int) -> None:
        """Let so many of Jira's answers be faulty."""
        whole = sum(FAULTS.values())
        for number, sandbox in enumerate(self.sandboxes):
            shares = {name: share * part / whole for name, part in FAULTS.items()}
            sandbox.settings(faults=shares, hold=HOLD_SECONDS, seed=seed + number)

    def calm(self) -> None:
        """Let Jira be well again."""
        for sandbox in self.sandboxes:
            sandbox.settings(faults={})

    def revoke_tokens(self) -> None:
        for sandbox in self.sandboxes:
            sandbox.revoke_tokens()

    def restart_database(self, pause: float) -> None:
        """Stop PostgreSQL at once, as a crash does, and start it again after a pause."""
        self.close_transaction()
        server = psutil.Process(int((self.data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]))
        server.send_signal(signal.SIGQUIT)
        if still_running([server], 10):
            raise RuntimeError("PostgreSQL did not stop")
        time.sleep(pause)
        embedded.start(self.data)

    def open_transaction(self) -> None:
        """Begin a transaction that sees an old state and lets no vacuum clean up behind it."""
        self._held_open = self._connect()
        self._held_open.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self._held_open.execute("SELECT pg_current_xact_id(), count(*) FROM entry")

    def close_transaction(self) -> None:
        if self._held_open:
            with suppress(psycopg.Error):
                self._held_open.close()
            self._held_open = None

    def ask(self, statement: str) -> tuple[Any, ...] | None:
        """One row of the database, or None while it is away."""
        with suppress(psycopg.OperationalError), self._connect() as connection:
            return connection.execute(statement).fetchone()
        return None

    def _connect(self) -> psycopg.Connection:
        found = environment.embedded_database(self.data)
        return psycopg.connect(
            dbname=str(found["NAME"]),
            user=str(found["USER"]),
            host=str(found["HOST"]),
            port=str(found["PORT"]),
            autocommit=True,
            connect_timeout=3,
        )


@contextmanager
def begin(data: Path, sites: int, broker: str) -> Iterator[World]:
    """Start everything but the processes of Waybill itself, with the tables made and the sites connected."""
    data.mkdir(parents=True, exist_ok=True)
    # What the shell says about Waybill counts for nothing here.
    for name in environment.VARIABLES:
        os.environ.pop(name, None)
    os.environ |= {"WAYBILL_DATA": str(data), "DJANGO_SETTINGS_MODULE": "devops_sync.settings"}
    if broker != "file":
        os.environ["CELERY_BROKER_URL"] = broker
    world = World(data)
    try:
        tables.lay(data)
        # Durable: what was answered has to outlive a crash of the server.
        embedded.start(data)
        django.setup()
        _make_tables()
        for number in range(sites):
            folder = data / f"sandbox-{number}"
            world.sandboxes.append(start_sandbox_process(folder, "--delay=0.1"))
            world.slugs.append(f"site-{number}")
        _connect_sites(world)
        yield world
    finally:
        world.close_transaction()
        for sandbox in world.sandboxes:
            sandbox.stop()
        embedded.stop(data)


def _make_tables() -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def _connect_sites(world: World) -> None:
    from django.db import connections
    from django.utils import timezone

    from devops_sync import sites

    for slug, sandbox in zip(world.slugs, world.sandboxes, strict=True):
        sites.connect(slug, sandbox.url, sandbox.client_id, sandbox.client_secret, timezone.now(), allow_private=True)
    connections.close_all()
