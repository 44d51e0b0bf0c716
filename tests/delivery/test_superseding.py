"""Versions that a later one replaces anyway need not be sent."""

import pytest
from django.utils import timezone

from devops_sync import ledger
from devops_sync.deletions import Asked
from devops_sync.delivery import superseding
from devops_sync.models import Delivery, Entry, Lane, Site
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment
from tests.sandbox_process import Sandbox


@pytest.fixture
def always(site: Site) -> None:
    site.superseding = Site.Superseding.ALWAYS
    site.save()


@pytest.mark.usefixtures("always")
def test_only_the_newest_version_is_sent_and_the_others_name_it(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    for sequence in (1, 2, 3):
        submit(deployment(1, sequence), deployment(2, sequence))
    deliver(lane)
    assert outcomes() == ["superseded"] * 4 + ["accepted"] * 2
    first = Entry.objects.order_by("id")[0]
    assert first.superseded_by is not None
    assert (first.superseded_by.key, first.superseded_by.sequence) == (first.key, 3)
    assert {held["sequence"] for held in sandbox.held().values()} == {3}
    assert Delivery.objects.count() == 1


@pytest.mark.usefixtures("always")
def test_the_version_that_opens_a_gate_is_sent_all_the_same(lane: Lane, submit: Submit) -> None:
    gated = {"state": "pending", "commands": [{"command": "initiate_deployment_gating"}]}
    submit(deployment(1, 1, **gated))
    submit(deployment(1, 2, state="in_progress"))
    deliver(lane)
    assert outcomes() == ["accepted", "accepted"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("always")
def test_nothing_is_passed_over_across_a_deletion(site: Site, lane: Lane, submit: Submit) -> None:
    # The first version stays: the deletion is by the other account's properties.
    submit(deployment(1, 1), properties={"account": "a"})
    ledger.delete(site, Asked("deployments", timezone.now(), properties={"account": "b"}))
    submit(deployment(1, 2), properties={"account": "a"})
    deliver(lane)
    assert outcomes() == ["accepted", "accepted"]


def test_by_default_that_begins_when_more_than_a_thousand_wait(
    lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(superseding, "MANY", 4)
    for sequence in (1, 2):
        submit(deployment(1, sequence), deployment(2, sequence))
    deliver(lane)
    assert outcomes() == ["accepted"] * 4
    for sequence in (3, 4, 5):
        submit(deployment(1, sequence), deployment(2, sequence))
    deliver(lane)
    assert outcomes()[4:] == ["superseded"] * 4 + ["accepted"] * 2


def test_a_site_may_want_every_version_sent(
    site: Site, lane: Lane, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(superseding, "MANY", 0)
    site.superseding = Site.Superseding.NEVER
    site.save()
    for sequence in (1, 2):
        submit(deployment(1, sequence))
    deliver(lane)
    assert outcomes() == ["accepted", "accepted"]
