"""The database: where it is, whether it can be relied on, and what stands in its way."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from .finding import Finding, bad, ok, size, span, warn

_OLDEST_MAJOR = 15
_SKEW_SECONDS = (2, 30)
_OPEN_TOO_LONG = 60
_MOST_DEAD = 0.2
_FEW_ROWS = 10_000
_XIDS_LEFT = (1_000_000_000, 300_000_000)


def url() -> str:
    """The database's address, with the password struck out."""
    facts = connection.settings_dict
    user, host = quote(str(facts["USER"])), str(facts["HOST"])
    given: Any = settings.ENVIRONMENT.database.get("OPTIONS", {})
    options = {name: "***" if "password" in name else str(value) for name, value in given.items()}
    if host.startswith("/"):
        # A socket's folder cannot stand where the host does.
        host, options = "", {"host": host, **options}
    port = f":{facts['PORT']}" if facts["PORT"] else ""
    if not host and port:
        port, options = "", {**options, "port": str(facts["PORT"])}
    who = f"{user}{':***' if facts['PASSWORD'] else ''}@" if user else ""
    query = f"?{urlencode(options, safe='/*')}" if options else ""
    return f"postgresql://{who}{host}{port}/{quote(str(facts['NAME']))}{query}"


def reached() -> Iterator[Finding]:
    """Whether it answers, and whether it is new enough. The caller sees to a database that does not answer."""
    connection.ensure_connection()
    version = connection.get_database_version()
    says = f"PostgreSQL {'.'.join(map(str, version))} answers at {url()}."
    if version[0] < _OLDEST_MAJOR:
        yield bad("database", says, f"Waybill needs PostgreSQL {_OLDEST_MAJOR} or newer: upgrade it.")
    else:
        yield ok("database", says)


def durable() -> Iterator[Finding]:
    """Whether what was committed survives a crash: the answer 202 promises it."""
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if _one(f"SHOW {name}") == "off"]
    if off:
        says = f"The database has {' and '.join(off)} off, so a crash may lose what was accepted."
        yield bad("durability", says, f"Set {' and '.join(off)} to on.")
    else:
        yield ok("durability", "What was committed survives a crash.")


def migrated() -> Iterator[Finding]:
    """Whether the tables are those that the code knows."""
    executor = MigrationExecutor(connection)
    known = executor.loader.disk_migrations
    pending = [step.name for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    strange = [name for app, name in executor.loader.applied_migrations if app == "devops_sync"]
    strange = sorted(name for name in strange if ("devops_sync", name) not in known)
    if pending:
        yield bad("migrations", f"{len(pending)} not applied: {', '.join(pending[:5])}.", "Run `manage.py migrate`.")
    elif strange:
        says = f"The database has migrations that this version does not know: {', '.join(strange[:5])}."
        yield warn("migrations", says, "Run the version of Waybill that made them, or a newer one.")
    else:
        yield ok("migrations", "All are applied.")


def clock() -> Iterator[Finding]:
    """Whether this machine and the database tell the same time: leases and due times are compared across machines."""
    before = time.time()
    theirs = float(_one("SELECT extract(epoch FROM clock_timestamp())"))
    ahead = theirs - (before + time.time()) / 2
    says = f"The database's clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's."
    if abs(ahead) > _SKEW_SECONDS[1]:
        yield bad("clock", says, "Let both machines set their clocks by NTP.")
    elif abs(ahead) > _SKEW_SECONDS[0]:
        yield warn("clock", says, "Let both machines set their clocks by NTP.")
    else:
        yield ok("clock", "The database's clock agrees with this machine's.")


def connections() -> Iterator[Finding]:
    """Whether there is room for more connections."""
    used, most = _row(
        "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
        " WHERE backend_type = 'client backend'"
    )
    says = f"{used} of {most} connections are in use."
    if used > most * 0.8:
        yield warn("connections", says, "Raise max_connections, or run fewer processes.")
    else:
        yield ok("connections", says)


def transactions() -> Iterator[Finding]:
    """Transactions that are open for long: they keep dead rows alive, and may hold locks."""
    found = _rows(
        """
        SELECT format('process %%s (%%s, %%s)', pid, coalesce(nullif(application_name, ''), 'unnamed'), state),
               extract(epoch FROM clock_timestamp() - xact_start)
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
          AND xact_start < clock_timestamp() - make_interval(secs => %(most)s)
        UNION ALL
        SELECT format('prepared transaction %%s', gid), extract(epoch FROM clock_timestamp() - prepared)
        FROM pg_prepared_xacts
        WHERE database = current_database() AND prepared < clock_timestamp() - make_interval(secs => %(most)s)
        ORDER BY 2 DESC
        """,
        {"most": _OPEN_TOO_LONG},
    )
    for who, seconds in found[:5]:
        yield warn(
            "transactions",
            f"A transaction of {who} is open for {span(seconds)}.",
            "End it unless it is a backup: nothing that it can see is cleaned up meanwhile.",
        )
    if not found:
        yield ok("transactions", "None is open for longer than a minute.")


def vacuum() -> Iterator[Finding]:
    """Whether autovacuum keeps up with what becomes obsolete."""
    if _one("SHOW autovacuum") == "off":
        yield bad("vacuum", "Autovacuum is off, so tables grow without end.", "Set autovacuum to on.")
    bloated = _rows(
        "SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables"
        " WHERE n_dead_tup > %(few)s + %(share)s * n_live_tup ORDER BY n_dead_tup DESC LIMIT 5",
        {"few": _FEW_ROWS, "share": _MOST_DEAD},
    )
    for table, dead, alive in bloated:
        says = f"The table {table} has {dead:,} dead rows beside {alive:,} living ones."
        yield warn("vacuum", says, f"Run VACUUM {table}, and look for transactions that are open for long.")
    left = 2**31 - int(_one("SELECT max(age(datfrozenxid)) FROM pg_database"))
    if left < _XIDS_LEFT[0]:
        make = bad if left < _XIDS_LEFT[1] else warn
        yield make("vacuum", f"{left:,} transaction ids are left before PostgreSQL stops writing.", "Run VACUUM.")
    elif not bloated:
        yield ok("vacuum", "Autovacuum keeps up.")


def amount() -> Iterator[Finding]:
    """How large it is."""
    yield ok("size", f"The database has {size(int(_one('SELECT pg_database_size(current_database())')))}.")


def _rows(statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _row(statement: str) -> tuple[Any, ...]:
    return _rows(statement)[0]


def _one(statement: str) -> Any:
    return _row(statement)[0]
