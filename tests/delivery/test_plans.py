"""No statement of a worker reads through what is finished: it piles up for years."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync import delivery, tasks
from devops_sync.models import Delivery, Entry, Lane
from tests.bench.finished import PILE
from tests.delivery.conftest import Submit
from tests.payloads import deployment

FINISHED = 20_000


@pytest.fixture
def piled(lane: Lane, submit: Submit) -> Lane:
    """A lane with much finished behind it and a little that waits."""
    submit(deployment(1))
    delivery.run(lane.pk)
    with connection.cursor() as cursor:
        cursor.execute(PILE, [FINISHED, FINISHED])
        columns = ", ".join(field.column for field in Delivery._meta.concrete_fields if field.column != "id")
        cursor.execute(
            f"INSERT INTO delivery ({columns}) SELECT {columns} FROM delivery, generate_series(1, %s)", [FINISHED]
        )
    submit(*[deployment(number) for number in range(2, 12)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE entry, submission, deployment, delivery")
    return lane


def test_a_sweep_and_a_turn_touch_what_waits_only(piled: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **__: None)
    with CaptureQueriesContext(connection) as captured:
        tasks.sweep()
        delivery.run(piled.pk)
    assert not Entry.objects.waiting().exists()
    asked = [query["sql"] for query in captured.captured_queries if "entry" in query["sql"]]
    assert len(asked) > 5
    assert [sql for sql in asked if _reads_through(sql, "entry") or _reads_through(sql, "delivery")] == []


def test_looking_for_due_work_is_by_the_index_of_what_waits(piled: Lane) -> None:
    with connection.cursor() as cursor:
        sql, values = Lane.objects.due(timezone.now()).with_work().query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", values)
        assert "entry_waiting" in "\n".join(line for (line,) in cursor.fetchall())


def _reads_through(sql: str, table: str) -> bool:
    """Whether the plan of a statement reads the whole table."""
    if not sql.lstrip().upper().startswith(("SELECT", "UPDATE", "WITH", "INSERT")):
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}".replace("%", "%%"), [])
        return any(f"Seq Scan on {table} " in f"{line} " for (line,) in cursor.fetchall())
