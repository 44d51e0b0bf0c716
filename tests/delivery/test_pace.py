"""How fast and in which portions a lane sends."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.utils import timezone

from devops_sync import ledger
from devops_sync.delivery import outcomes as outcomes_of
from devops_sync.delivery import pace
from devops_sync.jira import client as jira
from devops_sync.models import Delivery, Entry, Lane, Site
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import build, bulk_of, deployment
from tests.sandbox_process import Sandbox

QUOTA = {
    "path": "/bulk",
    "status": 429,
    "headers": {"Retry-After": "90", "RateLimit-Reason": "jira-quota-tenant-based"},
}


def sizes() -> list[int]:
    """How many entries each request carried."""
    return [len(one.entry_ids) for one in Delivery.objects.order_by("id")]


class TestTheSizeOfRequests:
    """The sandbox answers 413 to a body of more than a few kilobytes."""

    @pytest.fixture(autouse=True)
    def _small(self, sandbox: Sandbox) -> None:
        sandbox.settings(body_limit=6000)

    def test_what_worked_after_a_413_is_remembered(self, lane: Lane, submit: Submit) -> None:
        submit(*[deployment(number) for number in range(40)])
        assert deliver(lane).batch_limit == max(len(one.entry_ids) for one in Delivery.objects.filter(status=202))
        met = Delivery.objects.filter(status=413).count()

        submit(*[deployment(number, 2) for number in range(40)])
        deliver(lane)
        assert set(outcomes()) == {"accepted"}
        assert Delivery.objects.filter(status=413).count() == met, "the lane asked for what it knew to be too much"

    def test_one_guilty_entity_does_not_make_all_requests_small(self, lane: Lane, submit: Submit) -> None:
        submit(*[deployment(number) for number in range(3)], deployment(3, padding="x" * 9000))
        deliver(lane)
        assert outcomes() == ["accepted", "accepted", "accepted", "rejected"]
        assert lane.batch_limit is None or lane.batch_limit >= 2

    def test_it_recovers_with_time(self, lane: Lane) -> None:
        now = timezone.now()
        lane.batch_limit, lane.batch_limit_at = 10, now
        assert pace.largest(lane, now) == 10
        assert pace.largest(lane, now + dt.timedelta(hours=2)) == 40
        assert (pace.largest(lane, now + dt.timedelta(days=900)) or 0) > 1000


class TestRateLimits:
    def test_a_quota_lets_every_lane_of_the_site_sleep(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        submit(deployment())
        sandbox.settings(answer=QUOTA)
        deliver(lane)
        asleep = Lane.objects.filter(wake_at__gte=timezone.now() + dt.timedelta(seconds=80))
        assert set(asleep.values_list("api", flat=True)) == {"deployments", "builds", "devinfo"}
        assert all("quota" in one.slept_for for one in asleep)

    def test_a_lane_that_rests_with_nothing_in_it_does_not_fail(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment())
        sandbox.settings(answer=QUOTA)
        deliver(lane)
        assert list(Lane.objects.exclude(failing_since=None)) == [lane]

    def test_a_good_answer_that_was_on_its_way_does_not_end_the_rest(
        self, lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit(deployment(1))
        submit(deployment(2), properties={"other": "envelope"})
        Lane.objects.filter(pk=lane.pk).update(failures=3, failing_since=timezone.now(), slept_for="Jira answered 503.")
        other = Lane.objects.get(site=lane.site, api="builds")
        quota = outcomes_of.of_failure("its quota is used up", 0, 90)
        original = jira.Client.send

        def rested_meanwhile(client: jira.Client, *arguments: Any) -> jira.Answer:
            answer = original(client, *arguments)
            pace.rest(other, quota, timezone.now())
            return answer

        monkeypatch.setattr(jira.Client, "send", rested_meanwhile)
        deliver(lane)
        assert outcomes() == ["accepted", "waiting"]
        assert lane.wake_at is not None
        assert lane.slept_for == "Its quota is used up."

    def test_a_burst_is_a_matter_of_one_lane(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        submit(deployment())
        headers = {"Retry-After": "90", "RateLimit-Reason": "jira-burst-based"}
        sandbox.settings(answer={"path": "/bulk", "status": 429, "headers": headers})
        deliver(lane)
        assert list(Lane.objects.exclude(wake_at=None)) == [lane]

    def test_a_limit_that_is_near_slows_the_lane_down(
        self, lane: Lane, submit: Submit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pace, "SLOW_PAUSE_SECONDS", 0.3)
        accepted = {"acceptedDeployments": [], "rejectedDeployments": []}
        near = {"path": "/bulk", "status": 202, "body": accepted, "headers": {"X-RateLimit-NearLimit": "true"}}
        sandbox.settings(answer=near)
        for number in range(3):
            submit(deployment(number), properties={"envelope": str(number)})
        deliver(lane)
        starts = [one.started_at for one in Delivery.objects.order_by("id")]
        assert lane.slow_until is not None
        assert all((later - earlier).total_seconds() >= 0.3 for earlier, later in itertools.pairwise(starts))


def test_a_limit_that_is_near_is_forgotten_when_it_resets(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    resets_at = timezone.now() + dt.timedelta(seconds=5)
    headers = {"X-RateLimit-NearLimit": "true", "X-RateLimit-Reset": resets_at.isoformat()}
    accepted = {"acceptedDeployments": [], "rejectedDeployments": []}
    sandbox.settings(answer={"path": "/bulk", "status": 202, "body": accepted, "headers": headers})
    submit(deployment())
    deliver(lane)
    assert lane.slow_until == resets_at
    assert pace.between_requests(lane, resets_at) == 0.0


class TestResentHistory:
    @pytest.fixture
    def resent(self, site: Site, submit: Submit, lane: Lane) -> Lane:
        """A lane of resent history in which one entry waits."""
        submit(deployment(1))
        beside = Lane.objects.create(site=site, api="deployments", priority=Lane.Priority.RESENT)
        Entry.objects.update(lane=beside)
        return beside

    def test_it_waits_while_live_traffic_is_behind(self, site: Site, lane: Lane, resent: Lane) -> None:
        long_ago = timezone.now() - dt.timedelta(seconds=5)
        body = bulk_of("builds", build())
        ledger.submit(ledger.Arrival("builds", "/bulk", body, long_ago, len(body), site=site))
        deliver(resent)
        assert outcomes() == ["waiting", "waiting"]
        deliver(Lane.objects.get(site=site, api="builds"))
        deliver(resent)
        assert outcomes() == ["accepted", "accepted"]

    @pytest.mark.parametrize(("api", "expected"), [("builds", "accepted"), ("deployments", "waiting")])
    def test_a_lane_that_sleeps_stops_only_its_own_api(
        self, site: Site, submit: Submit, resent: Lane, api: str, expected: str
    ) -> None:
        long_ago = timezone.now() - dt.timedelta(seconds=5)
        body = bulk_of(api, build() if api == "builds" else deployment(2))
        ledger.submit(ledger.Arrival(api, "/bulk", body, long_ago, len(body), site=site))
        Lane.objects.live().filter(api=api).update(
            wake_at=timezone.now() + dt.timedelta(hours=1), slept_at=timezone.now()
        )
        deliver(resent)
        assert outcomes() == [expected, "waiting"]

    def test_a_lane_that_is_held_stops_nobody(self, site: Site, resent: Lane) -> None:
        long_ago = timezone.now() - dt.timedelta(seconds=5)
        body = bulk_of("builds", build())
        ledger.submit(ledger.Arrival("builds", "/bulk", body, long_ago, len(body), site=site))
        Lane.objects.filter(api="builds").update(held_at=timezone.now(), held_reason="Somebody has to look.")
        deliver(resent)
        assert outcomes() == ["accepted", "waiting"]
