"""Emptying the database after a test with transactions of its own goes past the triggers of the audit log.

Django truncates every table in one statement, and PostgreSQL refuses to truncate those. For the length of just that
transaction the connection, which is a superuser's, fires no triggers.
"""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    from django.db.backends.postgresql.operations import DatabaseOperations

    truncating = DatabaseOperations.sql_flush

    def without_triggers(*given: Any, **options: Any) -> list[str]:
        statements = truncating(*given, **options)
        return ["SET LOCAL session_replication_role = replica", *statements] if statements else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", without_triggers)
        yield
