import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("lane", "word"),
    [
        ({}, "Idle"),
        ({"leased_until": timezone.now() + dt.timedelta(hours=1)}, "Working"),
        ({"held_at": timezone.now(), "held_reason": "Jira answers 403."}, "Held"),
        (
            {"wake_at": timezone.now() + dt.timedelta(hours=1), "failures": 2, "slept_for": "Jira answered 503."},
            "Asleep",
        ),
    ],
)
def test_a_lane_says_what_it_does(lane: dict[str, Any], word: str, retail: Site, viewer: Client) -> None:
    builders.lane(retail, **lane)
    assert f"</svg>{word}</span>" in text(viewer, "/deliveries/")


def test_a_lane_counts_what_waits(retail: Site, viewer: Client) -> None:
    for _ in range(3):
        builders.deployment(retail, outcome="waiting")
    page = text(viewer, "/deliveries/")
    assert "</svg>Waiting</span>" in page
    assert '<td class="num">3</td>' in page


def test_the_list_can_be_narrowed_by_verdict(retail: Site, viewer: Client) -> None:
    good = builders.deployment(retail).entry
    bad = builders.failed_delivery([good])
    page = text(viewer, "/deliveries/?verdict=later")
    assert f'id="go-{bad.pk}"' in page
    assert f'id="go-{good.delivery_id}"' not in page


def test_one_shows_request_and_answer_to_those_who_may(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail).entry.delivery
    assert one is not None
    page = text(admin, f"/deliveries/{one.pk}/")
    assert "Authorization: Bearer <span" in page
    assert "struck out" in page
    assert "Atl-Traceid: 6f1d0e7b2c5a4d38" in page
    assert "answered 202 Accepted in 446 ms" in page


def test_one_without_an_answer_follows(retail: Site, viewer: Client) -> None:
    entry = builders.deployment(retail, outcome="waiting").entry
    under_way = builders.delivery([entry], finished_at=None, status=None, response_body=None, verdict="")
    page = text(viewer, f"/deliveries/{under_way.pk}/")
    assert "answer awaited" in page
    assert "hx-trigger" in page


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("auditor", 403), ("release-manager", 302), ("admin", 302)]
)
def test_try_now_releases_the_lane_for_those_who_may(
    role: str, status: int, retail: Site, signed_in: Callable[..., Client]
) -> None:
    lane = builders.lane(retail, held_at=timezone.now(), held_reason="Jira answers 403.")
    answer = signed_in(role).post(f"/lanes/{lane.pk}/try-now", {"next": "/"})
    lane.refresh_from_db()
    assert answer.status_code == status
    assert (lane.held_at is None) is (status == 302)


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_try_now_never_leads_off_the_host(back: str, retail: Site, admin: Client) -> None:
    lane = builders.lane(retail)
    assert admin.post(f"/lanes/{lane.pk}/try-now", {"next": back})["Location"] == "/deliveries/"


def test_the_balance_stands_there_with_every_term(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    for outcome in ("refused", "rejected", "waiting", "waiting"):
        builders.entry(retail, outcome=outcome)
    page = text(viewer, "/deliveries/")
    terms = page.split('id="balance"')[1].split("</section>")[0]
    assert re.findall(r"<dt>(?:<span.*?</span> )?(.*?)</dt><dd class=\"figure\">(.*?)</dd>", terms) == [
        *(("Received", "5"), ("Refused", "1"), ("Out of order", "0"), ("Superseded", "0"), ("Withdrawn", "0")),
        *(("Rejected", "1"), ("Accepted", "1"), ("Waiting", "2")),
    ]
    assert "All accounted for" in terms


def test_an_entry_that_is_lost_shows_in_the_balance(retail: Site, viewer: Client) -> None:
    lost = builders.entry(retail, outcome="refused")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM entry WHERE id = %s", [lost.pk])
    assert "1 not accounted for" in text(viewer, "/deliveries/")
    assert "1 not accounted for" in text(viewer, "/")


def test_the_balance_is_of_the_sites_that_are_shown(retail: Site, foreign: Site, viewer: Client) -> None:
    builders.submission(foreign, entry_count=3)
    assert "All accounted for" in text(viewer, "/deliveries/")


def test_what_it_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    for count in (5, 45):
        for _ in range(count):
            builders.deployment(retail)
        with django_assert_num_queries(13):
            text(viewer, "/deliveries/")
