"""That an admin stays, also when two take one another away at once."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from devops_sync.models import Grant, Site, User
from devops_sync.people import giving
from devops_sync.wrong import Wrong

from .conftest import with_password


def is_awaited() -> bool:
    """Whether another connection waits for a lock."""
    with connection.cursor() as cursor:
        # Within a transaction the first look would count for all that follow.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        (found,) = cursor.fetchone()
    return bool(found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["deactivate", "take"])
def test_two_admins_who_let_one_another_in_no_more_at_once_leave_one(how: str, retail: Site) -> None:
    root, second = with_password("admin", "root"), with_password("admin", "second")

    def act() -> str:
        try:
            if how == "deactivate":
                giving.deactivate(User.objects.get(pk=root.pk), by=second)
            else:
                giving.take(root, root.grants.get())
        except Wrong as wrong:
            return str(wrong)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            giving.deactivate(User.objects.get(pk=second.pk), by=root)
            other: Future[str] = pool.submit(act)
            until = time.monotonic() + 60
            while not is_awaited():
                assert time.monotonic() < until, "the other did not wait"
                time.sleep(0.02)
        assert "this is the last one" in other.result(timeout=60)
    assert Grant.objects.filter(role="admin", site=None, user__is_active=True).count() == 1
