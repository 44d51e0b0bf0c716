import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devops_sync.delivery import causes
from devops_sync.models import Cause, Entry, Lane
from tests.delivery.conftest import Submit, deliver
from tests.payloads import deployment, issues

pytestmark = pytest.mark.django_db


def test_messages_that_differ_in_what_varies_share_a_cause() -> None:
    ids = causes.ids_of({"Issue SHOP-1 is unknown", "Issue PAY-22 is unknown", "'url' is required"})
    assert ids["Issue SHOP-1 is unknown"] == ids["Issue PAY-22 is unknown"]
    assert sorted(Cause.objects.values_list("text", flat=True)) == ["'url' is required", "Issue {key} is unknown"]


def test_a_known_cause_costs_one_query_and_is_not_stored_again() -> None:
    first = causes.ids_of({"'url' is required"})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert causes.ids_of({"'url' is required"}) == first
    assert len(queries) == 1


def test_no_message_at_all_is_a_cause_too() -> None:
    ids = causes.ids_of({"", "\0 \ud800"})
    assert len(ids) == 2


def test_what_jira_rejects_is_sorted_as_it_is_settled(lane: Lane, submit: Submit) -> None:
    submit(deployment(1), deployment(2, associations=issues("NOPE-1")), deployment(3, associations=issues("NOPE-2")))
    deliver(lane)
    assert list(Entry.objects.order_by("pk").values_list("outcome", "cause__text")) == [
        ("accepted", None),
        ("rejected", "No valid associations found for deployment"),
        ("rejected", "No valid associations found for deployment"),
    ]
