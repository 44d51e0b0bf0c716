"""Gating: a deployment that asks for it waits for a decision, which a person or a test makes."""

from typing import Any

import pytest
import requests

from tests.sandbox.samples import WHERE, bulk, deployment
from tests.sandbox_process import Sandbox

KEY = ("checkout-api", "production-eu", 100)
COMMAND = [{"command": "initiate_deployment_gating"}]


def submit(sandbox: Sandbox, sequence: int = 1, **changes: Any) -> None:
    sent = deployment(sequence=sequence, **{"state": "pending", "commands": COMMAND, **changes})
    answer = sandbox.client().post(f"{sandbox.gateway}/bulk", json=bulk(sent)).json()
    assert answer["rejectedDeployments"] == []


def ask(sandbox: Sandbox, client: requests.Session | None = None) -> requests.Response:
    return (client or sandbox.client()).get(f"{sandbox.gateway}{WHERE}/gating-status")


def test_it_awaits_a_decision_first(sandbox: Sandbox) -> None:
    submit(sandbox)
    answer = ask(sandbox)
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("updatedTimestamp").endswith("Z")
    assert told == {
        "deploymentSequenceNumber": 100,
        "pipelineId": "checkout-api",
        "environmentId": "production-eu",
        "gatingStatus": "awaiting",
        "details": [{"type": "issue", "issueKey": "CHG-1", "issueLink": f"{sandbox.url}/browse/CHG-1"}],
    }


@pytest.mark.parametrize("status", ["allowed", "prevented", "expired", "invalid", "postponed"])
def test_a_test_decides(sandbox: Sandbox, status: str) -> None:
    submit(sandbox)
    before = ask(sandbox).json()["updatedTimestamp"]
    sandbox.decide(KEY, status)
    told = ask(sandbox).json()
    assert (told["gatingStatus"], told["updatedTimestamp"] > before) == (status, True)
    assert sandbox.gates() == {KEY: status}


def test_there_is_no_data_until_it_is_stored(sandbox: Sandbox) -> None:
    sandbox.settings(delay=60)
    submit(sandbox)
    answer = ask(sandbox)
    assert (answer.status_code, answer.json()[0]["message"]) == (404, "No data found for the given deployment ID.")
    sandbox.settings(delay=0)
    assert ask(sandbox).status_code == 200


def test_without_the_command_there_is_no_gate(sandbox: Sandbox) -> None:
    submit(sandbox, commands=None)
    assert (ask(sandbox).status_code, sandbox.gates()) == (404, {})


def test_only_a_pending_deployment_can_ask(sandbox: Sandbox) -> None:
    sent = deployment(state="in_progress", commands=COMMAND)
    answer = sandbox.client().post(f"{sandbox.gateway}/bulk", json=bulk(sent)).json()
    assert "gating only while 'state' is pending" in answer["rejectedDeployments"][0]["errors"][0]["message"]
    assert sandbox.gates() == {}


def test_the_decision_outlives_later_versions_and_repeats(sandbox: Sandbox) -> None:
    submit(sandbox)
    sandbox.decide(KEY, "allowed")
    submit(sandbox)
    submit(sandbox, 2)
    submit(sandbox, 3, state="in_progress", commands=None)
    assert (ask(sandbox).json()["gatingStatus"], len(sandbox.gates())) == ("allowed", 1)


def test_a_deleted_deployment_takes_its_gate_along(sandbox: Sandbox) -> None:
    submit(sandbox)
    sandbox.client().delete(sandbox.gateway + WHERE)
    assert (ask(sandbox).status_code, sandbox.gates()) == (404, {})
    submit(sandbox)
    assert ask(sandbox).json()["details"][0]["issueKey"] == "CHG-2"


def test_another_credential_does_not_see_it(sandbox: Sandbox) -> None:
    submit(sandbox)
    where = f"{sandbox.site('deployments')}{WHERE}/gating-status"
    assert sandbox.connect_client().get(where).status_code == 404


@pytest.mark.parametrize(("gating", "status"), [("unavailable", 403), ("401", 401), ("403", 403), ("404", 404)])
def test_gating_can_be_kept_from_oauth_credentials(sandbox: Sandbox, gating: str, status: int) -> None:
    submit(sandbox)
    sandbox.settings(gating=gating)
    answer = ask(sandbox)
    assert (answer.status_code, answer.json()["code"]) == (status, status)
    where = sandbox.site("deployments")
    app = sandbox.connect_client()
    app.post(f"{where}/bulk", json=bulk(deployment(state="pending", commands=COMMAND)))
    assert app.get(f"{where}{WHERE}/gating-status").json()["gatingStatus"] == "awaiting"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": ["x", "y", 1], "status": "allowed"}, 404),
        ({"key": ["x", "y"], "status": "allowed"}, 400),
        ({"key": list(KEY), "status": "allowed", "credential": "nobody"}, 400),
        ({"key": list(KEY)}, 400),
        ({}, 400),
    ],
)
def test_a_decision_on_nothing_is_refused(sandbox: Sandbox, body: dict[str, Any], status: int) -> None:
    submit(sandbox)
    assert requests.post(f"{sandbox.url}/_sandbox/gates", json=body).status_code == status
    assert sandbox.gates() == {KEY: "awaiting"}


def test_an_unknown_way_of_gating_is_refused(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/settings", json={"gating": "maybe"})
    assert (answer.status_code, "available" in answer.json()[0]["message"]) == (400, True)
