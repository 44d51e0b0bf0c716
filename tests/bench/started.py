"""A Waybill that was started for measuring: `manage.py up` with a data directory of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests

from devops_sync import environment

_START_SECONDS = 60
_SETTLE_SECONDS = 300


@dataclass(frozen=True)
class Started:
    """The addresses and credentials of a running Waybill, and a look into its database."""

    up: dict[str, Any]
    database: dict[str, object]
    postgresql: str

    @property
    def dsn(self) -> str:
        return f"dbname={self.database['NAME']} user={self.database['USER']} host={self.database['HOST']}"

    @property
    def token(self) -> str:
        return str(self.up["gateway"]["token"])

    def bulk(self, api: str = "deployments") -> str:
        return f"{self.up['url']}/jira/{api}/0.1/cloud/{self.up['cloud_id']}/bulk"

    @property
    def jira_bulk(self) -> str:
        return f"{self.up['sandbox_url']}/jira/deployments/0.1/cloud/{self.up['cloud_id']}/bulk"

    def jira_token(self) -> str:
        """A token for the sandbox itself, from a credential like the site's own."""
        from devops_sync.sandbox import store

        made = store.credential(Path(self.up["data"]) / "sandbox")
        asked = {
            "audience": "api.atlassian.com",
            "grant_type": "client_credentials",
            "client_id": made.client_id,
            "client_secret": made.secret,
        }
        answer = requests.post(f"{self.up['sandbox_url']}/oauth/token", json=asked, timeout=30)
        return str(answer.json()["access_token"])

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def processes(self) -> list[tuple[int, str]]:
        """Its processes with their commands."""
        found = []
        mark = f"WAYBILL_DATA={self.up['data']}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    found.append((int(folder.name), command))
            except OSError:
                continue  # It ended meanwhile, or is somebody else's.
        return sorted(found)

    def settle(self) -> None:
        """Wait until nothing waits any more."""
        until = time.monotonic() + _SETTLE_SECONDS
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while connection.execute("SELECT 1 FROM entry WHERE outcome = 'waiting' LIMIT 1").fetchone():
                if time.monotonic() > until:
                    raise RuntimeError("the worker does not come to an end")
                time.sleep(0.02)

    @contextmanager
    def paused_lane(self) -> Iterator[None]:
        """Let nothing leave meanwhile."""
        self.query("UPDATE lane SET wake_at = now() + interval '1 hour'")
        yield

    def ring(self) -> None:
        """Let the lane go; the sweep finds it within two seconds, a submission rings at once."""
        self.query("UPDATE lane SET wake_at = NULL")

    def accepted_at(self, number: int) -> float:
        """When Jira accepted this deployment, in seconds of the epoch; waits for it."""
        for _ in range(1000):
            found = self.query(
                "SELECT extract(epoch FROM entry.outcome_at)::float"
                " FROM deployment JOIN entry ON entry.id = deployment.entry_id"
                " WHERE deployment.site_id = (SELECT id FROM site) AND pipeline_id = 'checkout-api'"
                " AND environment_id = 'staging' AND number = %s AND outcome = 'accepted'",
                number,
            )
            if found:
                return float(found[0][0])
            time.sleep(0.01)
        raise RuntimeError(f"deployment {number} was not accepted")


@contextmanager
def start(data: Path, *, keep: bool = False) -> Iterator[Started]:
    """Start `up` with a sandbox that stores at once, and stop it at the end. `keep` what is there already."""
    if not keep:
        # What an earlier run left would make this one's deployments repeats.
        shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if name not in environment.VARIABLES}
    environ |= {"WAYBILL_DATA": str(data), "PORT": str(free_port())}
    log = (data / "up.log").open("w")
    process = subprocess.Popen([sys.executable, "manage.py", "up", "--no-demo"], env=environ, stdout=log, stderr=log)
    try:
        yield _when_ready(data, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def _when_ready(data: Path, process: "subprocess.Popen[bytes]") -> Started:
    note = data / "up.json"
    for _ in range(_START_SECONDS * 10):
        if note.exists():
            up = {**json.loads(note.read_text()), "data": str(data)}
            requests.post(f"{up['sandbox_url']}/_sandbox/settings", json={"delay": 0}, timeout=10).raise_for_status()
            database = environment.embedded_database(data)
            started = Started(up, database, "")
            version = started.query("SHOW server_version")[0][0].split()[0]
            return Started(up, database, version)
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"`up` did not start: {(data / 'up.log').read_text()[-2000:]}")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
