"""Statements that every request runs: prepared once for each connection, since planning them takes longer than they do.

Django's cursors put values into the text and prepare nothing, which suits queries whose best plan depends on the
values. These have one plan.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def run(statement: str, values: Mapping[str, Any] | Sequence[Any]) -> "psycopg.Cursor[Any]":
    """Run a statement on Django's connection, in its transaction if there is one. Raises Django's database errors."""
    connection.ensure_connection()
    connection.close_if_health_check_failed()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        return cursor.execute(statement, values, prepare=True)
