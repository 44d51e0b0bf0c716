"""`Prefer: wait=N`: the answer is held until Jira has spoken, and then says what Jira said."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from devops_sync import delivery
from devops_sync.gateway import waiting
from devops_sync.jira import paths
from devops_sync.models import Lane, Site
from tests.gateway.conftest import make_token
from tests.payloads import MISSING, branch, build, bulk_of, commit, deployment, issues, repository
from tests.sandbox_fixtures import connected
from tests.sandbox_process import Sandbox

Send = Callable[..., Any]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(sandbox: Sandbox, transactional_db: None) -> Site:
    return connected(sandbox)


@pytest.fixture
def send(demo: Site, client: Client) -> Send:
    bearer = make_token(demo)

    def act(api: str, *entities: Any, prefer: str = "wait=10", deliver_after: float | None = 0.3, **more: str) -> Any:
        def take_a_turn() -> None:
            delivery.run(lane.pk)
            connection.close()

        lane = Lane.objects.get_or_create(site=demo, api=api, priority=Lane.Priority.LIVE)[0]
        worker = threading.Timer(deliver_after or 0, take_a_turn)
        if deliver_after is not None:
            worker.start()
        answer = client.post(
            f"{paths.on_gateway(api, demo.cloud_id)}/bulk",
            bulk_of(api, *entities),
            content_type="application/json",
            headers={"Authorization": f"Bearer {bearer}", "Prefer": prefer, **more},
        )
        if deliver_after is not None:
            worker.join()
        return answer

    return act


def test_the_answer_is_jiras_own(send: Send) -> None:
    answer = send(
        "deployments",
        deployment(1, associations=issues("SHOP-1", "NOPE-1")),
        deployment(2, associations=issues("NOPE-2")),
        deployment(3, url=MISSING),
        deployment(4, associations=MISSING, issueKeys=["SHOP-1", "NOPE-3"]),
    )
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "wait=10")
    said = answer.json()
    assert [key["deploymentSequenceNumber"] for key in said["acceptedDeployments"]] == [1, 4]
    refused = {entry["key"]["deploymentSequenceNumber"]: entry["errors"] for entry in said["rejectedDeployments"]}
    assert refused[2][0]["message"] == "No valid associations found for deployment"
    assert refused[3] == [{"message": "'url' is required"}]
    assert said["unknownIssueKeys"] == ["NOPE-3"]
    assert said["unknownAssociations"] == [{"associationType": "issueIdOrKeys", "values": ["NOPE-1", "NOPE-2"]}]


def test_builds_and_development_information_too(send: Send) -> None:
    said = send("builds", build(1), build(2, issueKeys=["NOPE-1"])).json()
    assert said["acceptedBuilds"] == [{"pipelineId": "checkout-api", "buildNumber": 1}]
    assert said["rejectedBuilds"][0]["errors"][0]["message"] == "No valid issues found for build"
    assert said["unknownIssueKeys"] == ["NOPE-1"]
    said = send("devinfo", repository(commits=[commit("a"), commit("b", message=MISSING)], branches=[branch()])).json()
    assert said["acceptedDevinfoEntities"] == {"r1": {"commits": ["a"], "branches": ["main"], "pullRequests": []}}
    assert said["failedDevinfoEntities"]["r1"]["commits"][0]["errorMessages"] == [{"message": "'message' is required"}]


def test_an_answer_that_takes_too_long_is_the_ordinary_one(send: Send) -> None:
    answer = send("deployments", deployment(1, associations=issues("NOPE-1")), prefer="wait=1", deliver_after=None)
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer
    assert len(answer.json()["acceptedDeployments"]) == 1


def test_a_repeat_gets_what_the_first_waited_for(send: Send) -> None:
    known = {"Idempotency-Key": "k"}
    entity = deployment(1, associations=issues("NOPE-1"))
    first = send("deployments", entity, **known)
    again = send("deployments", entity, prefer="", deliver_after=None, **known)
    assert first.json()["rejectedDeployments"]
    assert again.content == first.content


def test_when_many_wait_already_nobody_else_does(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))
    with waiting._places:
        answer = send("deployments", deployment(), deliver_after=None)
    assert (answer.status_code, "Preference-Applied" in answer) == (202, False)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=10;x=y", 10),
        ('Wait = "7"', 7),
        ("wait=31", 30),
        ("wait=99999", 30),
        ("wait", 0),
        ("wait=", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=٥", 0),
        ("wait=" + "9" * 5000, 0),
        ("waiting=5", 0),
        ("", 0),
    ],
)
def test_what_the_header_asks_for(prefer: str, seconds: int) -> None:
    assert waiting.seconds_in(prefer) == seconds
