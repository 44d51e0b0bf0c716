"""One worker holds a lane at a time, and what a worker that lost it still knows is not written."""

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from devops_sync import delivery
from devops_sync.delivery import lanes, leases
from devops_sync.jira import client as jira
from devops_sync.models import Delivery, Entry, Lane
from devops_sync.models.lane import LEASE
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment
from tests.sandbox_process import Sandbox


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_lane_send_everything_once_and_in_order(
    lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    sandbox.settings(delay=0)
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                delivery.run(lane.pk)
                time.sleep(0.001)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        running = [workers.submit(work) for _ in range(2)]
        try:
            for sequence in range(1, 31):
                submit(*[deployment(number, sequence) for number in range(3)])
            deadline = time.monotonic() + 30
            while Entry.objects.waiting().exists() and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            stop.set()
        for done in running:
            done.result()

    assert set(outcomes()) == {"accepted"}
    assert {held["sequence"] for held in sandbox.held().values()} == {30}
    sent = [entry for one in Delivery.objects.order_by("id") for entry in one.entry_ids]
    assert sorted(sent) == sorted(set(sent)), "an entry was sent twice"
    assert sent == sorted(sent), "the order of arrival was not kept"


def test_a_lane_that_somebody_holds_is_left_to_them(lane: Lane, submit: Submit) -> None:
    submit(deployment())
    Lane.objects.update(leased_by="another", leased_until=timezone.now() + LEASE)
    assert deliver(lane).leased_by == "another"
    assert outcomes() == ["waiting"]


def test_a_lease_that_ran_out_is_taken_over(lane: Lane, submit: Submit) -> None:
    submit(deployment())
    Lane.objects.update(leased_by="dead", leased_until=timezone.now() - dt.timedelta(seconds=1), fence=7)
    assert deliver(lane).fence == 8
    assert outcomes() == ["accepted"]


def test_a_worker_that_lost_its_lane_writes_no_outcome(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(deployment())
    original = jira.Client.send

    def taken_over_meanwhile(client: jira.Client, *arguments: Any) -> jira.Answer:
        answer = original(client, *arguments)
        Lane.objects.update(fence=99, leased_by="the new holder")
        return answer

    monkeypatch.setattr(jira.Client, "send", taken_over_meanwhile)
    deliver(lane)
    assert outcomes() == ["waiting"]
    assert (lane.fence, lane.leased_by) == (99, "the new holder")
    assert Delivery.objects.get().status == 202, "that it went out stays on record"


def test_one_turn_is_limited_and_asks_to_be_rung_again(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(deployment())
    monkeypatch.setattr(lanes, "TURN_SECONDS", 0.0)
    assert delivery.run(lane.pk) is True
    assert outcomes() == ["waiting"]


def test_large_entries_leave_in_requests_of_a_megabyte(lane: Lane, submit: Submit) -> None:
    submit(*[deployment(number, padding="x" * 300_000) for number in range(7)])
    deliver(lane)
    sizes = [len(one.request_body) for one in Delivery.objects.all()]
    assert len(sizes) == 3
    assert max(sizes) < 1_100_000


def test_a_request_whose_worker_died_is_closed_by_the_next_holder(lane: Lane, submit: Submit) -> None:
    submit(deployment())
    entry = Entry.objects.get()
    left = Delivery.objects.create(
        lane=lane,
        fence=lane.fence,
        entry_ids=[entry.pk],
        method="POST",
        url="https://x.example",
        request_headers={},
        request_body=b"",
        request_sha256=b"",
        started_at=timezone.now(),
    )
    deliver(lane)
    left.refresh_from_db()
    assert left.finished_at is not None
    assert left.failure == "Its worker ended before an answer was written down."
    assert outcomes() == ["accepted"]


def test_a_failure_of_our_own_lets_the_lane_sleep_longer_each_time(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(deployment())

    def stumble(*_: object, **__: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(lanes.outcomes, "of_submission", stumble)
    for failures in (1, 2):
        Lane.objects.update(wake_at=None)
        deliver(lane)
        assert (lane.failures, lane.leased_until) == (failures, None)
        assert lane.wake_at is not None
    assert lane.slept_for.startswith("Waybill could not handle what came back")
    assert outcomes() == ["waiting"]


def test_a_failure_of_our_own_after_a_good_answer_counts_on(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(deployment())

    def stumble(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(lanes.settling, "settle_entries", stumble)
    deliver(lane)
    began = lane.failing_since
    assert began is not None
    Lane.objects.update(wake_at=None)
    deliver(lane)
    assert (lane.failures, lane.failing_since) == (2, began)


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_jira_takes_its_time(
    lane: Lane, submit: Submit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(deployment())
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.1)
    sandbox.settings(answer={"path": "/bulk", "status": 503, "hold": 1.0})
    with ThreadPoolExecutor(1) as workers:
        running = workers.submit(lambda: (delivery.run(lane.pk), connection.close()))
        time.sleep(0.3)
        first = Lane.objects.get(pk=lane.pk).leased_until
        time.sleep(0.3)
        second = Lane.objects.get(pk=lane.pk).leased_until
        running.result()
    assert first is not None
    assert second is not None
    assert second > first
    assert Lane.objects.get(pk=lane.pk).leased_until is None


@pytest.mark.django_db(transaction=True)
def test_a_lane_that_somebody_locks_does_not_cost_the_others_their_leases(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_LOCK_MILLISECONDS", 50)
    other = Lane.objects.get(site=lane.site, api="builds")
    holds = [leases.take(one.pk, timezone.now()) for one in (lane, other)]
    held = [hold for hold in holds if hold is not None]
    before = Lane.objects.get(pk=other.pk).leased_until
    with ThreadPoolExecutor(1) as beside, transaction.atomic():
        Lane.objects.select_for_update().get(pk=lane.pk)
        beside.submit(lambda: (leases._heart._renew(held), connection.close())).result()
    after = Lane.objects.get(pk=other.pk).leased_until
    for hold in held:
        hold.give_back()
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.parametrize("change", [{"wake_at": 600, "slept_at": 3600}, {"leased_until": 3600}])
def test_a_clock_that_was_set_back_does_not_stop_a_lane(lane: Lane, submit: Submit, change: dict[str, int]) -> None:
    submit(deployment())
    now = timezone.now()
    Lane.objects.update(**{name: now + dt.timedelta(seconds=ahead) for name, ahead in change.items()})
    deliver(lane)
    assert outcomes() == ["accepted"]


def test_a_lane_that_was_held_meanwhile_sends_nothing_more(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(deployment(1))
    submit(deployment(2), properties={"other": "envelope"})
    original = jira.Client.send

    def held_meanwhile(client: jira.Client, *arguments: Any) -> jira.Answer:
        answer = original(client, *arguments)
        Lane.objects.update(held_at=timezone.now(), held_reason="Somebody wants it to stop.")
        return answer

    monkeypatch.setattr(jira.Client, "send", held_meanwhile)
    deliver(lane)
    assert outcomes() == ["accepted", "waiting"]
    assert (lane.held_reason, lane.leased_until) == ("Somebody wants it to stop.", None)
