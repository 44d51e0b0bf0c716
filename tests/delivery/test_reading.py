"""Reading back: whether Jira has what was sent."""

import datetime as dt

import pytest
from django.utils import timezone

from devops_sync import delivery, ledger
from devops_sync.delivery import reading
from devops_sync.models import Confirmation, Entry, Lane
from tests.delivery.conftest import Submit, deliver
from tests.payloads import deployment, issues
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
    sandbox.settings(answer={"path": "/pipelines/", "status": 403})
    asked = read(entry)
    assert (asked.result, asked.failure, entry.read_back) == ("not_told", "Jira answered 403.", "not_read")
