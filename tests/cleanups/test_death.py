"""Whoever dies in the middle of a clean-up leaves it so that the next one ends it, or takes it back whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.kinds import KINDS
from devops_sync.models import Cleanup, Deletion, Entry, ProofReading, Site, User
from tests.errands.conftest import Send, deliver, state
from tests.payloads import branch, build, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import confirm, plan, work

pytestmark = pytest.mark.django_db(transaction=True)


class Death(BaseException):
    """The process is gone: nothing of it handles this."""


@pytest.fixture
def waiting(site: Site, send: Send) -> Site:
    """An account with something of each API in Jira, and two deployments that still wait."""
    around = {"properties": {"account": "a"}}
    send("deployments", deployment(1), deployment(2), **around)
    send("builds", build(1), **around)
    send("devinfo", repository("r-a", commits=[commit()], branches=[branch()]), **around)
    send("deployments", deployment(9), properties={"account": "b"})
    send("deployments", deployment(2, sequence=2), deployment(3), go=False, **around)
    return site


@contextmanager
def dying(statements: int) -> Iterator[None]:
    """Die in place of the next statement but so many."""
    left = statements

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Death
        return execute(*arguments)

    with connection.execute_wrapper(count):
        yield


def dies(statements: int, act: Callable[[], Any]) -> bool:
    """Whether it died before it was done. What it held of the database's locks went with it."""
    try:
        with dying(statements):
            act()
    except Death:
        connection.close()
        return True
    return False


def rows_marked() -> int:
    return sum(kind.model._default_manager.exclude(deleted_at=None).count() for kind in KINDS.values())


def test_workers_that_die_at_every_step_end_it_all_the_same(waiting: Site, admin: User, sandbox: Sandbox) -> None:
    before, deaths = state(sandbox), 0
    cleanup = confirm(plan(waiting, admin, account="a"), admin)
    for statements in range(1, 500):
        deaths += dies(statements, cleaning.run_due)
        if not Cleanup.objects.filter(state=Cleanup.State.RUNNING).exists() or statements % 10 == 0:
            deliver(waiting)
        ProofReading.objects.unanswered().update(due_at=timezone.now())
        cleanup.refresh_from_db()
        if cleanup.is_over:
            break
    after = state(sandbox)
    assert (cleanup.state, deaths > 20) == (Cleanup.State.PROVEN, True)
    assert sum(len(before[kind]) - len(after[kind]) for kind in before) == cleanup.total == 6
    assert Deletion.objects.count() == 3
    assert rows_marked() == 7


@pytest.mark.parametrize("worker", [12, 500])
@pytest.mark.parametrize("web", [2, 11, 24])
def test_whoever_dies_while_it_is_cancelled_leaves_nothing_marked(
    web: int, worker: int, waiting: Site, admin: User, sandbox: Sandbox
) -> None:
    before = state(sandbox)
    cleanup = confirm(plan(waiting, admin, account="a"), admin)
    dies(worker, cleaning.run_due)
    cleanup.refresh_from_db()
    dies(web, lambda: cleanups.cancel(cleanup, admin, timezone.now()))
    if Cleanup.objects.get().state != Cleanup.State.CANCELLED:
        cleanups.cancel(cleanup, admin, timezone.now())
    for statements in (5, 15, 40, 500):
        dies(statements, cleaning.run_due)
    assert work(cleanup).state == Cleanup.State.CANCELLED
    assert rows_marked() == 0
    assert not Entry.objects.filter(outcome__in=["withdrawn", "waiting"]).exists()
    assert not Deletion.objects.exists()
    assert len(state(sandbox)["deployment"]) == len(before["deployment"]) + 1


@pytest.mark.parametrize("web", [3, 8, 16])
def test_what_is_paused_does_not_leave_although_whoever_paused_it_died(
    web: int, waiting: Site, admin: User, sandbox: Sandbox
) -> None:
    cleanup = confirm(plan(waiting, admin, account="a"), admin)
    cleaning.run_due()
    dies(web, lambda: cleanups.pause(cleanup, admin, timezone.now()))
    if Cleanup.objects.get().state != Cleanup.State.PAUSED:
        cleanups.pause(cleanup, admin, timezone.now())
    cleaning.run_due()
    deliver(waiting)
    assert (rows_marked(), Deletion.objects.count(), len(state(sandbox)["deployment"])) == (0, 0, 4)
    cleanup.refresh_from_db()
    cleanups.go_on(cleanup, admin, timezone.now())
    assert work(cleanup).state == Cleanup.State.PROVEN


def test_what_stopped_takes_back_all_of_it_although_the_worker_died(waiting: Site, admin: User, send: Send) -> None:
    cleanup = plan(waiting, admin, account="a")
    send("devinfo", repository("r-b", commits=[commit()]), properties={"account": "a"}, go=False)
    confirm(cleanup, admin)
    for statements in range(10, 100, 7):
        dies(statements, cleaning.run_due)
    assert work(cleanup).state == Cleanup.State.STOPPED
    assert (rows_marked(), Deletion.objects.count()) == (0, 0)
