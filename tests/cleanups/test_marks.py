"""Whatever the ledger went through, a current row is marked as rejected exactly when Jira rejected its entry."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from devops_sync import cleaning, cleanups, corrections
from devops_sync.models import Build, Cleanup, Deployment, Entry, Site, User
from tests import builders
from tests.marks import wrong
from tests.payloads import deployment
from tests.sandbox_process import Sandbox

from .conftest import EVERYTHING, confirm, plan
from .test_any_ledger import World, _acts, _apis, _numbers, _pairs, _sequences

EXAMPLES = int(os.environ.get("LEDGERS", "10"))

_rejected = st.tuples(st.just("submit"), _apis, _numbers, _sequences, _pairs, st.just("rejected"))
_of_people = st.sampled_from([("correct", True), ("correct", False), ("begin",), ("think_better",), ("deliver",)])
_histories = st.lists(_acts | st.lists(_rejected | _of_people, min_size=2, max_size=6), min_size=1, max_size=3)


class Corrected(World):
    """The same, with people who correct what was rejected, and who think better of a clean-up that has begun."""

    def __init__(self, site: Site, sandbox: Sandbox, user: User):
        super().__init__(site, sandbox)
        self.user, self.begun = user, list[Cleanup]()

    def correct(self, is_as_it_was: bool) -> None:
        rejected = list(Entry.objects.filter(site=self.site, outcome="rejected", key__contains=self.run))
        changes = corrections.Changes() if is_as_it_was else corrections.Changes(find="NOWHERE-1", put="SHOP-1")
        corrections.apply(self.site, rejected, changes, self.user, timezone.now())

    def begin(self) -> None:
        self.begun.append(confirm(plan(self.site, None, EVERYTHING, run=self.run), None))
        cleaning.run_due()

    def think_better(self) -> None:
        for cleanup in self.begun:
            cleanup.refresh_from_db()
            with suppress(cleanups.Wrong):
                cleanups.cancel(cleanup, None, timezone.now())
        cleaning.run_due()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_histories)
@example(
    history=[
        [("submit", "builds", 1, 3, {"account": "a"}, "rejected"), ("deliver",), ("begin",)],
        [("submit", "builds", 1, 2, {"account": "a"}, "taken"), ("think_better",), ("deliver",)],
    ]
)
@example(history=[[("submit", "deployments", 1, 1, {"account": "a"}, "rejected"), ("deliver",), ("correct", True)]])
def test_a_row_is_marked_exactly_when_its_entry_was_rejected(
    site: Site, sandbox: Sandbox, history: list[list[tuple[Any, ...]]]
) -> None:
    world = Corrected(site, sandbox, builders.user())
    for acts in history:
        for act in acts:
            world.perform([act])
            assert not wrong(), act
    event(f"marked {min(Deployment.objects.filter(is_rejected=True).count(), 3)}")


@pytest.mark.django_db(transaction=True)
def test_a_rejected_version_that_is_current_again_is_marked_again(site: Site, sandbox: Sandbox) -> None:
    world = Corrected(site, sandbox, builders.user())
    world.submit("builds", 1, 3, {"account": "a"}, "rejected")
    world.deliver()
    world.begin()
    world.submit("builds", 1, 2, {"account": "a"}, "taken")
    assert not Build.objects.get().is_rejected
    world.think_better()
    assert (Build.objects.get().sequence, Build.objects.get().is_rejected) == (3, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sequence", [1, 2])
def test_what_jira_rejects_is_marked_unless_something_newer_came(
    site: Site, sandbox: Sandbox, send: Callable[..., None], sequence: int
) -> None:
    unknown = [{"associationType": "issueIdOrKeys", "values": ["NOWHERE-1"]}]
    send("deployments", deployment(1, 1, associations=unknown))
    assert Deployment.objects.answered(["rejected"]).count() == 1
    send("deployments", deployment(1, sequence), go=False)
    assert Deployment.objects.answered(["rejected"]).count() == 2 - sequence


@pytest.mark.django_db
def test_whoever_writes_the_outcome_marks_the_row(site: Site) -> None:
    row = builders.deployment(site)
    for outcome, expected in (("rejected", True), ("accepted", False), ("rejected", True)):
        Entry.objects.filter(pk=row.entry_id).update(outcome=outcome)
        row.refresh_from_db()
        assert row.is_rejected is expected
