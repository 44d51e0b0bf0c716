"""Builds and development information on their way to Jira, and deletions in their place among them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from devops_sync import delivery, ledger
from devops_sync.deletions import Asked
from devops_sync.jira import keys
from devops_sync.models import Branch, Build, Commit, Deletion, Delivery, Entry, Lane, PullRequest, Repository, Site
from tests.payloads import branch, build, bulk_of, commit, deployment, pull_request, repository
from tests.sandbox_process import Sandbox

Send = Callable[..., None]


@pytest.fixture
def send(site: Site) -> Send:
    """Submit to one API and take a turn at its lane."""

    def act(api: str, *entities: Any, go: bool = True, **around: Any) -> None:
        body = bulk_of(api, *entities, **around)
        ledger.submit(ledger.Arrival(api, "/bulk", body, timezone.now(), len(body), site=site))
        if go:
            take_a_turn(site, api)

    return act


def take_a_turn(site: Site, api: str) -> None:
    lane = Lane.objects.get(site=site, api=api)
    delivery.run(lane.pk)
    lane.refresh_from_db()
    assert (lane.held_reason, lane.slept_for) == ("", "")


def delete(site: Site, api: str, **what: Any) -> Deletion:
    return ledger.delete(site, Asked(api=api, received_at=timezone.now(), **what))


def outcomes() -> list[tuple[str, str]]:
    return list(Entry.objects.order_by("id").values_list("kind", "outcome"))


def test_builds_arrive(send: Send, sandbox: Sandbox) -> None:
    send("builds", build(1), build(2, issueKeys=["NOPE-1"]))
    assert outcomes() == [("build", "accepted"), ("build", "rejected")]
    assert list(sandbox.held(kind="build")) == [("checkout-api", 1)]
    held = Build.objects.get(number=1)
    assert (held.tests_total, held.tests_failed, held.commit_ids) == (150, 5, ["abc"])


def test_development_information_arrives_whole(send: Send, sandbox: Sandbox) -> None:
    send(
        "devinfo",
        repository(commits=[commit()], branches=[branch()], pullRequests=[pull_request()]),
        preventTransitions=True,
    )
    assert {outcome for _, outcome in outcomes()} == {"accepted"}
    assert sorted(kind for kind, _ in outcomes()) == ["branch", "commit", "pull_request", "repository"]
    body = json.loads(bytes(Delivery.objects.get().request_body))
    assert body["preventTransitions"] is True
    assert set(body["repositories"][0]) == {
        "id",
        "name",
        "url",
        "updateSequenceId",
        "commits",
        "branches",
        "pullRequests",
    }
    assert Branch.objects.get().last_commit_id == "def456"
    assert (Commit.objects.count(), PullRequest.objects.get().status) == (1, "OPEN")


def test_a_commit_goes_with_its_repository_even_when_that_is_out_of_order(send: Send) -> None:
    send("devinfo", repository(sequence=5, commits=[commit("a")]))
    send("devinfo", repository(sequence=5, commits=[commit("b")]))
    assert outcomes()[2:] == [("repository", "out_of_order"), ("commit", "accepted")]
    body = json.loads(bytes(Delivery.objects.order_by("-id")[0].request_body))
    assert body["repositories"][0]["name"] == "r1"


def test_a_failed_entity_is_told_apart(send: Send) -> None:
    send("devinfo", repository(commits=[commit("a"), commit("b", issueKeys=["NOPE-1"])]))
    found = {keys.parts(entry.key)[-1]: entry for entry in Entry.objects.all()}
    assert (found["a"].outcome, found["b"].outcome) == ("accepted", "rejected")
    assert found["b"].unknown_issues == ["NOPE-1"]


def test_a_long_commit_message_is_cut_and_the_mend_is_shown(send: Send) -> None:
    send("devinfo", repository(commits=[commit(message="SHOP-1 " + "x" * 2000)]))
    entry = Entry.objects.get(kind="commit")
    assert entry.mends == ["The message was cut from 2007 to 1024 characters."]
    assert len(json.loads(entry.payload)["message"]) == 1024


class TestDeletions:
    def test_one_entity_by_its_key(self, send: Send, site: Site, sandbox: Sandbox) -> None:
        send("builds", build(1), build(2))
        asked = delete(site, "builds", kind="build", key=("checkout-api", 1))
        take_a_turn(site, "builds")
        asked.refresh_from_db()
        assert (asked.outcome, asked.marked_count) == ("accepted", 1)
        assert list(sandbox.held(kind="build")) == [("checkout-api", 2)]
        assert Build.objects.get(number=1).deleted_at is not None

    def test_everything_with_all_of_some_properties(self, send: Send, site: Site, sandbox: Sandbox) -> None:
        send("deployments", deployment(1), properties={"account": "a", "team": "x"})
        send("deployments", deployment(2), properties={"account": "a"})
        send("deployments", deployment(3), properties={"account": "b", "team": "x"})
        asked = delete(site, "deployments", properties={"account": "a", "team": "x"})
        take_a_turn(site, "deployments")
        assert asked.marked_count == 1
        assert sorted(key[2] for key in sandbox.held()) == [2, 3]

    def test_a_repository_goes_with_what_lies_in_it(self, send: Send, site: Site, sandbox: Sandbox) -> None:
        send("devinfo", repository("r1", commits=[commit()]), repository("r2", commits=[commit()]))
        asked = delete(site, "devinfo", kind="repository", key=("r1",))
        take_a_turn(site, "devinfo")
        assert asked.marked_count == 2
        assert list(Repository.objects.alive().values_list("repository_id", flat=True)) == ["r2"]

    def test_what_waits_is_withdrawn_and_never_sent(self, send: Send, site: Site, sandbox: Sandbox) -> None:
        send("builds", build(1), go=False)
        asked = delete(site, "builds", kind="build", key=("checkout-api", 1))
        take_a_turn(site, "builds")
        assert outcomes() == [("build", "withdrawn")]
        assert asked.withdrawn_count == 1
        assert [one.method for one in Delivery.objects.all()] == ["DELETE"]

    def test_it_is_a_barrier(self, send: Send, site: Site, sandbox: Sandbox) -> None:
        send("builds", build(1), build(9), go=False)
        delete(site, "builds", kind="build", key=("checkout-api", 1))
        send("builds", build(1, 1), build(2), go=False)
        take_a_turn(site, "builds")
        assert [one.method for one in Delivery.objects.order_by("id")] == ["POST", "DELETE", "POST"]
        assert sorted(key[1] for key in sandbox.held(kind="build")) == [1, 2, 9]
        assert Build.objects.get(number=1).deleted_at is None

    def test_a_deletion_that_jira_cannot_take_now_waits(self, send: Send, site: Site, sandbox: Sandbox) -> None:
        delete(site, "builds", kind="build", key=("checkout-api", 1))
        sandbox.settings(answer={"path": "/builds/", "status": 503})
        lane = Lane.objects.get(site=site, api="builds")
        delivery.run(lane.pk)
        lane.refresh_from_db()
        assert (Deletion.objects.get().outcome, lane.slept_for) == ("waiting", "Jira answered 503.")
