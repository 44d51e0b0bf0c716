"""What the pages say to somebody who sees them for the first time."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync.models import Confirmation, Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def page(client: Client, one: Deployment) -> str:
    return text(client, f"/deployments/{one.pk}/")


def test_in_a_sleeping_lane_nothing_is_said_to_have_failed_that_was_never_tried(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    wake_at = timezone.now() + dt.timedelta(minutes=5)
    builders.lane(retail, wake_at=wake_at, failures=3, slept_for="Jira answered 503.")
    html = page(viewer, one)
    assert "0 failed tries" not in html
    assert "in no request yet; the lane has failed 3 times in a row" in html


def test_a_rejected_deployment_says_what_to_do(retail: Site, viewer: Client) -> None:
    facts = {"errors": [{"message": "The label is too long", "trace_id": "4d3f"}]}
    html = page(viewer, builders.deployment(retail, outcome="rejected", sequence=41, entry_facts=facts))
    assert "Jira holds nothing of this version. Mend what Jira names:" in html
    assert 'with a sequence above <span class="ref">41</span>' in html


def test_where_no_issue_is_known_the_issue_is_the_remedy(retail: Site, viewer: Client) -> None:
    facts = {"errors": [{"message": "No valid associations"}], "unknown_issues": ["SHOP-1"]}
    html = page(viewer, builders.deployment(retail, outcome="rejected", entry_facts=facts))
    assert "Create one of its issues in Jira, or let it name one that is there:" in html


def test_an_accepted_deployment_needs_no_remedy(retail: Site, viewer: Client) -> None:
    assert "What to do" not in page(viewer, builders.deployment(retail))


def test_a_rejection_has_one_trace_id_the_one_that_jira_gave_with_it(retail: Site, admin: Client) -> None:
    facts = {"errors": [{"message": "The label is too long", "trace_id": "4d3f"}]}
    html = page(admin, builders.deployment(retail, outcome="rejected", entry_facts=facts))
    assert html.count(", trace ") == 1
    assert 'trace <span class="ref">4d3f</span>' in html


@pytest.mark.parametrize(
    ("change", "word"),
    [({}, "Repeat"), ({"label": "other"}, "Out of order"), ({"updateSequenceNumber": 6}, "Out of order")],
)
def test_the_same_once_more_is_called_a_repeat(
    retail: Site, viewer: Client, change: dict[str, object], word: str
) -> None:
    one = builders.deployment(retail, sequence=7)
    again = builders.entry(retail, {**json.loads(one.entry.payload), **change}, outcome="out_of_order")
    for html in (page(viewer, one), text(viewer, f"/submissions/{again.submission_id}/")):
        assert [found for found in ("Repeat", "Out of order") if f"</svg>{found}<" in html] == [word]


def test_a_repeat_of_another_sites_deployment_is_none(retail: Site, foreign: Site, viewer: Client) -> None:
    other = builders.deployment(foreign, sequence=7, number=1)
    one = builders.deployment(retail, sequence=8, number=1)
    builders.entry(retail, json.loads(other.entry.payload), outcome="out_of_order")
    assert "Repeat" not in page(viewer, one)


def test_an_answer_of_jiras_is_called_answered(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail)
    for address in ("/deliveries/", f"/deliveries/{one.entry.delivery_id}/"):
        html = text(viewer, address)
        assert "</svg>Answered<" in html
        assert "</svg>Received<" not in html


def test_without_a_script_reading_offers_to_be_looked_at_again(retail: Site, viewer: Client) -> None:
    one, now = builders.deployment(retail), timezone.now()
    Confirmation.objects.create(entry=one.entry, asked_at=now, due_at=now)
    assert f'<noscript>. <a href="/deployments/{one.pk}/">Reload</a>' in page(viewer, one)


@pytest.mark.parametrize(("apart", "said"), [(0, "11:00"), (30, "11:00"), (90, "11:01 to 11:00")])
def test_the_pager_says_one_time_where_there_is_one(retail: Site, viewer: Client, apart: int, said: str) -> None:
    early = timezone.now().replace(hour=11, minute=0, second=0, microsecond=0) - dt.timedelta(days=400)
    for at in (early, early + dt.timedelta(seconds=apart)):
        builders.deployment(retail, at=at)
    pager = viewer.get("/deployments/").content.decode().split('class="pager"')[1].split("</nav>")[0]
    day = f"{early.day} {early:%b} {early.year} "
    told = "".join(part.split(">")[-1] for part in pager.split("</span>")[0].split("<")).strip()
    assert told.split("\n")[-1].strip() == " to ".join(f"{day}{time}" for time in said.split(" to "))
