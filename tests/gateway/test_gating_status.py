"""Gating status through the gateway: Jira's own answer, passed on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from devops_sync.models import Gate, Lane, Site
from tests import payloads
from tests.delivery.conftest import deliver
from tests.gateway.conftest import make_token
from tests.sandbox_fixtures import connected
from tests.sandbox_process import Sandbox

ASKING = {"state": "pending", "commands": [{"command": "initiate_deployment_gating"}]}
PIPELINE = {"id": "group/project", "displayName": "project", "url": "https://ci.example/project"}
PATH = "/rest/deployments/0.1/pipelines/group%2Fproject/environments/staging/deployments/1/gating-status"
NOT_AVAILABLE = [{"message": "Gating status is not available with this credential."}]

Get = Callable[..., Any]


@pytest.fixture
def site(sandbox: Sandbox, db: None) -> Site:
    return connected(sandbox)


@pytest.fixture
def get(client: Client, bearer: str) -> Get:
    return lambda path=PATH, token=bearer: client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def gated(site: Site, post: Any) -> Lane:
    post(
        payloads.bulk(payloads.deployment(**ASKING, pipeline=PIPELINE)),
        path="/rest/deployments/0.1/bulk",
    )
    return deliver(Lane.objects.get(site=site, api="deployments"))


@pytest.mark.parametrize("status", ["awaiting", "allowed", "prevented", "something new"])
def test_it_is_jiras_own_answer(get: Get, gated: Lane, sandbox: Sandbox, status: str) -> None:
    sandbox.decide(("group/project", "staging", 1), status)
    answer = get()
    path = "/pipelines/group%2Fproject/environments/staging/deployments/1/gating-status"
    own = sandbox.client().get(f"{sandbox.gateway}{path}")
    assert (answer.status_code, answer.json()) == (200, own.json())
    assert answer.json()["gatingStatus"] == status


def test_the_answer_is_kept_with_the_gate(get: Get, gated: Lane) -> None:
    get()
    gate = Gate.objects.get()
    assert (gate.status, gate.readings.count()) == ("awaiting", 1)


def test_under_both_families_of_paths(get: Get, gated: Lane, site: Site) -> None:
    tail = PATH.removeprefix("/rest/deployments/0.1")
    bases = (f"/jira/deployments/0.1/cloud/{site.cloud_id}", "/s/demo/rest/deployments/0.1")
    assert [get(f"{base}{tail}").status_code for base in bases] == [200, 200]


def test_what_jira_does_not_know_is_its_404(get: Get) -> None:
    answer = get()
    assert (answer.status_code, answer.json()[0]["message"]) == (404, "No data found for the given deployment ID.")


@pytest.mark.parametrize("how", ["401", "403", "404"])
def test_a_credential_that_may_not_ask_is_told_so(get: Get, gated: Lane, sandbox: Sandbox, how: str) -> None:
    sandbox.settings(gating=how)
    answer = get()
    assert (answer.status_code, answer.json()) == (404, NOT_AVAILABLE)


def test_a_rate_limit_is_passed_on_with_its_pause(get: Get, sandbox: Sandbox) -> None:
    sandbox.settings(answer={"path": "/gating-status", "status": 429, "headers": {"Retry-After": "17"}})
    answer = get()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")


def test_a_jira_that_does_not_answer_is_503_with_a_sentence(get: Get) -> None:
    Site.objects.update(url="http://127.0.0.1:9", api_url="http://127.0.0.1:9")
    answer = get()
    assert (answer.status_code, answer.json()) == (503, [{"message": "The connection was refused."}])


def test_a_site_that_has_moved_is_503(get: Get, sandbox: Sandbox) -> None:
    sandbox.settings(answer={"path": "/gating-status", "status": 302})
    assert get().status_code == 503


@pytest.mark.parametrize("number", ["x", "1.5", "9" * 30, "%00"])
def test_a_number_that_is_none_names_nothing(get: Get, sandbox: Sandbox, number: str) -> None:
    assert get(PATH.replace("/deployments/1/", f"/deployments/{number}/")).status_code == 404
    assert not any("gating-status" in one["path"] for one in sandbox.requests())


def test_it_takes_the_scope_read(get: Get, site: Site) -> None:
    assert get(token=make_token(site, "write", name="writer")).status_code == 403


def test_only_deployments_have_gates(get: Get) -> None:
    assert get("/rest/builds/0.1/pipelines/x/builds/1/gating-status").status_code == 404
