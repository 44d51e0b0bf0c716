"""Cleaning up by property: what the preview shows is what Jira loses, and the report says so."""

import hashlib
import json

import pytest
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.cleanups import entities
from devops_sync.models import Cleanup, Deployment, Entry, Site, User
from tests import builders
from tests.errands.conftest import Send, state
from tests.payloads import branch, build, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import confirm, plan, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def accounts(site: Site, send: Send) -> Site:
    """Two accounts with something of each API in Jira."""
    for account in ("a", "b"):
        first = 1 if account == "a" else 11
        around = {"properties": {"account": account, "tool": "ci"}}
        send("deployments", deployment(first), deployment(first + 1), **around)
        send("builds", build(first), **around)
        send("devinfo", repository(f"r-{account}", commits=[commit()], branches=[branch()]), **around)
    return site


def test_the_preview_is_what_jira_loses(accounts: Site, admin: User, sandbox: Sandbox) -> None:
    before = state(sandbox)
    cleanup = plan(accounts, admin, account="a")
    shown = {name: kind["in_jira"] for name, kind in cleanup.preview["kinds"].items()}
    assert work(confirm(cleanup, admin)).state == Cleanup.State.PROVEN
    after = state(sandbox)
    assert shown == {"deployment": 2, "build": 1, "repository": 1, "commit": 1, "branch": 1, "pull_request": 0}
    assert {name: len(before[name]) - len(after[name]) for name in before} == shown


def test_all_properties_must_match(accounts: Site, admin: User) -> None:
    cleanup = plan(accounts, admin, account="a", tool="ci")
    assert (cleanup.total, cleanup.preview["partly"]) == (6, {"many": 6, "is_exact": True})


def test_what_waits_is_withdrawn_and_counted_apart(accounts: Site, admin: User, send: Send, sandbox: Sandbox) -> None:
    send("deployments", deployment(3), properties={"account": "a"}, go=False)
    cleanup = plan(accounts, admin, account="a")
    assert (cleanup.total, cleanup.waiting) == (6, 1)
    work(confirm(cleanup, admin))
    assert Entry.objects.get(outcome="withdrawn").key.endswith(",3]")


def test_it_stops_when_more_match_than_the_preview_showed(
    accounts: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    cleanup = plan(accounts, admin, account="a")
    before = state(sandbox)
    send("deployments", deployment(9), properties={"account": "a"})
    work(confirm(cleanup, admin))
    assert cleanup.state == Cleanup.State.STOPPED
    assert cleanup.stopped_for.startswith("1 entity matches that the preview did not show")
    assert Deployment.objects.filter(deleted_at=None).count() == 5
    assert len(state(sandbox)["deployment"]) == len(before["deployment"]) + 1


def test_a_newer_version_of_what_was_shown_is_no_more(accounts: Site, admin: User, send: Send) -> None:
    cleanup = plan(accounts, admin, account="a")
    send("deployments", deployment(1, sequence=2), properties={"account": "a", "tool": "ci"})
    send("devinfo", repository("r-a", sequence=2, commits=[commit(sequence=2)]), properties={"account": "a"})
    assert work(confirm(cleanup, admin)).state == Cleanup.State.PROVEN


def test_what_comes_after_it_stays(accounts: Site, admin: User, send: Send, sandbox: Sandbox) -> None:
    cleanup = confirm(plan(accounts, admin, account="a"), admin)
    cleaning.run_due()
    send("deployments", deployment(1, sequence=7), properties={"account": "a"})
    assert work(cleanup).state == Cleanup.State.PROVEN
    assert len(state(sandbox)["deployment"]) == 3


def test_the_number_has_to_be_typed_and_a_reason_given(accounts: Site, admin: User) -> None:
    cleanup = plan(accounts, admin, account="a")
    with pytest.raises(cleanups.Wrong, match="type that number"):
        cleanups.confirm(cleanup, admin, 5, "Closed.", 0, timezone.now())
    with pytest.raises(cleanups.Wrong, match="A reason is needed"):
        cleanups.confirm(cleanup, admin, 6, "  ", 0, timezone.now())


def test_above_the_sites_limit_another_admin_has_to_approve(accounts: Site, admin: User) -> None:
    Site.objects.update(approval_above=5)
    accounts.refresh_from_db()
    cleanup = confirm(plan(accounts, admin, account="a"), admin)
    assert cleanup.state == Cleanup.State.AWAITING
    with pytest.raises(cleanups.Wrong, match="Nobody approves their own"):
        cleanups.approve(cleanup, admin, timezone.now())
    cleanups.approve(cleanup, builders.user("admin"), timezone.now())
    assert work(cleanup).state == Cleanup.State.PROVEN


def test_paused_it_takes_back_what_jira_was_not_asked_for(accounts: Site, admin: User, sandbox: Sandbox) -> None:
    cleanup = confirm(plan(accounts, admin, account="a"), admin)
    cleaning.run_due()
    cleanups.pause(cleanup, admin, timezone.now())
    assert Deployment.objects.filter(deleted_at=None).count() == 4
    assert set(cleanup.parts.values_list("state", flat=True)) == {"todo"}
    cleanups.go_on(cleanup, admin, timezone.now())
    assert work(cleanup).state == Cleanup.State.PROVEN
    assert len(state(sandbox)["deployment"]) == 2


def test_cancelled_nothing_is_deleted_and_what_was_withdrawn_waits_again(
    accounts: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    send("deployments", deployment(3), properties={"account": "a"}, go=False)
    cleanup = confirm(plan(accounts, admin, account="a"), admin)
    cleaning.run_due()
    assert Entry.objects.filter(outcome="withdrawn").exists()
    cleanups.cancel(cleanup, admin, timezone.now())
    assert work(cleanup).state == Cleanup.State.CANCELLED
    assert not Entry.objects.filter(outcome__in=["withdrawn", "waiting"]).exists()
    assert len(state(sandbox)["deployment"]) == 5


def test_the_report_is_sealed_by_its_hash(accounts: Site, admin: User) -> None:
    cleanup = work(confirm(plan(accounts, admin, account="a"), admin))
    sealed = bytes(cleanup.report or b"")
    said = json.loads(sealed)
    assert hashlib.sha256(sealed).digest() == bytes(cleanup.report_sha256 or b"")
    assert (said["outcome"], said["confirmed"]["reason"]) == ("proven", "The account is closed.")
    assert [one["status"] for part in said["requests"] for one in part["deliveries"]] == [202, 202, 202]
    assert {one["result"] for one in said["readings"]} == {"gone"}


UNKNOWN = [{"associationType": "issueIdOrKeys", "values": ["NOWHERE-1"]}]


def test_what_jira_keeps_since_it_rejected_the_newest_version_is_alive_and_said_to_be_there(
    accounts: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    send("deployments", deployment(11, 2, associations=UNKNOWN), properties={"account": "a"}, go=False)
    cleanup = plan(accounts, admin, account="a")
    assert cleanup.preview["kinds"]["deployment"]["in_jira"] == 3
    work(confirm(cleanup, admin))
    assert set(Deployment.objects.alive().values_list("number", flat=True)) == {11, 12}
    assert {key[2] for key in state(sandbox)["deployment"]} == {11, 12}
    reading = cleanup.readings.get(result="there")
    assert (cleanup.state, reading.key, reading.tries) == ("unproven", '["checkout-api","staging",11]', 1)
    assert "Jira rejected its newest version" in reading.failure
    assert any(one["what"].startswith("found that 1 entity stays") for one in cleanup.history)


def test_what_jira_had_rejected_before_the_preview_stays_without_a_word(
    accounts: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    send("deployments", deployment(11, 2, associations=UNKNOWN), properties={"account": "a"})
    cleanup = work(confirm(plan(accounts, admin, account="a"), admin))
    assert (cleanup.state, cleanup.total) == ("proven", 6)
    assert set(Deployment.objects.alive().values_list("number", flat=True)) == {11, 12}
    assert {key[2] for key in state(sandbox)["deployment"]} == {11, 12}


def test_an_older_version_that_jira_holds_is_among_the_entities(accounts: Site, admin: User, send: Send) -> None:
    send("deployments", deployment(1, 2, associations=UNKNOWN), properties={"account": "c"})
    cleanup = plan(accounts, admin, ("deployments",), account="a")
    rows = [row for _, rows in entities.slices(cleanup) for row in rows]
    assert (cleanup.total, sorted(row.number for row in rows)) == (2, [1, 2])
    assert {row.number: row.entry.outcome for row in rows} == {1: "rejected", 2: "accepted"}
