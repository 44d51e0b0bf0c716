"""A paused site takes what comes and asks Jira nothing; once it goes on, everything leaves in order."""

import pytest
from django.utils import timezone

from devops_sync import delivery, feeding, ledger, pauses, tasks
from devops_sync.audit import acting
from devops_sync.deletions import Asked
from devops_sync.delivery import gating, leases
from devops_sync.doctor import sites as doctor_sites
from devops_sync.models import Confirmation, Deletion, Delivery, Entry, Errand, Gate, Lane, Site
from devops_sync.models.audit import AuditRow
from devops_sync.wrong import Wrong
from tests import builders
from tests.delivery.conftest import Submit, deliver, lane, outcomes, site, submit
from tests.payloads import deployment
from tests.sandbox_process import Sandbox

__all__ = ["lane", "site", "submit"]  # Fixtures.

pytestmark = pytest.mark.django_db


def pause(site: Site, reason: str = "Jira moves") -> None:
    pauses.pause(site, None, reason, timezone.now())


def test_it_sends_nothing_while_it_is_paused_and_everything_in_order_afterwards(
    site: Site, lane: Lane, submit: Submit, sandbox: Sandbox
) -> None:
    pause(site)
    for sequence in range(1, 6):
        submit(*[deployment(number, sequence) for number in range(3)])
    ledger.delete(site, Asked("deployments", timezone.now(), "deployment", ("checkout-api", "staging", 1)))
    submit(deployment(9, 1))
    deliver(lane)
    assert (len(outcomes()), set(outcomes()) - {"waiting", "withdrawn"}, sandbox.held()) == (16, set(), {})
    assert not Delivery.objects.exists()

    pauses.resume(site)
    deliver(lane)
    assert set(outcomes()) == {"accepted", "withdrawn"}
    assert Deletion.objects.get().outcome == "accepted"
    sent = [entry for one in Delivery.objects.order_by("id") for entry in one.entry_ids]
    assert sent == sorted(sent)
    assert sorted((key[-1], held["sequence"]) for key, held in sandbox.held().items()) == [(0, 5), (2, 5), (9, 1)]


def test_a_worker_that_has_the_lane_sends_no_other_request(site: Site, lane: Lane, submit: Submit) -> None:
    submit(deployment())
    hold = leases.take(lane.pk, timezone.now())
    assert hold is not None
    pause(site)
    with pytest.raises(leases.LaneRests):
        hold.renew()
    hold.give_back()


def test_two_workers_never_have_one_lane(lane: Lane) -> None:
    """What is asked about the site must not make the claim forget to look at the row again."""
    statement = str(Lane.objects.due(timezone.now()).query)
    assert "JOIN" not in statement
    hold = leases.take(lane.pk, timezone.now())
    assert hold is not None
    assert leases.take(lane.pk, timezone.now()) is None
    hold.give_back()


def test_read_backs_and_gates_wait_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = builders.deployment(site, gated=True, state="pending").entry
    now = timezone.now()
    Confirmation.objects.create(entry=entry, asked_at=now, due_at=now)
    Gate.objects.create(site=site, key=entry.key, entry=entry, asked_at=now, due_at=now)
    pause(site)
    later = timezone.now()
    assert not Confirmation.objects.due(later).exists()
    assert not Gate.objects.due(later).exists()
    assert (delivery.read_due(), delivery.follow_due()) == (0, 0)
    with pytest.raises(gating.NotTold, match="is paused"):
        ledger.gating_status(Site.objects.get(), ("checkout-api", "production", 1))
    pauses.resume(site)
    assert Confirmation.objects.due(later).exists()
    assert Gate.objects.due(later).exists()


def test_errands_feed_nothing_into_its_lanes(site: Site) -> None:
    errand = builders.errand(builders.deployment(site), state=Errand.State.RUNNING)
    pause(site)
    before = Entry.objects.count()
    assert not feeding.feed().lanes
    assert Entry.objects.count() == before
    errand.refresh_from_db()
    assert errand.state == "running"


def test_other_sites_go_on(site: Site, submit: Submit) -> None:
    submit(deployment())
    pause(builders.site("elsewhere"))
    assert Lane.objects.due(timezone.now()).with_work().exists()


def test_beat_rings_for_none_of_its_lanes(site: Site, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(deployment())
    rung: list[tuple[str, object]] = []
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda task, *given, **_: rung.append((task.name, given)))
    pause(site)
    tasks.sweep()
    assert not [given for name, given in rung if name.endswith(".deliver")]
    pauses.resume(site)
    tasks.sweep()
    assert len([given for name, given in rung if name.endswith(".deliver")]) == 1


def test_it_is_paused_once_and_said_who_did(site: Site) -> None:
    person = builders.user("admin", name="ada")
    with acting.by(acting.user(person)):
        pauses.pause(site, person, "Jira moves", timezone.now())
        with pytest.raises(Wrong, match="paused already"):
            pause(site)
        pauses.resume(site)
        with pytest.raises(Wrong, match="not paused"):
            pauses.resume(site)
    noted = AuditRow.objects.filter(act__in=("site.paused", "site.resumed")).order_by("pk")
    assert [(one.act, one.actor, one.site) for one in noted] == [
        ("site.paused", "ada", "demo"),
        ("site.resumed", "ada", "demo"),
    ]


def test_the_doctor_says_that_a_lane_stands_still(lane: Lane) -> None:
    pause(lane.site)
    found = list(doctor_sites.lanes())
    assert {one.state for one in found} == {"warn"}
    assert "its site is paused since" in found[0].says
