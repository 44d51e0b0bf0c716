"""What Jira answers decides what becomes of the entries and of their lane. Over real HTTP to the sandbox."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.utils import timezone

from devops_sync import ledger
from devops_sync.jira import exchange
from devops_sync.models import Delivery, Entry, Lane, Site
from tests.delivery import strangers
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment, issues
from tests.sandbox_process import Sandbox


def test_what_is_accepted_stands_in_jira_as_it_came(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    submit(deployment(1, new={"a": [1.50]}), properties={"accountId": "acct-1"})
    deliver(lane)
    entry = Entry.objects.get()
    assert entry.outcome == Entry.Outcome.ACCEPTED
    assert entry.delivery is not None
    assert entry.delivery.status == 202
    (held,) = sandbox.held().values()
    assert held["payload"]["new"] == {"a": [1.5]}
    assert held["properties"] == {"accountId": "acct-1"}


def test_each_entity_gets_its_own_outcome(lane: Lane, submit: Submit) -> None:
    submit(
        deployment(1),
        deployment(2, associations=issues("SHPO-9999999")),
        deployment(3, associations=issues("EXAMPLE-1", "SHPO-8888888")),
    )
    deliver(lane)
    accepted, rejected, partly = Entry.objects.order_by("id")
    assert (accepted.outcome, accepted.unknown_issues) == ("accepted", [])
    assert (rejected.outcome, rejected.messages) == ("rejected", ["No valid associations found for deployment"])
    assert rejected.trace_ids
    assert (partly.outcome, partly.unknown_issues) == ("accepted", ["SHPO-8888888"])


def test_many_entries_leave_in_one_request(lane: Lane, submit: Submit) -> None:
    for number in range(40):
        submit(deployment(number))
    deliver(lane)
    assert set(outcomes()) == {"accepted"}
    assert [len(sent.entry_ids) for sent in Delivery.objects.all()] == [40]


def test_entries_with_other_properties_leave_in_another_request(lane: Lane, submit: Submit) -> None:
    for number in range(6):
        submit(deployment(number), properties={"team": "a" if number % 2 else "b"})
    deliver(lane)
    assert sorted(len(sent.entry_ids) for sent in Delivery.objects.all()) == [3, 3]


def test_two_versions_of_one_deployment_leave_in_order_and_apart(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    submit(deployment(1, 1, state="in_progress"), deployment(1, 2, state="successful"))
    deliver(lane)
    assert [len(sent.entry_ids) for sent in Delivery.objects.all()] == [1, 1]
    assert [held["payload"]["state"] for held in sandbox.held().values()] == ["successful"]


def test_the_request_and_the_whole_answer_are_on_record(lane: Lane, submit: Submit) -> None:
    submit(deployment())
    deliver(lane)
    sent = Delivery.objects.get()
    assert (sent.method, sent.status, sent.verdict) == ("POST", 202, "received")
    assert json.loads(bytes(sent.request_body)) == {"deployments": [deployment()]}
    assert json.loads(bytes(sent.response_body))["acceptedDeployments"]
    assert sent.trace_id
    assert sent.request_headers["Authorization"] == "Bearer struck out"
    assert sent.took is not None
    assert sent.took > dt.timedelta(0)


def test_a_bulk_that_is_refused_whole_is_split_until_the_guilty_one_stands_alone(
    lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    sandbox.settings(bulk_limit=3)
    submit(*[deployment(number) for number in range(10)])
    deliver(lane)
    assert set(outcomes()) == {"accepted"}
    assert len(sandbox.held()) == 10
    assert Delivery.objects.filter(verdict="split").exists()


def test_a_single_deployment_that_is_refused_whole_is_rejected_with_jiras_words(
    lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    submit(deployment(1))
    sandbox.settings(answer={"path": "/bulk", "status": 400, "body": [{"message": "Nonsense.", "errorTraceId": "t-1"}]})
    deliver(lane)
    entry = Entry.objects.get()
    assert (entry.outcome, entry.messages, entry.trace_ids) == ("rejected", ["Nonsense."], ["t-1"])


class TestThePause:
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_the_lane_sleeps_and_everything_waits(
        self, lane: Lane, submit: Submit, sandbox: Sandbox, status: int
    ) -> None:
        submit(deployment())
        html = {"headers": {"Content-Type": "text/html"}, "body": "<html><title>Bad Gateway</title></html>"}
        sandbox.settings(answer={"path": "/bulk", "status": status, **html})
        deliver(lane)
        assert outcomes() == ["waiting"]
        assert lane.wake_at is not None
        assert dt.timedelta(seconds=1) < lane.wake_at - timezone.now() < dt.timedelta(seconds=3)
        assert str(status) in lane.slept_for
        assert lane.leased_until is None

    def test_retry_after_is_a_minimum(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        submit(deployment())
        sandbox.settings(answer={"path": "/bulk", "status": 429, "headers": {"Retry-After": "120"}})
        deliver(lane)
        assert lane.wake_at is not None
        assert dt.timedelta(seconds=119) < lane.wake_at - timezone.now() < dt.timedelta(seconds=133)

    def test_it_grows_with_every_failure_and_ends_with_a_success(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment())
        for failures in (1, 2, 3):
            sandbox.settings(answer={"path": "/bulk", "status": 503, "body": ""})
            deliver(lane)
            assert lane.failures == failures
            Lane.objects.update(wake_at=timezone.now())
        deliver(lane)
        assert (outcomes(), lane.failures, lane.wake_at) == (["accepted"], 0, None)

    def test_a_lane_that_sleeps_is_left_alone(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        submit(deployment())
        Lane.objects.update(wake_at=timezone.now() + dt.timedelta(minutes=1))
        deliver(lane)
        assert outcomes() == ["waiting"]
        assert not Delivery.objects.exists()

    def test_a_connection_that_breaks_after_jira_took_it_costs_a_repeat_and_no_more(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment())
        sandbox.settings(answer={"path": "/bulk", "after": True, "drop": True})
        deliver(lane)
        assert (outcomes(), Delivery.objects.get().failure) == (["waiting"], "The connection broke off.")
        ledger.try_now(lane, timezone.now())
        deliver(lane)
        assert outcomes() == ["accepted"]
        assert len(sandbox.held()) == 1

    def test_a_jira_that_is_not_there_is_waited_for(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        submit(deployment())
        sandbox.stop()
        deliver(lane)
        assert (outcomes(), lane.slept_for) == (["waiting"], "The connection was refused.")

    def test_a_jira_that_does_not_answer_is_asked_again(
        self, lane: Lane, submit: Submit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exchange, "READ_SECONDS", 1.0)
        submit(deployment())
        sandbox.settings(answer={"path": "/bulk", "status": 202, "hold": 2.0})
        deliver(lane)
        assert (outcomes(), lane.slept_for) == (["waiting"], "No answer within 1 s.")

    def test_a_name_that_leads_nowhere_is_waited_for(self, lane: Lane, submit: Submit, site: Site) -> None:
        goes_to(site, "https://jira.invalid")
        submit(deployment())
        deliver(lane)
        assert (outcomes(), lane.slept_for) == (["waiting"], "The host's name cannot be resolved.")
        assert lane.wake_at is not None

    def test_a_certificate_that_nobody_trusts_is_waited_for(
        self, lane: Lane, submit: Submit, site: Site, tmp_path: Path
    ) -> None:
        with strangers.untrusted(tmp_path) as url:
            goes_to(site, url)
            submit(deployment())
            deliver(lane)
        assert (outcomes(), lane.slept_for) == (["waiting"], "The TLS connection failed.")
        assert not Delivery.objects.exists()

    def test_a_connection_that_is_reset_is_tried_again(self, lane: Lane, submit: Submit, site: Site) -> None:
        with strangers.resetting() as url:
            goes_to(site, url)
            submit(deployment())
            deliver(lane)
        assert (outcomes(), lane.slept_for) == (["waiting"], "The connection broke off.")

    def test_after_three_days_it_is_loud_and_still_keeps_everything(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment())
        for hours in (0, 73):
            Lane.objects.filter(failures__gt=0).update(
                wake_at=None, failing_since=timezone.now() - dt.timedelta(hours=hours)
            )
            sandbox.settings(answer={"path": "/bulk", "status": 503, "body": ""})
            deliver(lane)
        assert lane.is_loud(timezone.now())
        assert lane.wake_at is not None
        assert outcomes() == ["waiting"]
        Lane.objects.update(wake_at=None)
        deliver(lane)
        assert (outcomes(), lane.is_loud(timezone.now())) == (["accepted"], False)


class TestTheHold:
    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            (403, "Jira answers 403: the credential lacks the Deployments permission."),
            (404, "Jira answers 404: it has no site with this cloud id."),
            (302, "Jira answers 302: the site has moved."),
            (405, "Jira answers 405, which no waiting mends."),
        ],
    )
    def test_the_lane_is_held_with_what_a_person_must_do(
        self, lane: Lane, submit: Submit, sandbox: Sandbox, status: int, sentence: str
    ) -> None:
        submit(deployment())
        sandbox.settings(
            answer={"path": "/bulk", "status": status, "headers": {"Location": "https://elsewhere.example/"}}
        )
        deliver(lane)
        assert lane.held_at is not None
        assert lane.held_reason.startswith(sentence)
        assert outcomes() == ["waiting"]
        assert len([seen for seen in sandbox.requests() if seen["path"].endswith("/bulk")]) == 1

    def test_a_held_lane_waits_for_a_person_and_then_goes_on(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment())
        sandbox.settings(answer={"path": "/bulk", "status": 403})
        deliver(lane)
        deliver(lane)
        assert outcomes() == ["waiting"]
        ledger.try_now(lane, timezone.now())
        deliver(lane)
        assert (outcomes(), lane.held_at) == (["accepted"], None)

    def test_a_credential_that_jira_refuses_holds_the_lane_without_telling_the_secret(
        self, lane: Lane, submit: Submit, site: Site
    ) -> None:
        site.secret = "a-secret-that-is-wrong"
        site.save()
        submit(deployment())
        deliver(lane)
        assert lane.held_reason.startswith("Jira refused the credential with 401")
        assert "a-secret" not in lane.held_reason

    def test_a_site_whose_secret_cannot_be_opened_is_held(self, lane: Lane, submit: Submit, site: Site) -> None:
        Site.objects.update(sealed_secret=b"sealed with a key that is gone")
        submit(deployment())
        deliver(lane)
        assert "WAYBILL_ENCRYPTION_KEYS" in lane.held_reason


class TestTheToken:
    def test_it_is_fetched_once_and_kept(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        for number in range(3):
            submit(deployment(number))
            deliver(lane)
        assert _fetches(sandbox) == 1

    def test_it_is_renewed_before_it_runs_out(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        sandbox.settings(token_life=1)
        submit(deployment(1))
        deliver(lane)
        _wait(0.6)
        submit(deployment(2))
        deliver(lane)
        assert _fetches(sandbox) == 2
        assert not Delivery.objects.filter(status=401).exists()

    def test_it_is_fetched_once_more_when_jira_no_longer_takes_it(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment(1))
        deliver(lane)
        sandbox.revoke_tokens()
        submit(deployment(2))
        deliver(lane)
        assert set(outcomes()) == {"accepted"}
        assert list(Delivery.objects.order_by("id").values_list("status", flat=True)) == [202, 401, 202]

    def test_a_second_401_holds_the_lane(self, lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
        submit(deployment())
        sandbox.settings(answer=[{"path": "/bulk", "status": 401, "count": 2}])
        deliver(lane)
        assert lane.held_reason.startswith("Jira answers 401 even to a new token.")
        assert Delivery.objects.count() == 2


def goes_to(site: Site, url: str) -> None:
    """Let what goes to the site go there from now on."""
    site.api_url = url
    site.save()


def _fetches(sandbox: Sandbox) -> int:
    return sum(seen["path"] == "/oauth/token" for seen in sandbox.requests())


def _wait(seconds: float) -> None:
    import time

    time.sleep(seconds)
