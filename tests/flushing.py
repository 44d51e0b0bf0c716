"""Emptying the database after a test with transactions of its own: what that test filled, past the triggers.

Django truncates every table in one statement, which makes some three hundred files anew however few rows there were,
and then writes down again which models there are; and PostgreSQL refuses to truncate the audit log. Here the rows are
deleted from the tables that have some, under the locks that truncating takes, so that a request that a test left behind
is still waited for. For the length of just that transaction the connection, which is a superuser's, fires no triggers,
those of foreign keys included. Once a table has grown large everything is truncated after all.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

# Which models there are stands in these since the tables were made, and no test changes it.
KEPT = frozenset({"auth_permission", "django_content_type"})
LARGE_BYTES = 8 * 1024 * 1024
EMPTY = """
DO $$
DECLARE
    every text[] := ARRAY[{names}];
    one text;
    is_filled boolean;
BEGIN
    IF (SELECT max(pg_relation_size(name::regclass)) FROM unnest(every) AS name) > {large} THEN
        EXECUTE 'TRUNCATE ' || array_to_string(every, ', ');
        RETURN;
    END IF;
    FOREACH one IN ARRAY every LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO is_filled;
        IF is_filled THEN
            EXECUTE 'DELETE FROM ' || one;
        END IF;
    END LOOP;
END $$
"""


def emptying(tables: Sequence[str]) -> list[str]:
    """The statements that leave these tables, named as in SQL, without a row. For one transaction, of a superuser."""
    names = ", ".join(f"'{name}'" for name in tables)
    return [
        "SET LOCAL session_replication_role = replica",
        f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE",
        EMPTY.format(names=names, large=LARGE_BYTES),
    ]


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied() -> Iterator[None]:
    from django.core.management.commands import flush
    from django.db.backends.postgresql.operations import DatabaseOperations

    def sql_flush(self: DatabaseOperations, _style: Any, tables: Sequence[str], *_: Any, **options: Any) -> list[str]:
        assert not options.get("reset_sequences"), "no test counts on numbers that begin anew"
        return emptying([self.quote_name(table) for table in sorted(tables) if table not in KEPT])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
