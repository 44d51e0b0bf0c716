"""Processes that are killed, by SIGKILL, at each step of a deletion: it ends right, or stops where that can be seen.

Workers and web are processes of their own, forked from this one, which die in place of a statement to the database,
just before or just after a request to Jira, or whenever the signal comes from outside.
"""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devops_sync import cleaning, cleanups, ledger
from devops_sync.cleaning import proving
from devops_sync.cleanups import entities
from devops_sync.delivery import clients
from devops_sync.jira import client as jira
from devops_sync.jira import keys
from devops_sync.models import Cleanup, CleanupPart, Deletion, Lane, ProofReading, Site, User
from tests.errands.conftest import Send, deliver, state
from tests.payloads import branch, build, bulk_of, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import by_page, plan
from .test_storm import apart

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Act = Callable[[], Any]
Lost = set[tuple[str, tuple[Any, ...]]]
_LIFE_SECONDS = 30.0
_NEVER = 10**6
LIVES = int(os.environ.get("LIVES", "12"))


class Fate:
    """After how many steps a process dies, each a statement or one side of a request."""

    def __init__(self, steps: int):
        self._left = steps

    def step(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.step()
        return execute(*arguments)

    @contextmanager
    def strikes(self) -> Iterator[None]:
        send = jira.Client.send

        def sent(*arguments: Any, **named: Any) -> Any:
            self.step()
            answer = send(*arguments, **named)
            self.step()
            return answer

        jira.Client.send = sent  # type: ignore[method-assign]
        with connection.execute_wrapper(self.statement):
            yield


def live(act: Act, steps: int = _NEVER, seconds: float = _LIFE_SECONDS) -> bool:
    """Let a process do something until it is done or killed. Returns whether it was killed."""
    # What is open is not shared: neither the connection to the database nor those to Jira.
    connection.close()
    clients._clients.clear()

    def be() -> None:
        with ExitStack() as stack:
            stack.enter_context(Fate(steps).strikes())
            act()
        connection.close()

    process = get_context("fork").Process(target=be)
    process.start()
    process.join(seconds)
    if process.is_alive():
        assert seconds < _LIFE_SECONDS, "it hangs"
        process.kill()
        process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def let_time_pass() -> None:
    """Leases run out, nothing that was sent is on its way any more, and every question is due."""
    Lane.objects.update(leased_until=None, unsettled_until=None, wake_at=None)
    ProofReading.objects.unanswered().update(due_at=timezone.now())


@pytest.fixture(autouse=True)
def _the_proof_begins_later(_patience_is_short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever writes down the questions is not who asks them."""
    monkeypatch.setattr(proving, "FIRST_AFTER", 5)


@pytest.fixture
def account(site: Site, send: Send) -> Site:
    """An account with something of each API in Jira and two deployments that wait, beside another account."""
    for name in "ab":
        around = {"properties": {"account": name}}
        first = 1 if name == "a" else 11
        send("deployments", deployment(first), deployment(first + 1), **around)
        send("builds", build(first), **around)
        send("devinfo", repository(f"r-{name}", commits=[commit()], branches=[branch()]), **around)
    send("deployments", deployment(2, sequence=2), deployment(3), properties={"account": "a"}, go=False)
    return site


def works(site: Site) -> Act:
    """A worker's rounds."""

    def act() -> None:
        for _ in range(3):
            cleaning.run_due()
            deliver(site)

    return act


def by_properties(site: Site, admin: User) -> Cleanup:
    return plan(site, admin, account="a")


def by_keys(site: Site, admin: User) -> Cleanup:
    chosen = [
        ("deployment", '["checkout-api","staging",1]'),
        ("deployment", '["checkout-api","staging",2]'),
        ("build", '["checkout-api",1]'),
        ("repository", '["r-a"]'),
    ]
    return cleanups.plan_by_keys(site, chosen, "four keys", by_page(admin), timezone.now())


def shown(cleanup: Cleanup) -> Lost:
    """What the preview showed, one by one."""
    return {(kind.name, keys.parts(row.entry.key)) for kind, rows in entities.slices(cleanup) for row in rows}


def held(sandbox: Sandbox) -> Lost:
    return {(name, key) for name, found in state(sandbox).items() for key in found}


def step_of(cleanup: Cleanup) -> str:
    """Where it was when somebody died."""
    cleanup.refresh_from_db()
    if cleanup.state == Cleanup.State.RUNNING:
        if cleanup.parts.filter(state=CleanupPart.State.MARKING).exists():
            return "marking"
        if Deletion.objects.filter(outcome="accepted").exists():
            return "between requests"
    return str(cleanup.state)


@pytest.mark.parametrize("planned", [by_properties, by_keys])
def test_workers_that_are_killed_at_every_step_end_it_all_the_same(
    planned: Callable[[Site, User], Cleanup], account: Site, admin: User, sandbox: Sandbox
) -> None:
    before, kills = held(sandbox), 0
    seen = set[str]()
    cleanup = planned(account, admin)
    would_go = shown(cleanup)
    cleanups.confirm(cleanup, admin, cleanup.total, "The account is closed.", 0, timezone.now())
    life = 0
    while not cleanup.is_over and kills < 200:
        # Who comes next gets a little further, and in each new step no further than its beginning.
        life += 2
        if live(works(account), steps=life):
            kills += 1
        life = life if (step := step_of(cleanup)) in seen else 0
        seen.add(step)
        let_time_pass()
    print(f"{kills} kills, {sorted(seen)}")
    assert (cleanup.state, kills > 20) == (Cleanup.State.PROVEN, True)
    # One key is marked in the same transaction in which its deletion stands.
    assert seen >= {"delayed", "between requests", "proving"} | ({"marking"} if cleanup.is_by_properties else set())
    lost = before - held(sandbox)
    assert (lost <= would_go, len(lost)) == (True, cleanup.total)
    assert apart(sandbox) == {}


class Office:
    """Admins at pages, clients at the gateway and workers, each a process that may be killed at any moment."""

    def __init__(self, site: Site, admin: User, cleanup: Cleanup, luck: random.Random):
        self.site, self.admin, self.cleanup, self.luck = site, admin, cleanup, luck
        self.number = 100

    def posts(self, step: str, **given: Any) -> Act:
        def act() -> None:
            web = Client()
            web.force_login(self.admin)
            web.post(reverse(f"deletion-{step}", args=[self.cleanup.pk]), given)

        return act

    def submits(self) -> None:
        """Something of another account, and a version that goes over to it."""
        changed = deployment(self.number), deployment(2, sequence=self.number)
        body = bulk_of("deployments", *changed, properties={"account": "b"})
        ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=self.site))

    def dares(self) -> Act:
        """What somebody does next."""
        confirm = {"reason": "The account is closed.", "typed": str(self.cleanup.total), "delay": "0"}
        doing = [
            self.posts("confirm", **confirm),
            self.posts("pause"),
            self.posts("go-on"),
            *[works(self.site)] * 4,
        ]
        return self.luck.choice(doing)


def test_whoever_is_killed_when_it_never_takes_more_than_the_preview_showed(
    account: Site, admin: User, sandbox: Sandbox
) -> None:
    luck = random.Random(seed := random.randrange(10**6))
    print(f"seed {seed}")
    cleanup = by_properties(account, admin)
    office, would_go, kills = Office(account, admin, cleanup, luck), shown(cleanup), 0
    before = held(sandbox)
    for _ in range(LIVES):
        steps, seconds = (luck.randint(1, 120), _LIFE_SECONDS) if luck.random() < 0.7 else (_NEVER, luck.random() / 5)
        kills += live(office.dares(), steps, seconds)
        if luck.random() < 0.2:
            office.number += 1
            live(office.submits)
        let_time_pass()
    cancelled = luck.random() < 0.3 and live(office.posts("cancel"), luck.randint(1, 60))
    cleanup.refresh_from_db()
    print(f"{kills} kills, {cleanup.state}, {cancelled=}")
    live(office.posts("confirm", reason="It is closed.", typed=str(cleanup.total), delay="0"))
    live(office.posts("go-on"))
    for _ in range(20):
        live(works(account))
        let_time_pass()
        cleanup.refresh_from_db()
        if cleanup.is_over and not Lane.objects.with_work().exists():
            break
    print(cleanup.state, cleanup.stopped_for)
    assert cleanup.is_over
    assert kills > LIVES / 5
    lost = before - held(sandbox)
    assert lost <= would_go
    assert apart(sandbox) == {}
