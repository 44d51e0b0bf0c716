"""Fills the ledger of a data directory with millions of rows, the same ones for the same seed.

Everything is made inside the server, without indexes and without syncing to disk; indexes and statistics come after.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from devops_sync import embedded, environment

SEED = 7
STATEMENTS = Path(__file__).with_suffix(".sql")
NUMBERED = ("deployment", "build", "repository", "commit", "branch", "pull_request", "entry", "delivery")
TABLES = [*NUMBERED, "submission"]
# While it fills, the server writes as little as it can and has the machine for itself.
HURRY = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "1GB",
    "work_mem": "64MB",
    "autovacuum": "off",
}
_INDEXES = """
SELECT indexrelid::regclass::text, '', pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%(tables)s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL
SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype = 'u'
"""


def fill(data: Path, rows: int, seed: int = SEED) -> float:
    """So many deployments, as many builds, two fifths of that of development information. Returns the seconds it took.

    `rows` has to be a multiple of 50,000. The ledger has one site and nothing else, and nothing runs on it.
    """
    began = time.monotonic()
    with _server(data) as server:
        for name, value in HURRY.items():
            _run(server, sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
    with _server(data) as server:
        _fill(server, rows, seed)
        _run(server, "ALTER SYSTEM RESET ALL")
    return time.monotonic() - began


@contextmanager
def _server(data: Path) -> Iterator[str]:
    """A server that may lose everything, and the way to it."""
    embedded.start(data, durable=False)
    try:
        found = environment.embedded_database(data)
        # Every row refers to what is made with it: no need to check that twenty million times.
        options = "-c session_replication_role=replica"
        yield f"dbname={found['NAME']} user={found['USER']} host={found['HOST']} options='{options}'"
    finally:
        embedded.stop(data)


def _fill(server: str, rows: int, seed: int) -> None:
    values: dict[str, Any] = {"rows": rows, "seed": seed, "now": int(time.time() * 1000) - 60_000}
    parts = _parts(values)
    _run(server, parts["ground"])
    again = _drop_indexes(server)
    _two_at_a_time(lambda name: _run(server, parts[name]), ("deployment", "build", "development"))
    _run(server, parts["entries of each"])
    fifth = rows * 2 // 5
    ledgers = (
        {"what": 1, "api": "deployments", "view": "deployment_entry", "site": 11, "many": rows, "offset": 0},
        {"what": 2, "api": "builds", "view": "build_entry", "site": 21, "many": rows, "offset": rows},
        {"what": 3, "api": "devinfo", "view": "development_entry", "site": 34, "many": fifth, "offset": 2 * rows},
    )
    firsts = [{**ledger, "first": 1 + int(str(ledger["offset"])) // 100} for ledger in ledgers]
    _two_at_a_time(lambda ledger: _run(server, _parts({**values, **ledger})["entries"]), firsts)
    _two_at_a_time(lambda statement: _run(server, statement), again)
    for table in (*NUMBERED, "property_set", "envelope"):
        _run(server, f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
    _run(server, parts["end"])
    _two_at_a_time(lambda table: _run(server, sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table))), TABLES)
    _run(server, "ANALYZE")


def _parts(values: dict[str, Any]) -> dict[str, str]:
    """The statements by the names of their parts, with the values in their places."""
    text = re.sub(
        r"(?<!:):(\w+)", lambda found: str(values.get(found[1], found[0])), STATEMENTS.read_text(encoding="utf-8")
    )
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in text.split("-- part: ")[1:]}


def _drop_indexes(server: str) -> list[str]:
    """Drop the indexes but the primary keys'. Returns the statements that make them again, the dearest first."""
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute(_INDEXES, {"tables": TABLES}).fetchall()
        for name, table, _ in found:
            drop = f"ALTER TABLE {table} DROP CONSTRAINT {name}" if table else f"DROP INDEX {name}"
            connection.execute(drop)
    made = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {how}" if table else how for name, table, how in found]
    return sorted(made, key=lambda how: ("gin_trgm_ops" not in how, " gin " not in how, how))


def _run(server: str, statement: Any) -> None:
    began = time.monotonic()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
    if (took := time.monotonic() - began) > 5:
        said = statement if isinstance(statement, str) else statement.as_string()
        print(f"  {took:5.0f} s  {' '.join(said.split())[:90]}", flush=True)


def _two_at_a_time(act: Callable[[Any], None], on: Iterable[Any]) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, on))
