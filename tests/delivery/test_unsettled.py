"""What nobody read the answer of may still reach Jira, and a deletion keeps its place all the same."""

import datetime as dt
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from devops_sync import ledger
from devops_sync.deletions import Asked
from devops_sync.delivery import leases
from devops_sync.jira import client as jira
from devops_sync.models import Deletion, Delivery, Lane, Site
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment
from tests.sandbox_process import Sandbox


def delete(site: Site, number: int) -> Deletion:
    key = ("checkout-api", "staging", number)
    return ledger.delete(site, Asked("deployments", timezone.now(), kind="deployment", key=key))


def left_by_a_dead_worker(lane: Lane, deletion: Deletion | None = None) -> Delivery:
    """A request that went out a moment ago, and whose worker died before it was answered."""
    Lane.objects.filter(pk=lane.pk).update(fence=7)
    return Delivery.objects.create(
        lane=lane,
        fence=7,
        entry_ids=[],
        deletion=deletion,
        method="POST",
        url="https://x.example",
        request_headers={},
        request_body=b"",
        request_sha256=b"",
        started_at=timezone.now(),
    )


def later(lane: Lane, seconds: float) -> None:
    """Let so much time pass for the lane."""
    lane.refresh_from_db()
    gone = dt.timedelta(seconds=seconds)
    Lane.objects.filter(pk=lane.pk).update(
        wake_at=lane.wake_at - gone if lane.wake_at else None,
        slept_at=lane.slept_at - gone if lane.slept_at else None,
        unsettled_until=lane.unsettled_until - gone if lane.unsettled_until else None,
    )


def test_a_deletion_waits_for_the_submission_of_a_dead_worker(site: Site, lane: Lane, submit: Submit) -> None:
    submit(deployment(1))
    deliver(lane)
    left_by_a_dead_worker(lane)
    deletion = delete(site, 1)
    deliver(lane)
    deletion.refresh_from_db()
    assert deletion.outcome == "waiting"
    assert lane.wake_at is not None
    assert "may still reach Jira" in lane.slept_for

    later(lane, 41)
    deliver(lane)
    deletion.refresh_from_db()
    assert (deletion.outcome, lane.wake_at, lane.slept_for) == ("accepted", None, "")


def test_a_database_that_goes_away_meanwhile_leaves_the_request_of_a_dead_worker_to_the_next(
    site: Site, lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = left_by_a_dead_worker(lane)
    submit(deployment(1))
    with monkeypatch.context() as patch:
        patch.setattr(leases.Hold, "change", _without_database)
        with pytest.raises(OperationalError):
            deliver(lane)
    left.refresh_from_db()
    assert left.finished_at is None
    deliver(lane)
    assert lane.unsettled_until is not None


def _without_database(*_: object, **__: object) -> None:
    raise OperationalError("the connection is closed")


def test_submissions_do_not_wait_for_the_submission_of_a_dead_worker(lane: Lane, submit: Submit) -> None:
    left_by_a_dead_worker(lane)
    submit(deployment(1))
    deliver(lane)
    assert outcomes() == ["accepted"]


def test_nothing_is_sent_after_the_deletion_of_a_dead_worker_until_it_has_arrived(
    site: Site, lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    deletion = delete(site, 1)
    left_by_a_dead_worker(lane, deletion)
    submit(deployment(1))
    deliver(lane)
    assert outcomes() == ["waiting"]
    assert sandbox.held() == {}
    later(lane, 41)
    deliver(lane)
    assert outcomes() == ["accepted"]
    assert len(sandbox.held()) == 1


@pytest.mark.parametrize("fault", [{"drop": True, "after": True}, {"hold": 1.5, "after": True}])
def test_a_request_of_ones_own_that_was_not_answered_counts_too(
    site: Site, lane: Lane, submit: Submit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(jira.exchange, "READ_SECONDS", 0.5)
    submit(deployment(1))
    sandbox.settings(answer={"path": "/bulk", "status": 202, **fault})
    deliver(lane)
    assert lane.unsettled_until is not None
    assert not lane.unsettled_deletion


def test_a_refused_connection_leaves_nothing_unsettled(
    site: Site, lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    submit(deployment(1))
    deliver(lane)
    submit(deployment(2))
    sandbox.stop()
    deliver(lane)
    assert lane.failures == 1
    assert lane.unsettled_until is None


class TestBesideResentHistory:
    @pytest.fixture
    def resent(self, site: Site) -> Lane:
        return Lane.objects.create(site=site, api="deployments", priority=Lane.Priority.RESENT)

    def test_a_deletion_waits_for_a_request_that_is_under_way_there(self, site: Site, lane: Lane, resent: Lane) -> None:
        held = leases.take(resent.pk, timezone.now())
        assert held is not None
        deletion = delete(site, 1)
        deliver(lane)
        deletion.refresh_from_db()
        assert deletion.outcome == "waiting"
        held.give_back()
        later(lane, 2)
        deliver(lane)
        deletion.refresh_from_db()
        assert deletion.outcome == "accepted"
        resent.refresh_from_db()
        assert resent.leased_until is None, "the other lane was not given back"

    def test_a_deletion_waits_for_what_a_dead_worker_sent_there(self, site: Site, lane: Lane, resent: Lane) -> None:
        left_by_a_dead_worker(resent)
        deletion = delete(site, 1)
        deliver(lane)
        deletion.refresh_from_db()
        assert deletion.outcome == "waiting"
        assert "resent history" in lane.slept_for

    def test_a_lane_that_sleeps_there_is_no_obstacle(self, site: Site, lane: Lane, resent: Lane) -> None:
        Lane.objects.filter(pk=resent.pk).update(
            wake_at=timezone.now() + dt.timedelta(hours=1), slept_at=timezone.now()
        )
        deletion = delete(site, 1)
        deliver(lane)
        deletion.refresh_from_db()
        assert deletion.outcome == "accepted"
