"""The whole of `up` in its order: hold the data directory, database, tables, parts, set-up, keep, stop."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kombu.exceptions
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from .. import celery, demo, embedded, environment
from . import hold, parts, port, told
from .supervisor import Supervisor, ready_line

SANDBOX_PORT = 8001


class Unreachable(Exception):
    """Something that was configured from outside does not answer."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for; a port that is not given is None."""

    host: str
    port: int | None
    sandbox_port: int | None
    sandbox: bool
    demo: bool


def run(asked: Asked, say: Callable[[str], None]) -> None:
    """Run until a signal comes; then stop everything and return.

    Raises `hold.Held`, `port.Taken`, `embedded.Failed`, `supervisor.DidNotStart` or `Unreachable`, after having
    stopped whatever was started by then.
    """
    data: Path = settings.ENVIRONMENT.data
    os.umask(0o077)  # logs, messages and notes are nobody else's business
    data.mkdir(parents=True, exist_ok=True)
    told.listen()
    try:
        with hold.hold(data) as mark:
            _run_alone(asked, data, mark, say)
    except KeyboardInterrupt:
        say("stopped")


def _run_alone(asked: Asked, data: Path, mark: str, say: Callable[[str], None]) -> None:
    supervisor = Supervisor(say)
    note = data / "up.json"
    note.unlink(missing_ok=True)
    try:
        web_port, sandbox_port = _ports(asked, data)
        with _database(data, say):
            _make_tables(say)
            _require_broker()
            try:
                found = _start_parts(supervisor, asked, mark, web_port, sandbox_port)
                _write_private(note, json.dumps(found))
                for line in _introduction(found):
                    say(line)
                if asked.sandbox and asked.demo:
                    supervisor.launch(parts.feed(settings, mark))
                supervisor.keep(lambda: _keep_database(data, say))
            finally:
                # The parts go before the database, whatever the reason.
                told.ignore()
                note.unlink(missing_ok=True)
                supervisor.stop()
    finally:
        told.ignore()
        hold.end_marked(mark)


def _ports(asked: Asked, data: Path) -> tuple[int, int | None]:
    """The ports of web and sandbox. The demo site's address holds the sandbox's, so a chosen one is kept."""
    web = asked.port or settings.ENVIRONMENT.port
    port.require_free(asked.host, web, "give another one with --port or PORT")
    if not asked.sandbox:
        return web, None
    if asked.sandbox_port is None and (asked.port or os.environ.get("PORT")):
        return web, port.kept_free(data / "sandbox.port", other_than=web)
    sandbox = asked.sandbox_port or SANDBOX_PORT
    if sandbox == web:
        raise port.Taken(f"Port {web} cannot serve both web and sandbox: give another one with --sandbox-port.")
    port.require_free("127.0.0.1", sandbox, "give the sandbox another one with --sandbox-port, or --no-sandbox")
    return web, sandbox


@contextmanager
def _database(data: Path, say: Callable[[str], None]) -> Iterator[None]:
    """The embedded PostgreSQL for as long as this lasts, unless DATABASE_URL names another."""
    if not settings.ENVIRONMENT.database_is_embedded:
        yield
        return
    try:
        _start_database(data, say)
        yield
    finally:
        told.ignore()
        connections.close_all()
        embedded.stop(data)


def _start_database(data: Path, say: Callable[[str], None]) -> None:
    started_at = time.monotonic()
    with told.not_now():
        server = embedded.start(data)
    # The settings were read before the socket's folder was known.
    connection.settings_dict.update(environment.embedded_database(data))
    where = f"PostgreSQL {server.version}, {_short(data / 'postgres')}"
    where += ", which was still running" if server.adopted else ""
    say(ready_line("database", time.monotonic() - started_at, where))


def _keep_database(data: Path, say: Callable[[str], None]) -> None:
    hold.require(data)
    if settings.ENVIRONMENT.database_is_embedded and not embedded.is_running(data):
        say("database  ended; it is started again")
        _start_database(data, say)


def _make_tables(say: Callable[[str], None]) -> None:
    started_at = time.monotonic()
    call_command("migrate", interactive=False, verbosity=0)
    say(ready_line("tables", time.monotonic() - started_at, "migrated"))


def _require_broker() -> None:
    if settings.ENVIRONMENT.broker_is_embedded:
        return
    try:
        with celery.app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=5, reraise_as_library_errors=True)
    except kombu.exceptions.OperationalError as error:
        raise Unreachable(f"CELERY_BROKER_URL names a broker that does not answer: {error}.") from None


def _start_parts(
    supervisor: Supervisor, asked: Asked, mark: str, web_port: int, sandbox_port: int | None
) -> dict[str, Any]:
    """Start them side by side and set up what they are to be used with. Gives what `up.json` says."""
    web = parts.web(settings, mark, asked.host, web_port)
    sandbox = parts.sandbox(settings, mark, sandbox_port) if sandbox_port else None
    supervisor.start([*([sandbox] if sandbox else []), parts.celery(settings, mark), web])
    sandbox_url = sandbox.where if sandbox else None
    try:
        found = demo.set_up(sandbox_url)
    finally:
        connections.close_all()
    return {"url": web.where, "sandbox_url": sandbox_url, **found}


def _write_private(path: Path, text: str) -> None:
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    aside.replace(path)


def _introduction(found: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"Waybill   {found['url']}"
    if found["sandbox_url"]:
        yield f"Sandbox   {found['sandbox_url']}  what the stand-in for Jira holds"
    admin, gateway = found["admin"], found["gateway"]
    if admin["username"]:
        yield f"Sign in   {admin['username']}, password {admin['password'] or 'as you changed it'}"
    if gateway["token"]:
        yield f"Gateway   cloud id       {found['cloud_id']}"
        yield f"          client id      {gateway['client_id']}"
        yield f"          client secret  {gateway['client_secret']}"
        yield f"          bearer token   {gateway['token']}"
    yield "Ctrl-C stops everything."
    yield ""


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
