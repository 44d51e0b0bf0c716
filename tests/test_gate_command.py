"""`manage.py gate`: a pipeline waits for a decision, and its exit code is the answer."""

import json
import threading

import pytest
from django.utils import timezone

from devops_sync import ledger
from devops_sync.delivery import gating
from devops_sync.models import Lane, Site
from tests import payloads
from tests.delivery.conftest import deliver
from tests.sandbox_fixtures import connected
from tests.sandbox_process import Sandbox
from tests.test_setting_up import run

pytestmark = pytest.mark.django_db

KEY = ("checkout-api", "staging", 1)
ASKING = {"state": "pending", "commands": [{"command": "initiate_deployment_gating"}]}


@pytest.fixture(autouse=True)
def _asks_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gating, "FIRST_PAUSE", 0.05)


@pytest.fixture
def site(sandbox: Sandbox) -> Site:
    return connected(sandbox)


@pytest.fixture
def gated(site: Site) -> Lane:
    body = payloads.bulk(payloads.deployment(**ASKING))
    ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site))
    return deliver(Lane.objects.get(site=site, api="deployments"))


def gate(*more: str) -> tuple[int, str]:
    return run("gate", "checkout-api", "staging", "1", "--site", "demo", *more)


@pytest.mark.parametrize(
    ("status", "code"),
    [("allowed", 0), ("prevented", 1), ("expired", 1), ("invalid", 1), ("awaiting", 3), ("ALLOWED", 3), ("new", 3)],
)
def test_the_exit_code_is_the_answer(gated: Lane, sandbox: Sandbox, status: str, code: int) -> None:
    sandbox.decide(KEY, status)
    assert gate() == (code, f"The gate is {status} (CHG-1).\n")


def test_it_waits_for_the_decision(gated: Lane, sandbox: Sandbox) -> None:
    decision = threading.Timer(0.3, sandbox.decide, (KEY, "allowed"))
    decision.start()
    assert gate("--wait", "30s") == (0, "The gate is allowed (CHG-1).\n")
    decision.join()
    assert len([one for one in sandbox.requests() if "gating-status" in one["path"]]) > 1


def test_it_waits_no_longer_than_told(gated: Lane, sandbox: Sandbox) -> None:
    assert gate("--wait", "1s")[0] == 3


def test_it_waits_for_a_deployment_that_jira_does_not_know_yet(site: Site) -> None:
    assert gate("--wait", "1s") == (3, "Jira answered 404 without a gating status.\n")


def test_as_json(gated: Lane, sandbox: Sandbox) -> None:
    sandbox.decide(KEY, "prevented")
    code, said = gate("--json")
    assert (code, json.loads(said)) == (
        1,
        {
            "site": "demo",
            "pipeline": "checkout-api",
            "environment": "staging",
            "number": 1,
            "status": "prevented",
            "issues": [{"key": "CHG-1", "url": f"{sandbox.url}/browse/CHG-1"}],
            "problem": "",
        },
    )


def test_a_credential_that_may_not_ask_ends_the_wait_at_once(gated: Lane, sandbox: Sandbox) -> None:
    sandbox.settings(gating="403")
    assert gate("--wait", "30m") == (3, "Gating status is not available with this credential.\n")


def test_a_jira_that_cannot_be_reached_is_exit_3(site: Site) -> None:
    Site.objects.update(api_url="http://127.0.0.1:9")
    assert gate() == (3, "The connection was refused.\n")


def test_an_unknown_site_is_exit_1() -> None:
    assert gate() == (1, "There is no site with the name 'demo'.\n")


@pytest.mark.parametrize("wait", ["", "soon", "-1s", "30", "1.5m"])
def test_a_wait_that_is_none_is_wrong_use(site: Site, wait: str) -> None:
    assert gate(f"--wait={wait}")[0] == 2
