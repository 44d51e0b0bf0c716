"""Who rings for a lane: the submission at once, and beat for whatever that missed. Each is tried without the other."""

import datetime as dt
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import doorbell, ledger, tasks
from devops_sync.delivery import clients
from devops_sync.jira import client as jira
from devops_sync.models import Delivery, Entry, Errand, Lane, Site, Submission
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment
from tests.sandbox_process import Sandbox


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The arguments of every message that would have gone to the broker."""
    sent: list[Any] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda arguments=(), **_: sent.append(tuple(arguments)))
    monkeypatch.setattr(tasks.read_back, "apply_async", lambda arguments=(), **_: sent.append("read-back"))
    # What is noted in the audit log waits for its place there whatever else happens.
    monkeypatch.setattr(tasks.seal_audit_log, "apply_async", lambda **_: None)
    return sent


def test_a_submission_rings_once_it_is_committed(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    with django_capture_on_commit_callbacks() as callbacks:
        submit(deployment())
    assert not rung
    for callback in callbacks:
        callback()
    assert rung == [lane.pk]


def test_the_doorbell_sends_one_message_for_rings_that_come_together(rung: list[Any]) -> None:
    for _ in range(50):
        doorbell.ring(4711)
    until = time.monotonic() + 5
    while not rung and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    assert set(rung) == {(4711,)}
    assert len(rung) < 10


def test_beat_rings_for_what_is_due_and_for_nothing_else(lane: Lane, submit: Submit, rung: list[Any]) -> None:
    tasks.sweep()
    assert rung == []
    submit(deployment())
    tasks.sweep()
    assert rung == [(lane.pk,)]
    rung.clear()
    Lane.objects.update(wake_at=timezone.now() + dt.timedelta(minutes=1))
    tasks.sweep()
    assert rung == []


def test_beat_rings_for_read_backs_that_are_due(lane: Lane, submit: Submit, rung: list[Any]) -> None:
    submit(deployment())
    deliver(lane)
    ledger.ask_read_back(Entry.objects.get(), None, timezone.now())
    tasks.sweep()
    assert rung == ["read-back"]


def test_a_version_never_overtakes_an_earlier_one_in_another_envelope(lane: Lane, submit: Submit) -> None:
    submit(deployment(1), properties={"team": "a"})
    submit(deployment(2, 1), properties={"team": "b"})
    submit(deployment(2, 2), properties={"team": "a"})
    deliver(lane)
    sent = [sequence for one in Delivery.objects.order_by("id") for sequence in _sequences(one)]
    assert sent == [1, 1, 2]


def _sequences(one: Delivery) -> list[int]:
    return [Entry.objects.get(pk=pk).sequence or 0 for pk in one.entry_ids]


def test_an_entity_that_the_receipt_does_not_name_is_not_called_accepted(
    lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    submit(deployment())
    sandbox.settings(answer={"path": "/bulk", "status": 202, "body": "{}"})
    deliver(lane)
    assert outcomes() == ["rejected"]
    assert Entry.objects.get().messages == ["Jira answered 202 without naming this entity."]


def test_only_the_sandbox_may_be_reached_by_http(site: Site) -> None:
    assert clients.client_of(site)
    clients._clients.clear()
    site.is_sandbox = False
    with pytest.raises(jira.NotAllowed):
        clients.client_of(site)


class TestReadiness:
    def test_nothing_due_is_ready(self, client: Client, site: Site) -> None:
        assert client.get("/readyz").json() == {"status": "ok", "oldest_due_seconds": 0.0}

    def test_due_work_that_has_waited_for_long_is_not(self, client: Client, lane: Lane, submit: Submit) -> None:
        submit(deployment())
        assert client.get("/readyz").status_code == 200
        Submission.objects.update(received_at=timezone.now() - dt.timedelta(minutes=6))
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["oldest_due_seconds"] > 350) == (503, True)

    def test_what_is_sent_again_is_not_due_while_it_is_paused_or_gives_way(
        self, client: Client, site: Site, submit: Submit
    ) -> None:
        beside = Lane.objects.create(site=site, api="deployments", priority=Lane.Priority.RESENT)
        paused = Errand.objects.create(
            site=site, purpose=Errand.Purpose.RESEND, state=Errand.State.PAUSED, asked_at=timezone.now(), what="all"
        )
        submit(deployment(1))
        Submission.objects.update(received_at=timezone.now() - dt.timedelta(minutes=6), errand=paused)
        Entry.objects.update(lane=beside)
        assert client.get("/readyz").status_code == 200

        paused.state = Errand.State.RUNNING
        paused.save()
        assert client.get("/readyz").status_code == 503

        submit(deployment(2))
        Lane.objects.live().update(wake_at=timezone.now() + dt.timedelta(hours=1), slept_at=timezone.now())
        assert client.get("/readyz").status_code == 200

    def test_a_held_lane_is_for_a_person_and_not_for_a_probe(self, client: Client, lane: Lane, submit: Submit) -> None:
        submit(deployment())
        Submission.objects.update(received_at=timezone.now() - dt.timedelta(hours=6))
        Lane.objects.update(held_at=timezone.now())
        assert client.get("/readyz").status_code == 200
