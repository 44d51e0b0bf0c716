"""Following a gate: from Jira's acceptance until it is decided, every answer kept."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from devops_sync import delivery, tasks
from devops_sync.delivery import gating
from devops_sync.models import Deployment, Gate, Lane, Site
from tests.delivery.conftest import Submit, deliver
from tests.payloads import MISSING, deployment
from tests.sandbox_process import Sandbox

KEY = ("checkout-api", "staging", 1)
ASKING = {"state": "pending", "commands": [{"command": "initiate_deployment_gating"}]}
NO_DATA = '[{"message": "No data found for the given deployment ID."}]'


@pytest.fixture
def gate(lane: Lane, submit: Submit) -> Gate:
    submit(deployment(**ASKING))
    deliver(lane)
    return Gate.objects.get()


@pytest.fixture
def answering(sandbox: Sandbox) -> Callable[..., None]:
    """Let Jira give this answer to the question for a gate."""

    def answer(status: int, body: str = "", **more: Any) -> None:
        sandbox.settings(answer={"path": "/gating-status", "status": status, "body": body, **more})

    return answer


def follow(gate: Gate) -> Gate:
    """Ask for the gate now, due or not."""
    Gate.objects.filter(pk=gate.pk).update(due_at=timezone.now())
    delivery.follow_due()
    gate.refresh_from_db()
    return gate


def test_a_gate_is_followed_once_jira_has_accepted_the_deployment(lane: Lane, submit: Submit) -> None:
    submit(deployment(**ASKING))
    assert not Gate.objects.exists()
    deliver(lane)
    gate = Gate.objects.get()
    assert (gate.key, gate.status, gate.stopped_at) == ('["checkout-api","staging",1]', "", None)
    assert gate.due_at - gate.asked_at == dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    "changes",
    [{"state": "pending"}, {"state": "pending", "commands": [{"command": "another"}]}, {"commands": MISSING}],
)
def test_a_deployment_that_asks_for_none_has_no_gate(lane: Lane, submit: Submit, changes: dict[str, Any]) -> None:
    submit(deployment(**changes))
    deliver(lane)
    assert not Gate.objects.exists()


def test_a_rejected_deployment_has_no_gate(lane: Lane, submit: Submit) -> None:
    submit(deployment(**ASKING, associations=[{"associationType": "issueKeys", "values": ["NOPE-1"]}]))
    deliver(lane)
    assert not Gate.objects.exists()


def test_what_jira_says_is_kept_with_its_issue_and_its_time(gate: Gate, sandbox: Sandbox) -> None:
    follow(gate)
    assert (gate.status, gate.details) == (
        "awaiting",
        [{"issueKey": "CHG-1", "issueLink": f"{sandbox.url}/browse/CHG-1"}],
    )
    reading = gate.readings.get()
    assert (reading.http_status, reading.status, reading.read_at, reading.failure) == (
        200,
        "awaiting",
        gate.read_at,
        "",
    )
    assert b'"gatingStatus":"awaiting"' in bytes(reading.body).replace(b" ", b"")


@pytest.mark.parametrize("status", ["allowed", "prevented", "expired", "invalid"])
def test_a_decision_ends_it(gate: Gate, sandbox: Sandbox, status: str) -> None:
    follow(gate)
    sandbox.decide(KEY, status)
    follow(gate)
    assert (gate.status, gate.stop, gate.is_allowed) == (status, "decided", status == "allowed")
    follow(gate)
    assert [reading.status for reading in gate.readings.order_by("id")] == ["awaiting", status]


@pytest.mark.parametrize("status", ["awaiting", "ALLOWED", "allowed ", "postponed", "ällowed"])
def test_a_status_yet_unheard_of_is_kept_as_itself_and_allows_nothing(
    gate: Gate, sandbox: Sandbox, status: str
) -> None:
    sandbox.decide(KEY, status)
    follow(gate)
    assert (gate.status, gate.stopped_at, gate.is_allowed) == (status, None, False)


def test_the_pauses_grow_from_five_seconds_to_a_minute(gate: Gate) -> None:
    pauses = []
    with time_machine.travel(gate.due_at, tick=False) as clock:
        for _ in range(9):
            assert delivery.follow_due() == 1
            assert delivery.follow_due() == 0
            gate.refresh_from_db()
            pauses.append((gate.due_at - timezone.now()).total_seconds())
            clock.move_to(gate.due_at)
    assert pauses[:2] == [5.0, 7.5]
    assert pauses == sorted(pauses)
    assert pauses[-2:] == [60.0, 60.0]


def test_a_pause_that_jira_asks_for_is_kept(gate: Gate, answering: Callable[..., None]) -> None:
    answering(429, headers={"Retry-After": "90"})
    asked_at = timezone.now()
    follow(gate)
    assert gate.due_at >= asked_at + dt.timedelta(seconds=90)
    assert (gate.stopped_at, gate.readings.get().failure) == (None, "Jira answered 429.")


def test_that_jira_does_not_know_it_yet_is_no_news(gate: Gate, answering: Callable[..., None]) -> None:
    answering(404, NO_DATA)
    follow(gate)
    assert (gate.status, gate.stopped_at) == ("", None)
    assert gate.readings.get().failure == "Jira answered 404."
    follow(gate)
    assert gate.status == "awaiting"


def test_what_jira_never_knew_is_given_up_after_an_hour(gate: Gate, answering: Callable[..., None]) -> None:
    answering(404, NO_DATA)
    Gate.objects.update(asked_at=timezone.now() - dt.timedelta(minutes=61))
    assert follow(gate).stop == "never_found"


@pytest.mark.parametrize("how", ["401", "403", "404"])
def test_a_credential_that_may_not_ask_ends_it(gate: Gate, sandbox: Sandbox, how: str) -> None:
    sandbox.settings(gating=how)
    follow(gate)
    assert (gate.stop, gate.status) == ("not_available", "")
    assert gate.readings.get().failure == "Gating status is not available with this credential."


@pytest.mark.parametrize("state", ["in_progress", "cancelled"])
def test_it_ends_when_the_deployment_is_no_longer_pending(
    gate: Gate, submit: Submit, sandbox: Sandbox, state: str
) -> None:
    submit(deployment(sequence=2, state=state))
    follow(gate)
    assert (gate.stop, gate.readings.count()) == ("left_pending", 0)


def test_it_ends_when_the_deployment_is_deleted(gate: Gate) -> None:
    Deployment.objects.update(deleted_at=timezone.now())
    assert follow(gate).stop == "left_pending"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"gatingStatus": ""}', '{"gatingStatus": 1}', "<html>", "\xff"])
def test_an_answer_that_says_nothing_is_asked_again(gate: Gate, answering: Callable[..., None], body: str) -> None:
    answering(200, body)
    follow(gate)
    assert (gate.status, gate.stopped_at) == ("", None)
    assert gate.readings.get().failure == "Jira answered without a gating status."


@pytest.mark.parametrize("status", ["all\\u0000owed", "x" * 300, "\\ud83d\\ude00", "\\ud800"])
def test_a_hostile_status_stops_nothing(gate: Gate, answering: Callable[..., None], status: str) -> None:
    answering(200, f'{{"gatingStatus": "{status}", "details": [{{"issueKey": "{status}"}}]}}')
    follow(gate)
    assert (gate.readings.count(), gate.stopped_at, gate.is_allowed) == (1, None, False)


def test_a_jira_that_does_not_answer_is_asked_again(gate: Gate, site: Site) -> None:
    Site.objects.update(url="http://127.0.0.1:9", api_url="http://127.0.0.1:9")
    follow(gate)
    reading = gate.readings.get()
    assert (gate.stopped_at, reading.http_status, reading.failure) == (None, None, "The connection was refused.")


def test_asking_again_for_a_gate_follows_it_again(gate: Gate, submit: Submit, lane: Lane) -> None:
    Gate.objects.update(status="expired", stop="decided", stopped_at=timezone.now())
    submit(deployment(sequence=2, **ASKING))
    deliver(lane)
    gate.refresh_from_db()
    assert (gate.status, gate.stopped_at, gate.entry.sequence) == ("", None, 2)


def test_an_answer_that_was_overtaken_changes_nothing(gate: Gate, sandbox: Sandbox) -> None:
    follow(gate)
    Gate.objects.update(status="prevented", read_at=timezone.now() + dt.timedelta(seconds=30))
    follow(gate)
    assert (gate.status, gate.readings.count()) == ("prevented", 2)


def test_a_gate_in_another_workers_hands_is_left_to_it(gate: Gate) -> None:
    gates = list(Gate.objects.all())
    Gate.objects.update(due_at=timezone.now() + dt.timedelta(seconds=100))
    assert delivery.follow_due() == 0
    assert gates[0].readings.count() == 0


def test_a_connect_app_asks_on_the_sites_own_path(sandbox: Sandbox, site: Site, lane: Lane, submit: Submit) -> None:
    site.client_id, site.secret = sandbox.connect_app()
    site.auth = Site.Auth.CONNECT
    site.save()
    submit(deployment(**ASKING, pipeline={"id": "group/project", "displayName": "x", "url": "https://ci.example/x"}))
    deliver(lane)
    assert follow(Gate.objects.get()).status == "awaiting"


def test_the_sweep_rings_for_what_is_due_only(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    # What is noted in the audit log is rung for too, whenever that is due.
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda task, *_, **__: rung.append(task.name))
    tasks.sweep()
    assert tasks.follow_gates.name not in rung
    Gate.objects.update(due_at=timezone.now())
    tasks.sweep()
    assert rung.count(tasks.follow_gates.name) == 1


def test_the_first_pauses() -> None:
    assert [gating.pause(tries).total_seconds() for tries in range(4)] == [5.0, 7.5, 11.25, 16.875]
