"""Reading back: whether Jira has what was sent."""

import datetime as dt
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from devops_sync import delivery, ledger
from devops_sync.deletions import Asked
from devops_sync.delivery import reading
from devops_sync.jira import keys
from devops_sync.models import Confirmation, Entry, Lane, Site, User
from tests import builders
from tests.delivery.conftest import Submit, deliver
from tests.payloads import branch, bulk_of, commit, deployment, issues, repository
from tests.sandbox_process import Sandbox


@pytest.fixture
def entry(lane: Lane, submit: Submit) -> Entry:
    submit(deployment(associations=issues("EXAMPLE-1", "NOPE-1")))
    deliver(lane)
    return Entry.objects.get()


def read(entry: Entry) -> Confirmation:
    asked = ledger.ask_read_back(entry, None, timezone.now())
    delivery.read_due()
    asked.refresh_from_db()
    entry.refresh_from_db()
    return asked


def test_what_jira_gives_back_as_sent_is_confirmed(entry: Entry) -> None:
    asked = read(entry)
    assert (asked.result, asked.status, asked.differences) == ("confirmed", 200, [])
    assert (entry.read_back, entry.read_back_at) == ("confirmed", asked.answered_at)


def test_what_jira_gives_back_otherwise_names_the_fields(entry: Entry) -> None:
    Entry.objects.update(payload=entry.payload.replace("Deployment number 16", "Deployment number 17"))
    asked = read(entry)
    assert (asked.result, asked.differences, entry.read_back) == ("different", ["displayName"], "different")


def test_what_is_not_there_yet_is_read_again_before_it_is_called_missing(
    entry: Entry, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", (0.0, 0.0))
    sandbox.reset()
    asked = read(entry)
    assert (asked.answered_at, asked.tries, entry.read_back) == (None, 1, "not_read")
    delivery.read_due()
    delivery.read_due()
    asked.refresh_from_db()
    entry.refresh_from_db()
    assert (asked.result, asked.tries, asked.status, entry.read_back) == ("missing", 3, 404, "missing")


def test_asking_twice_while_one_is_due_is_asking_once(entry: Entry) -> None:
    first = ledger.ask_read_back(entry, None, timezone.now())
    assert ledger.ask_read_back(entry, None, timezone.now()) == first


def test_a_read_back_in_another_workers_hands_is_left_to_it(entry: Entry) -> None:
    asked = ledger.ask_read_back(entry, None, timezone.now())
    Confirmation.objects.update(due_at=timezone.now() + dt.timedelta(seconds=30))
    assert delivery.read_due() == 0
    asked.refresh_from_db()
    assert asked.answered_at is None


def test_a_jira_that_will_not_tell_leaves_what_was_known(entry: Entry, sandbox: Sandbox) -> None:
    assert read(entry).result == "confirmed"
    sandbox.settings(answer={"path": "/pipelines/", "status": 403})
    asked = read(entry)
    assert (asked.result, asked.failure, entry.read_back) == ("not_told", "Jira answered 403.", "confirmed")


def test_what_was_asked_for_and_cannot_be_told_says_so(entry: Entry, sandbox: Sandbox) -> None:
    sandbox.settings(answer={"path": "/pipelines/", "status": 403})
    read(entry)
    assert entry.read_back == "not_told"


def test_what_no_address_can_name_is_told_by_itself(lane: Lane, submit: Submit) -> None:
    steps = {"id": "..", "displayName": "web", "url": "https://ci.example/web"}
    submit(deployment(1, pipeline=steps), deployment(2))
    deliver(lane)
    ask(Entry.objects.all())
    assert delivery.read_due() == 2
    assert read_backs() == {"not_told", "confirmed"}


class TestOneRequestForMany:
    def test_entities_of_one_repository_are_read_with_one_request(self, site: Site, sandbox: Sandbox) -> None:
        submit_devinfo(site, repository(commits=[commit("a"), commit("b")], branches=[branch()]))
        ask(Entry.objects.all())
        assert delivery.read_due() == 4
        assert reads(sandbox) == 1
        assert read_backs() == {"confirmed"}
        own = Confirmation.objects.get(entry__kind="commit", entry__key__contains='"b"')
        assert json.loads(bytes(own.body or b""))["id"] == "b"

    def test_one_entry_that_was_asked_for_twice_is_read_once(self, entry: Entry, sandbox: Sandbox) -> None:
        for user in (None, builders.user("admin")):
            builders.confirmation(entry, user=user)
        assert delivery.read_due() == 2
        assert reads(sandbox) == 1
        assert {one.result for one in Confirmation.objects.all()} == {"confirmed"}

    def test_what_a_repository_is_too_full_to_tell_is_not_called_missing(self, site: Site, sandbox: Sandbox) -> None:
        for start in (1, 201):
            submit_devinfo(site, repository(commits=[commit(f"c{n}", n) for n in range(start, start + 200)]))
        submit_devinfo(site, repository(commits=[commit("c401", 401)]))
        ask(Entry.objects.filter(kind="commit", sequence__in=[1, 401]))
        delivery.read_due()
        told = {one.entry.sequence: (one.result, one.failure) for one in Confirmation.objects.all()}
        assert told[401] == ("confirmed", "")
        assert told[1][0] == "not_told"
        assert "only the latest 400" in told[1][1]


class TestWhatIsNoLongerExpected:
    def test_what_was_deleted_meanwhile_is_not_missing(self, entry: Entry, lane: Lane, sandbox: Sandbox) -> None:
        ledger.ask_read_back(entry, None, timezone.now())
        ledger.delete(lane.site, Asked("deployments", timezone.now(), kind="deployment", key=keys.parts(entry.key)))
        deliver(lane)
        assert sandbox.held() == {}
        delivery.read_due()
        asked = Confirmation.objects.get()
        assert (asked.result, asked.failure) == ("not_told", "It was deleted meanwhile.")
        entry.refresh_from_db()
        assert entry.read_back == "not_told"

    def test_an_older_version_is_not_different_because_a_newer_one_came(
        self, entry: Entry, lane: Lane, submit: Submit
    ) -> None:
        ledger.ask_read_back(entry, None, timezone.now())
        submit(deployment(sequence=2, state="failed"))
        deliver(lane)
        delivery.read_due()
        asked = Confirmation.objects.get()
        assert (asked.result, asked.failure) == ("not_told", "A newer version took its place meanwhile.")

    def test_a_newer_version_that_the_ledger_never_saw_is_a_difference(self, entry: Entry, sandbox: Sandbox) -> None:
        newer = {**json.loads(entry.payload), "updateSequenceNumber": 9}
        answer = sandbox.client().post(f"{sandbox.gateway}/bulk", json={"deployments": [newer]}, timeout=10)
        assert answer.status_code == 202
        asked = read(entry)
        assert (asked.result, asked.differences) == ("different", ["updateSequenceNumber"])


def test_what_was_sent_again_answers_for_what_it_repeats(entry: Entry, sandbox: Sandbox) -> None:
    Entry.objects.filter(pk=entry.pk).update(read_back="missing", read_back_at=timezone.now())
    again = builders.entry(entry.site, json.loads(entry.payload), origin=entry, unknown_issues=["NOPE-1"])
    read(again)
    entry.refresh_from_db()
    assert (again.read_back, entry.read_back) == ("confirmed", "confirmed")


class TestPace:
    def test_what_a_person_asked_for_is_read_first(
        self, lane: Lane, submit: Submit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit(deployment(1), deployment(2), deployment(3))
        deliver(lane)
        first, second, third = Entry.objects.order_by("id")
        ask([first, second])
        ledger.ask_read_back(third, builders.user("admin"), timezone.now())
        monkeypatch.setattr(reading, "PASS_SECONDS", 0.0)
        assert delivery.read_due() == 1
        third.refresh_from_db()
        assert third.read_back == "confirmed"

    def test_a_site_is_asked_a_few_times_a_second(
        self, lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit(*(deployment(number) for number in range(1, 7)))
        deliver(lane)
        ask(Entry.objects.all())
        began = time.monotonic()
        assert delivery.read_due() == 6
        assert time.monotonic() - began >= 5 / reading.PER_SECOND

    def test_it_is_asked_less_often_where_its_limit_is_near(
        self, lane: Lane, submit: Submit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "PER_SECOND", 1000.0)
        submit(deployment(1), deployment(2))
        deliver(lane)
        ask(Entry.objects.all())
        sandbox.settings(rate="1/s")
        began = time.monotonic()
        delivery.read_due()
        assert time.monotonic() - began >= 1 / reading.PER_SECOND_NEAR_LIMIT - 0.01

    def test_after_a_429_every_read_of_the_site_rests_as_long_as_jira_asks(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment(1), deployment(2))
        deliver(lane)
        ask(Entry.objects.all(), user=builders.user("admin"))
        sandbox.settings(answer={"path": "/pipelines/", "status": 429, "headers": {"Retry-After": "600"}})
        assert delivery.read_due() == 1
        assert delivery.read_due() == 0
        met = Confirmation.objects.get(status=429)
        assert (met.tries, met.answered_at) == (0, None)
        assert met.due_at > timezone.now() + dt.timedelta(seconds=590)
        Confirmation.objects.filter(pk=met.pk).update(due_at=timezone.now())
        assert delivery.read_due() == 2
        assert read_backs() == {"confirmed"}

    def test_what_nobody_waits_for_rests_while_jira_fails_and_is_read_once_it_is_back(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment(1), deployment(2))
        deliver(lane)
        ask(Entry.objects.all())
        sandbox.settings(answer={"path": "/pipelines/", "status": 503})
        assert delivery.read_due() == 1
        assert delivery.read_due() == 0
        Confirmation.objects.update(due_at=timezone.now())
        assert delivery.read_due() == 2
        assert read_backs() == {"confirmed"}

    def test_a_person_is_told_soon_that_jira_fails(
        self, entry: Entry, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "PATIENCE", (0.0,))
        sandbox.settings(answer={"path": "/pipelines/", "status": 503, "count": 2})
        asked = ledger.ask_read_back(entry, builders.user("admin"), timezone.now())
        delivery.read_due()
        delivery.read_due()
        asked.refresh_from_db()
        assert (asked.result, asked.failure) == ("not_told", "Jira answered 503.")

    def test_a_dead_site_does_not_hold_up_another(self, entry: Entry) -> None:
        dead = builders.site("dead", is_sandbox=True)
        Site.objects.filter(pk=dead.pk).update(url="http://127.0.0.1:9", api_url="http://127.0.0.1:9")
        dead.refresh_from_db()
        ask([builders.entry(dead, builders.payload("web", "dev", number, 1)) for number in range(3)])
        ask([entry])
        assert delivery.read_due() == 2
        entry.refresh_from_db()
        assert entry.read_back == "confirmed"

    def test_a_credential_that_is_refused_is_tried_once_for_all(
        self, lane: Lane, submit: Submit, sandbox: Sandbox
    ) -> None:
        submit(deployment(1), deployment(2))
        deliver(lane)
        ask(Entry.objects.all())
        site = lane.site
        site.secret = "wrong"
        site.save()
        before = len(sandbox.requests())
        delivery.read_due()
        assert {one.result for one in Confirmation.objects.all()} == {"not_told"}
        assert len(sandbox.requests()) <= before + 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_side_by_side_read_nothing_twice(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    submit(*(deployment(number) for number in range(1, 9)))
    deliver(lane)
    ask(Entry.objects.all())

    def work() -> int:
        try:
            return delivery.read_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        read_by = list(workers.map(lambda _: work(), range(3)))
    assert sum(read_by) == 8
    assert reads(sandbox) == 8
    assert sorted(read_by) == [0, 0, 8]


def ask(entries: Iterable[Entry], user: User | None = None) -> None:
    for one in entries:
        builders.confirmation(one, user=user)


def reads(sandbox: Sandbox) -> int:
    return sum(request["method"] == "GET" and "_edge" not in request["path"] for request in sandbox.requests())


def read_backs() -> set[str]:
    return set(Entry.objects.values_list("read_back", flat=True))


def submit_devinfo(site: Site, *repositories: object) -> None:
    body = bulk_of("devinfo", *repositories)
    ledger.submit(ledger.Arrival("devinfo", "/bulk", body, timezone.now(), len(body), site=site))
    deliver(Lane.objects.get(site=site, api="devinfo"))
