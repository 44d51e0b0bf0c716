"""Reading back by the many: what Jira still has, and what it does not."""

import pytest
from django.utils import timezone

from devops_sync import errands, feeding
from devops_sync.delivery import reading
from devops_sync.models import Build, Confirmation, Deployment, Entry, Errand, Site
from tests.errands.conftest import Send, everything, state, work
from tests.payloads import build, deployment, issues
from tests.sandbox_process import Sandbox


def verify(site: Site) -> Errand:
    errand = errands.plan_verify(site, everything(), None, "everything", timezone.now())
    errands.start(errand, None, timezone.now())
    return errand


def test_everything_that_is_there_is_confirmed(filled: Site, sandbox: Sandbox) -> None:
    state(sandbox)
    errand = work(verify(filled))
    progress = errands.progress(errand)
    assert (errand.state, progress.confirmed, progress.settled, progress.share) == ("done", 10, 10, 1.0)
    assert set(Deployment.objects.values_list("entry__read_back", flat=True)) == {"confirmed"}
    # Each deployment and each build is a read of its own, and the repository tells of all in it.
    assert errand.plan["requests"] == 7


def test_what_is_missing_and_what_differs_is_told_apart(
    filled: Site, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", ())
    sandbox.client().delete(f"{sandbox.base('builds')}/pipelines/checkout-api/builds/1")
    first = Deployment.objects.get(number=1).entry
    Entry.objects.filter(pk=first.pk).update(payload=first.payload.replace("Deployment number 16", "Another"))
    state(sandbox)
    progress = errands.progress(work(verify(filled)))
    assert (progress.confirmed, progress.missing, progress.different, progress.not_told) == (8, 1, 1, 0)
    assert Build.objects.get(number=1).entry.read_back == "missing"


def test_what_jira_did_not_take_is_not_looked_for(site: Site, send: Send) -> None:
    send("deployments", deployment(1), deployment(2, associations=issues("NOPE-1")))
    send("builds", build(), go=False)
    assert errands.plan_verify(site, everything(), None, "everything", timezone.now()).total == 1


def test_few_are_asked_for_at_a_time(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "READ_SLICE", 2)
    monkeypatch.setattr(feeding, "MOST_UNREAD", 4)
    errand = verify(filled)
    feeding.feed()
    assert errands.progress(errand).waiting == 4


def test_cancelling_takes_back_what_was_asked(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "READ_SLICE", 2)
    monkeypatch.setattr(feeding, "MOST_UNREAD", 4)
    errand = verify(filled)
    feeding.feed()
    errands.cancel(errand, None, timezone.now())
    feeding.feed()
    assert not Confirmation.objects.exists()
    assert errands.progress(errand).settled == 0


def test_a_plan_knows_that_a_site_is_read_slowly(filled: Site) -> None:
    plan = errands.plan_verify(filled, everything(), None, "everything", timezone.now()).plan
    assert plan["seconds"] >= plan["requests"] / reading.PER_SECOND
