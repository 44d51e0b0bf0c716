"""The gate on a deployment's page: Jira's words, and nothing that Jira did not say."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devops_sync.models import Deployment, Gate, GateReading, Site
from tests import builders

CHANGE = {"issueKey": "CHG-20417", "issueLink": "https://retail.example/browse/CHG-20417"}


@pytest.fixture
def gated(retail: Site) -> Deployment:
    return builders.deployment(retail, state="pending", gated=True)


def gate(of: Deployment, status: str = "awaiting", **more: Any) -> Gate:
    now = timezone.now()
    facts: dict[str, Any] = {
        "asked_at": now,
        "read_at": now,
        "due_at": now + dt.timedelta(seconds=60),
        "details": [CHANGE],
        "tries": 1,
    }
    made = Gate.objects.create(site=of.site, key=of.key, entry=of.entry, status=status, **facts | more)
    GateReading.objects.create(gate=made, read_at=now, http_status=200, status=status, body=b"{}")
    return made


def page(client: Client, of: Deployment) -> str:
    answer = client.get(f"/deployments/{of.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_names_the_change_and_when_it_is_asked_again(viewer: Client, gated: Deployment) -> None:
    gate(gated)
    html = page(viewer, gated)
    assert "Gate: awaiting approval" in html
    assert f'<a href="{CHANGE["issueLink"]}" rel="noopener noreferrer external">CHG-20417</a>' in html
    assert "again after 1 min" in html


@pytest.mark.parametrize("status", ["allowed", "prevented", "expired", "invalid"])
def test_a_decision_is_told_as_jira_says_it(viewer: Client, gated: Deployment, status: str) -> None:
    gate(gated, status, stop="decided", stopped_at=timezone.now())
    html = page(viewer, gated)
    assert f"Gate: {status}" in html
    assert "again after" not in html


@pytest.mark.parametrize("status", ["ALLOWED", "postponed", "<b>x</b>"])
def test_what_nobody_has_heard_of_is_shown_as_itself(viewer: Client, gated: Deployment, status: str) -> None:
    gate(gated, status)
    html = page(viewer, gated)
    assert f"Gate: “{status.replace('<', '&lt;').replace('>', '&gt;')}”" in html
    assert "Gate: allowed" not in html


def test_a_credential_that_may_not_ask_is_told(viewer: Client, gated: Deployment) -> None:
    gate(gated, "", details=[], stop="not_available", stopped_at=timezone.now())
    html = page(viewer, gated)
    assert "Gate: not available" in html
    assert "Gating status is not available with this credential." in html


WORDS = {
    "awaiting": "Awaiting gate",
    "allowed": "Gate allowed",
    "prevented": "Gate prevented",
    "expired": "Gate expired",
    "invalid": "Gate invalid",
    "ALLOWED": "Gate “ALLOWED”",
    "<b>x</b>": "Gate “&lt;b&gt;x&lt;/b&gt;”",
}


@pytest.mark.parametrize("status", WORDS)
@pytest.mark.parametrize("address", ["/deployments/", "/"])
def test_lists_say_what_jira_said(viewer: Client, gated: Deployment, address: str, status: str) -> None:
    gate(gated, status)
    html = viewer.get(address).content.decode()
    assert [word for word in WORDS.values() if word in html] == [WORDS[status]]


@pytest.mark.parametrize("address", ["/deployments/", "/"])
def test_lists_say_awaiting_until_jira_said_anything(viewer: Client, gated: Deployment, address: str) -> None:
    assert "Awaiting gate" in viewer.get(address).content.decode()


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("awaiting", "1 waits at a gate."),
        ("allowed", "Nothing failed, and nothing waits at a gate."),
        ("prevented", "1 was stopped at a gate."),
        ("ALLOWED", "1 waits at a gate."),
    ],
)
def test_the_overview_counts_what_still_waits(viewer: Client, gated: Deployment, status: str, says: str) -> None:
    gate(gated, status)
    assert says in viewer.get("/").content.decode()


@pytest.mark.parametrize(("status", "count"), [("awaiting", 1), ("allowed", 0), ("prevented", 1)])
def test_what_needs_a_look_is_not_what_was_allowed(viewer: Client, gated: Deployment, status: str, count: int) -> None:
    gate(gated, status)
    assert viewer.get("/?show=look").content.decode().count('id="cell-') == count


@pytest.mark.parametrize("address", ["/deployments/", "/"])
def test_many_gates_take_one_query(
    viewer: Client, retail: Site, address: str, django_assert_max_num_queries: Any
) -> None:
    def asked(count: int) -> int:
        for number in range(count):
            gate(builders.deployment(retail, f"p-{count}-{number}", state="pending", gated=True))
        cache.clear()
        with django_assert_max_num_queries(40) as counted:
            viewer.get(address)
        return len(counted)

    assert asked(2) == asked(20)


def test_the_same_key_of_another_site_says_nothing_here(viewer: Client, gated: Deployment, foreign: Site) -> None:
    other = builders.deployment(foreign, gated.pipeline_id, gated.environment_id, number=gated.number, gated=True)
    gate(other, "allowed")
    assert "Awaiting gate" in viewer.get("/deployments/").content.decode()


def test_a_link_that_is_none_is_text(viewer: Client, gated: Deployment) -> None:
    gate(gated, details=[{"issueKey": "CHG-1", "issueLink": "javascript:alert(1)"}])
    html = page(viewer, gated)
    assert "CHG-1" in html
    assert "javascript:" not in html


def test_a_deployment_without_a_gate_has_no_such_part(viewer: Client, retail: Site) -> None:
    assert "gate-title" not in page(viewer, builders.deployment(retail))


def test_the_gate_of_another_site_is_not_shown(viewer: Client, gated: Deployment, foreign: Site) -> None:
    other = builders.deployment(foreign, gated.pipeline_id, gated.environment_id, number=gated.number, gated=True)
    gate(other)
    assert "gate-title" not in page(viewer, gated)


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("auditor", 403), ("release-manager", 302), ("admin", 302)]
)
def test_who_may_have_it_read_again(
    role: str, status: int, gated: Deployment, signed_in: Callable[..., Client]
) -> None:
    made = gate(gated, "", stop="not_available", stopped_at=timezone.now())
    client = signed_in(role)
    assert ("gate-again" in page(client, gated)) is (status == 302)
    assert client.post(f"/deployments/{gated.pk}/gate").status_code == status
    assert Gate.objects.due(timezone.now()).filter(pk=made.pk).exists() is (status == 302)


def test_there_is_nothing_to_read_again_without_a_gate_or_on_a_foreign_site(
    admin: Client, gated: Deployment, foreign: Site
) -> None:
    other = builders.deployment(foreign, state="pending", gated=True)
    gate(other)
    assert [admin.post(f"/deployments/{one.pk}/gate").status_code for one in (gated, other)] == [404, 404]
