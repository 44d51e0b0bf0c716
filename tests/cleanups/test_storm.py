"""Clean-ups while everybody does something else: it ends, nobody waits for ever, and the ledger has what Jira has."""

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from devops_sync import cleaning, cleanups, delivery, errands, feeding, ledger
from devops_sync.deletions import Asked
from devops_sync.jira import keys
from devops_sync.kinds import KINDS
from devops_sync.models import Cleanup, Deletion, Entry, Lane, ProofReading, Site
from tests.errands.conftest import everything, state
from tests.payloads import build, bulk_of, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import EVERYTHING, by_page

SECONDS = float(os.environ.get("STORM_SECONDS", "2"))
_SETTLE_SECONDS = 60.0


class Storm:
    """Threads that act until they are told to stop; whatever one of them stumbles over is a failure."""

    def __init__(self, site: Site, seed: int):
        self.site, self.seed = site, seed
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def also(self, name: str, act: Callable[[random.Random], None], pause: float = 0.01) -> None:
        luck = random.Random(f"{self.seed} {name} {len(self._threads)}")

        def go() -> None:
            try:
                while not self._stop.is_set():
                    act(luck)
                    self._stop.wait(pause * luck.random())
            except Exception as error:
                self.failures.append(f"{name}: {type(error).__name__}: {error}")
            finally:
                connection.close()

        self._threads.append(threading.Thread(target=go))

    def rage(self, seconds: float) -> None:
        for thread in self._threads:
            thread.start()
        time.sleep(seconds)
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=_SETTLE_SECONDS)
        assert not [thread for thread in self._threads if thread.is_alive()]
        assert not self.failures

    def submit(self, luck: random.Random) -> None:
        """A version of something that may be older than what is there, with properties that come and go."""
        sequence = luck.randint(1, 1000)
        api, number = luck.choice(EVERYTHING), luck.randint(1, 8)
        entity: dict[str, Any] = {
            "deployments": lambda: deployment(number, sequence),
            "builds": lambda: build(number, sequence),
            "devinfo": lambda: repository(
                f"r{number % 3}", sequence, commits=[commit(f"c{number}", luck.randint(1, 1000))]
            ),
        }[api]()
        body = bulk_of(api, entity, properties={"account": luck.choice("ab"), "tool": luck.choice("xy")})
        ledger.submit(ledger.Arrival(api, "/bulk", body, timezone.now(), len(body), site=self.site))

    def deliver(self, _: random.Random) -> None:
        for lane in Lane.objects.filter(site=self.site).order_by("pk"):
            delivery.run(lane.pk)

    def clean(self, _: random.Random) -> None:
        ProofReading.objects.unanswered().update(due_at=timezone.now())
        cleaning.run_due()

    def sweep(self, luck: random.Random) -> None:
        """A client's own deletion. One of development information may spare what has a high sequence."""
        pairs = {luck.choice(["account", "tool"]): luck.choice("abxy")}
        api = luck.choice(EVERYTHING)
        until = luck.choice([None, 500]) if api == "devinfo" else None
        ledger.delete(self.site, Asked(api, timezone.now(), properties=pairs, until_sequence=until))

    def delete_key(self, luck: random.Random) -> None:
        key = (f"r{luck.randint(0, 2)}",)
        ledger.delete(self.site, Asked("devinfo", timezone.now(), kind="repository", key=key, until_sequence=500))

    def plan(self, luck: random.Random) -> None:
        if Cleanup.objects.filter(origin="page", report=None).exclude(state=Cleanup.State.CANCELLED).count() < 2:
            pairs = {luck.choice(["account", "tool"]): luck.choice("abxy")}
            cleanup = cleanups.plan_by_properties(self.site, EVERYTHING, pairs, by_page(None), timezone.now())
            with suppress(cleanups.Wrong):  # cancelled at once
                cleanups.confirm(cleanup, None, cleanup.total, "A storm.", 0, timezone.now())

    def press(self, luck: random.Random) -> None:
        """An admin who presses what there is to press, whatever the others do."""
        found = list(Cleanup.objects.filter(origin="page", report=None).order_by("-pk")[:3])
        if found:
            act = luck.choice([cleanups.pause, cleanups.pause, cleanups.go_on, cleanups.go_on, cleanups.cancel])
            with suppress(cleanups.Wrong):
                act(luck.choice(found), None, timezone.now())

    def resend(self, luck: random.Random) -> None:
        """Everything, also what was deleted; now and then only what lies in repositories."""
        now = timezone.now()
        chosen = everything()
        if luck.random() < 0.3:
            chosen = {kind: chosen[kind] for kind in ("commit", "branch", "pull_request")}
        with suppress(errands.Nothing):
            errand = errands.plan_resend(self.site, chosen, None, "all", now, with_deleted=True)
            errands.start(errand, None, now)
        feeding.feed()

    def settle(self) -> None:
        """What is paused goes on, and all of it comes to its end."""
        until = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < until:
            for cleanup in Cleanup.objects.filter(state=Cleanup.State.PAUSED):
                cleanups.go_on(cleanup, None, timezone.now())
            feeding.feed()
            self.clean(random)  # type: ignore[arg-type]
            Lane.objects.update(wake_at=None)
            self.deliver(random)  # type: ignore[arg-type]
            left = Cleanup.objects.exclude(state__in=Cleanup.OVER).exists() or cleaning.is_anything_due(timezone.now())
            waits = Entry.objects.waiting().exists() or Deletion.objects.waiting().exists()
            if not left and not waits:
                return
        raise AssertionError(f"it does not come to an end: {list(Cleanup.objects.values_list('pk', 'state'))}")


Version = tuple[int, dict[str, Any]]


def apart(sandbox: Sandbox) -> dict[tuple[str, str], tuple[Version | None, Version | None]]:
    """What the ledger and Jira do not have alike: the version of each."""
    found = {}
    for name, held in state(sandbox).items():
        rows = KINDS[name].model._default_manager.filter(deleted_at=None).select_related("property_set", "entry")
        ours = {row.entry.key: (row.sequence, row.property_set.pairs) for row in rows}
        theirs = {keys.text(*key): (one["sequence"], one["properties"]) for key, one in held.items()}
        for key in ours.keys() | theirs.keys():
            if ours.get(key) != theirs.get(key):
                found[name, key] = (ours.get(key), theirs.get(key))
                print(name, key, ours.get(key), theirs.get(key))
                _tell(name, key)
    return found


def _tell(name: str, key: str) -> None:
    """The end of what became of a key, with the deletions in between."""
    versions = Entry.objects.filter(kind=name, key=key).order_by("-pk").select_related("envelope__property_set")[:25]
    lines = [
        (one.pk, one.sequence, one.outcome, one.origin_id, one.envelope.property_set.pairs, str(one.outcome_at)[14:26])
        for one in versions
    ]
    api = KINDS[name].api
    for gone in Deletion.objects.filter(api=api, pk__gte=lines[-1][0]).order_by("-pk"):
        asked = gone.properties or gone.key
        lines.append((gone.pk, gone.until_sequence, "DELETION", None, asked, str(gone.outcome_at)[14:26]))
    row = KINDS[name].model._default_manager.filter(entry__key=key).values_list("entry_id", "deleted_at")
    print(list(row))
    for line in sorted(lines, key=lambda line: -line[0])[:30]:
        print("  ", *line)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_with_admins_who_press_everything_at_once(site: Site, sandbox: Sandbox) -> None:
    storm = Storm(site, seed=random.randrange(10**6))
    print(f"seed {storm.seed}")
    storm.also("submit", storm.submit, pause=0.005)
    storm.also("deliver", storm.deliver)
    storm.also("clean", storm.clean)
    storm.also("clean", storm.clean)
    storm.also("plan", storm.plan, pause=0.2)
    storm.also("key", storm.delete_key, pause=0.3)
    storm.also("sweep", storm.sweep, pause=0.5)
    storm.also("press", storm.press, pause=0.05)
    storm.also("press", storm.press, pause=0.05)
    storm.rage(SECONDS)
    storm.settle()
    assert apart(sandbox) == {}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_with_clients_that_sweep_and_resends_that_bring_back(site: Site, sandbox: Sandbox) -> None:
    storm = Storm(site, seed=random.randrange(10**6))
    print(f"seed {storm.seed}")
    storm.also("submit", storm.submit)
    storm.also("submit", storm.submit)
    storm.also("deliver", storm.deliver)
    storm.also("deliver", storm.deliver)
    storm.also("clean", storm.clean)
    storm.also("sweep", storm.sweep, pause=0.2)
    storm.also("sweep", storm.sweep, pause=0.2)
    storm.also("key", storm.delete_key, pause=0.2)
    storm.also("resend", storm.resend, pause=0.6)
    storm.rage(SECONDS)
    storm.settle()
    assert apart(sandbox) == {}
