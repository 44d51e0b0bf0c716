"""Sending again what lies in a repository that was deleted: Jira will hold the repository, too, so it comes back."""

from typing import Any

import pytest
from django.utils import timezone

from devops_sync import cleaning, errands, feeding, ledger
from devops_sync.cleaning import marking
from devops_sync.deletions import Asked
from devops_sync.models import Commit, Errand, Repository, Site
from tests.payloads import commit, repository
from tests.sandbox_process import Sandbox

from .conftest import Send, deliver, state, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gone(site: Site, send: Send) -> Site:
    """A commit that came with the first version of its repository, which had a second one; both were deleted."""
    send("devinfo", repository(sequence=1, commits=[commit()]), properties={"account": "a"})
    send("devinfo", repository(sequence=2), properties={"account": "b"})
    ledger.delete(site, Asked("devinfo", timezone.now(), kind="repository", key=("r1",)))
    send("devinfo", repository("other", sequence=1))
    return site


def send_commits_again(site: Site, *, with_deleted: bool) -> Errand:
    return work(plan_commits(site, with_deleted=with_deleted))


def plan_commits(site: Site, *, with_deleted: bool) -> Errand:
    now = timezone.now()
    errand = errands.plan_resend(
        site, {"commit": Commit.objects.all()}, None, "commits", now, with_deleted=with_deleted
    )
    errands.start(errand, None, now)
    return errand


def test_its_repository_comes_back_first_and_as_it_was_last(gone: Site, sandbox: Sandbox) -> None:
    errand = send_commits_again(gone, with_deleted=True)
    assert (errand.total, errand.plan["kinds"]) == (2, {"repository": 1, "commit": 1})
    assert [item.entry.kind for item in errand.items.order_by("pk")] == ["repository", "commit"]
    row = Repository.objects.select_related("property_set").get(repository_id="r1")
    stored = state(sandbox)["repository"]["r1",]
    assert (row.deleted_at, row.sequence, row.property_set.pairs) == (None, 2, {"account": "b"})
    assert (stored["sequence"], stored["properties"]) == (2, {"account": "b"})


def test_one_that_only_the_repository_was_deleted_of_needs_the_tick(site: Site, send: Send, sandbox: Sandbox) -> None:
    send("devinfo", repository(sequence=1, commits=[commit(sequence=9)]))
    asked = Asked("devinfo", timezone.now(), kind="repository", key=("r1",), until_sequence=5)
    ledger.delete(site, asked)
    send("devinfo", repository("other"))
    assert send_commits_again(site, with_deleted=False).passed_over == 1
    assert not Repository.objects.alive().filter(repository_id="r1").exists()
    send_commits_again(site, with_deleted=True)
    assert Repository.objects.alive().filter(repository_id="r1").exists()
    assert ("r1",) in state(sandbox)["repository"]


def test_one_that_was_deleted_since_it_was_planned_stays_deleted_with_what_lies_in_it(
    gone: Site, sandbox: Sandbox
) -> None:
    send_commits_again(gone, with_deleted=True)
    errand = plan_commits(gone, with_deleted=True)
    asked = Asked("devinfo", timezone.now(), kind="repository", key=("r1",), until_sequence=2)
    ledger.delete(gone, asked)
    assert work(errand).passed_over == errand.total
    assert ("r1",) not in state(sandbox)["repository"]


def test_one_that_came_with_a_higher_version_than_its_repository_has_now_stays_deleted(
    site: Site, send: Send, sandbox: Sandbox
) -> None:
    send("devinfo", repository(sequence=7, commits=[commit()]))
    ledger.delete(site, Asked("devinfo", timezone.now(), kind="repository", key=("r1",)))
    send("devinfo", repository(sequence=3), go=False)
    assert send_commits_again(site, with_deleted=True).passed_over == 1
    assert state(sandbox)["repository"]["r1",]["sequence"] == Repository.objects.get().sequence == 3


def test_one_of_an_earlier_life_with_a_higher_version_is_left_also_where_it_was_spared(
    site: Site, send: Send, sandbox: Sandbox
) -> None:
    send("devinfo", repository(sequence=7, commits=[commit(sequence=9)]))
    until_seven = Asked("devinfo", timezone.now(), kind="repository", key=("r1",), until_sequence=7)
    ledger.delete(site, until_seven)
    send("devinfo", repository(sequence=3))
    assert send_commits_again(site, with_deleted=False).passed_over == 1
    assert state(sandbox)["repository"]["r1",]["sequence"] == Repository.objects.get().sequence == 3


@pytest.fixture
def spared(site: Site, send: Send) -> Site:
    """A commit that a deletion of its repository up to sequence 5 spares."""
    send("devinfo", repository(sequence=1, commits=[commit(sequence=9)]), properties={"account": "a"})
    return site


UP_TO_FIVE = [
    {"kind": "repository", "key": ("r1",), "until_sequence": 5},
    {"properties": {"account": "a"}, "until_sequence": 5},
]


@pytest.mark.parametrize("by", UP_TO_FIVE)
def test_one_that_is_spared_does_not_bring_its_repository_back_when_it_waits_to_be_sent_again(
    by: dict[str, Any], spared: Site, sandbox: Sandbox
) -> None:
    errand = plan_commits(spared, with_deleted=False)
    feeding.feed()
    ledger.delete(spared, Asked("devinfo", timezone.now(), **by))
    cleaning.run_due()
    work(errand)
    assert (state(sandbox)["repository"], Repository.objects.alive().count()) == ({}, 0)
    assert (len(state(sandbox)["commit"]), Commit.objects.alive().count()) == (1, 1)


@pytest.mark.parametrize("by", UP_TO_FIVE)
def test_one_that_was_to_come_back_stays_deleted_when_its_repository_is_deleted_first(
    by: dict[str, Any], spared: Site, sandbox: Sandbox
) -> None:
    ledger.delete(spared, Asked("devinfo", timezone.now(), kind="repository", key=("r1",)))
    deliver(spared)
    errand = plan_commits(spared, with_deleted=True)
    feeding.feed()
    assert Commit.objects.alive().count() == 1
    ledger.delete(spared, Asked("devinfo", timezone.now(), **by))
    cleaning.run_due()
    work(errand)
    assert (state(sandbox)["repository"], Repository.objects.alive().count()) == ({}, 0)
    assert (state(sandbox)["commit"], Commit.objects.alive().count()) == ({}, 0)


def test_one_whose_deletion_had_only_begun_when_it_was_planned_stays_deleted(
    spared: Site, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, mark = list[Errand](), marking.mark

    def after_it_was_planned(*given: Any) -> Any:
        planned.append(plan_commits(spared, with_deleted=True))
        return mark(*given)

    monkeypatch.setattr(marking, "mark", after_it_was_planned)
    ledger.delete(spared, Asked("devinfo", timezone.now(), **UP_TO_FIVE[1]))
    cleaning.run_due()
    deliver(spared)
    work(planned[0])
    assert (state(sandbox)["repository"], Repository.objects.alive().count()) == ({}, 0)
