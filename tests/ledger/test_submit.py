"""The ledger: everything is written down, and the highest update sequence is current."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from devops_sync import ledger
from devops_sync.models import Deployment, Entry, Envelope, PropertySet, Site, Submission
from tests.gateway.conftest import make_site
from tests.payloads import bulk, deployment, issues

Submit = Callable[..., ledger.Submitted]


@pytest.fixture
def site(db: None) -> Site:
    return make_site()


def submit_to(site: Site, *deployments: object, **around: object) -> ledger.Submitted:
    body = bulk(*deployments, **around)
    return ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site))


def outcomes() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("outcome", flat=True))


def test_a_higher_sequence_replaces_the_whole(site: Site) -> None:
    submit_to(site, deployment(1, 1, label="v1", duration=5, associations=issues("SHOP-1", "SHOP-2")))
    submit_to(site, deployment(1, 2, label=None, state="failed", associations=issues("SHOP-3")))
    (held,) = Deployment.objects.all()
    assert (held.sequence, held.state, held.label, held.duration) == (2, "failed", "", None)
    assert held.issue_keys == ["SHOP-3"]
    assert outcomes() == ["waiting", "waiting"]


@pytest.mark.parametrize("late", [1, 2])
def test_an_equal_or_lower_sequence_is_recorded_and_changes_nothing(site: Site, late: int) -> None:
    submit_to(site, deployment(1, 2, label="current"))
    submit_to(site, deployment(1, late, label="late"))
    (held,) = Deployment.objects.all()
    assert (held.sequence, held.label) == (2, "current")
    assert outcomes() == ["waiting", "out_of_order"]


def test_two_versions_in_one_request_are_both_taken(site: Site) -> None:
    submit_to(site, deployment(1, 1), deployment(2, 1), deployment(1, 3), deployment(1, 2))
    assert Deployment.objects.get(number=1).sequence == 3
    assert dict(Entry.objects.values_list("position", "outcome")) == {
        0: "waiting",
        1: "waiting",
        2: "waiting",
        3: "out_of_order",
    }


def test_the_same_deployment_of_two_sites_is_two(site: Site) -> None:
    other = make_site("other", "another-cloud")
    submit_to(site, deployment(1, 5))
    submit_to(other, deployment(1, 1))
    assert Deployment.objects.count() == 2


def test_envelopes_and_property_sets_are_stored_once(site: Site) -> None:
    for number in range(3):
        submit_to(site, deployment(number), properties={"a": "1", "b": "2"})
        submit_to(site, deployment(number + 10), properties={"b": "2", "a": "1"}, operationType="NORMAL")
    assert PropertySet.objects.count() == 1
    assert Envelope.objects.count() == 2
    assert Deployment.objects.first().property_set.pairs == {"a": "1", "b": "2"}


def test_a_clock_that_runs_ahead_pins_nothing_to_the_top(site: Site) -> None:
    submit_to(site, deployment(1, lastUpdated="2999-01-01T00:00:00Z"))
    held = Deployment.objects.get()
    assert held.reported_at.year == 2999
    assert held.changed_at == Submission.objects.get().received_at


def test_a_refusal_is_recorded_and_loses_the_bytes_of_nobody_known(site: Site) -> None:
    with pytest.raises(ledger.Refused) as refused:
        submit_to(site)
    assert (refused.value.status, refused.value.message) == (400, "'deployments' must have at least 1 element")
    assert Submission.objects.get().refusal == refused.value.message


@pytest.mark.django_db(transaction=True)
def test_senders_of_one_key_at_once_leave_the_highest_as_current() -> None:
    site = make_site()

    def send(sequence: int) -> None:
        try:
            submit_to(site, *[deployment(number, sequence) for number in (sequence % 3, (sequence + 1) % 3)])
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as senders:
        list(senders.map(send, range(1, 61)))
    highest = {number: max(s for s in range(1, 61) if number in (s % 3, (s + 1) % 3)) for number in range(3)}
    assert dict(Deployment.objects.values_list("number", "sequence")) == highest
    assert Entry.objects.count() == 120


class TestAnyOrder(TestCase):
    @given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 6)), min_size=1, max_size=4), max_size=6))
    def test_the_highest_that_came_first_is_current_and_every_entry_has_its_outcome(
        self, requests: list[list[tuple[int, int]]]
    ) -> None:
        site = make_site()
        current: dict[int, int] = {}
        expected: list[tuple[int, int, str]] = []
        for request in requests:
            submit_to(site, *[deployment(number, sequence) for number, sequence in request])
            for number, sequence in request:
                is_new = number not in current or sequence > current[number]
                if is_new:
                    current[number] = sequence
                expected.append((number, sequence, "waiting" if is_new else "out_of_order"))
        assert dict(Deployment.objects.values_list("number", "sequence")) == current
        in_order = Entry.objects.order_by("submission__received_at", "position")
        written = in_order.values_list("key", "sequence", "outcome")
        assert [(json.loads(key)[2], sequence, outcome) for key, sequence, outcome in written] == expected
