"""Clean-ups by key: a repository goes with what lay in it at the preview, and with nothing more."""

import pytest
from django.utils import timezone

from devops_sync import cleaning, cleanups, errands, ledger
from devops_sync.deletions import Asked
from devops_sync.models import Cleanup, Site, User
from tests.errands.conftest import Send, everything, state
from tests.errands.conftest import work as send_again
from tests.payloads import branch, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import by_page, confirm, plan, work

pytestmark = pytest.mark.django_db(transaction=True)
REPOSITORY = ("repository", '["r1"]')


def planned(site: Site, user: User, *chosen: tuple[str, str]) -> Cleanup:
    return cleanups.plan_by_keys(site, chosen or [REPOSITORY], "a repository", by_page(user), timezone.now())


def in_jira(sandbox: Sandbox) -> int:
    return sum(len(found) for found in state(sandbox).values())


@pytest.fixture
def stored(site: Site, send: Send) -> Site:
    """A repository with two commits."""
    send("devinfo", repository(commits=[commit("c1"), commit("c2")]), properties={"account": "a"})
    return site


def test_a_repository_goes_with_what_lies_in_it(stored: Site, admin: User, sandbox: Sandbox) -> None:
    cleanup = planned(stored, admin)
    assert cleanup.total == 3
    assert work(confirm(cleanup, admin)).state == Cleanup.State.PROVEN
    assert in_jira(sandbox) == 0


@pytest.mark.parametrize("go", [True, False])
def test_what_came_into_it_since_the_preview_stops_it(
    go: bool, stored: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    cleanup = planned(stored, admin)
    send("devinfo", repository(sequence=2, branches=[branch()]), go=go)
    assert work(confirm(cleanup, admin)).state == Cleanup.State.STOPPED
    assert cleanup.stopped_for == (
        "1 entity would go with the repository r1 that the preview did not show. Nothing of this part was deleted."
    )
    assert in_jira(sandbox) == 4


def test_what_was_deleted_and_came_again_is_more(stored: Site, admin: User, send: Send, sandbox: Sandbox) -> None:
    cleanup = planned(stored, admin)
    ledger.delete(stored, Asked("devinfo", timezone.now(), kind="commit", key=("r1", "c1")))
    send("devinfo", repository(commits=[commit("c1")]))
    assert work(confirm(cleanup, admin)).state == Cleanup.State.STOPPED
    assert in_jira(sandbox) == 3


def test_what_was_sent_again_since_is_more(stored: Site, admin: User, sandbox: Sandbox) -> None:
    ledger.delete(stored, Asked("devinfo", timezone.now(), kind="commit", key=("r1", "c1")))
    cleanup = planned(stored, admin)
    now = timezone.now()
    errand = errands.plan_resend(stored, everything(), None, "everything", now, with_deleted=True)
    errands.start(errand, None, now)
    send_again(errand)
    assert work(confirm(cleanup, admin)).state == Cleanup.State.STOPPED
    assert in_jira(sandbox) == 3


def test_what_another_had_marked_and_gave_back_is_more(stored: Site, admin: User, sandbox: Sandbox) -> None:
    other = confirm(plan(stored, admin, account="a"), admin)
    cleaning.run_due()
    cleanup = planned(stored, admin)
    cleanups.cancel(other, admin, timezone.now())
    assert work(confirm(cleanup, admin)).state == Cleanup.State.STOPPED
    assert in_jira(sandbox) == 3


def test_newer_versions_of_what_was_there_go_with_it(stored: Site, admin: User, send: Send, sandbox: Sandbox) -> None:
    cleanup = planned(stored, admin)
    send("devinfo", repository(sequence=2, commits=[commit("c1", 2)]), properties={"account": "b"})
    assert work(confirm(cleanup, admin)).state == Cleanup.State.PROVEN
    assert in_jira(sandbox) == 0


def test_a_key_that_nobody_knew_at_the_preview_stops_it(site: Site, admin: User, send: Send, sandbox: Sandbox) -> None:
    cleanup = planned(site, admin, ("deployment", '["checkout-api","staging",1]'))
    send("deployments", deployment(1))
    assert work(confirm(cleanup, admin)).state == Cleanup.State.STOPPED
    assert in_jira(sandbox) == 1
