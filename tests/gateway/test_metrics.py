"""`/metrics`: what it tells, and whom."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from devops_sync.gateway import figures
from devops_sync.models import Deletion, Entry, Lane, Site
from tests import builders
from tests.gateway.conftest import make_site
from tests.payloads import bulk, deployment

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-the-scraper-0123456789"
LABELS = ("site", "api", "priority", "outcome", "verdict", "result")
Values = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    figures.counted.forget()


@pytest.fixture
def scraper() -> Client:
    """A program on the same machine that asks the process itself."""
    return Client(headers={"Host": "localhost"})


def scrape(scraper: Client, **more: Any) -> dict[str, Values]:
    """The values by name, and by what stands in their labels."""
    answer = scraper.get("/metrics", **more)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain; version=")
    found: dict[str, Values] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in LABELS if name in sample.labels)
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


class TestTheFigures:
    def test_entries_are_counted_by_site_and_outcome(
        self, site: Site, post: Callable[..., Any], scraper: Client
    ) -> None:
        make_site("hotels", "another-cloud")
        post(bulk(deployment(1), deployment(2), deployment(1, 0), deployment(3, state="exploded")))
        found = scrape(scraper)
        assert found["waybill_entries_received"] == {("retail",): 4, ("hotels",): 0}
        entries = {labels: many for labels, many in found["waybill_entries"].items() if many}
        assert entries == {("retail", "waiting"): 2, ("retail", "out_of_order"): 1, ("retail", "refused"): 1}
        assert found["waybill_entries"]["hotels", "accepted"] == 0
        assert found["waybill_balance_missing"] == {(): 0}

    @pytest.mark.breaks_the_balance
    def test_an_entry_that_is_lost_is_missing(self, site: Site, post: Callable[..., Any], scraper: Client) -> None:
        post(bulk(deployment(1), deployment(2, state="exploded")))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM entry WHERE position = 1")
        assert scrape(scraper)["waybill_balance_missing"] == {(): 1}

    @pytest.mark.breaks_the_balance
    def test_what_one_site_lacks_is_not_made_up_for_by_another(self, site: Site, scraper: Client) -> None:
        other = make_site("hotels", "another-cloud")
        builders.submission(site, entry_count=3)
        builders.deployment(other)
        other.submissions.update(entry_count=0)
        assert scrape(scraper)["waybill_balance_missing"] == {(): 4}

    def test_a_lane_tells_what_waits_and_since_when(
        self, site: Site, post: Callable[..., Any], scraper: Client
    ) -> None:
        post(bulk(deployment(1), deployment(2)))
        site.submissions.update(received_at=timezone.now() - dt.timedelta(minutes=5))
        found = scrape(scraper)
        lane = ("retail", "deployments", "live")
        assert found["waybill_lane_waiting"] == {lane: 2}
        assert 300 <= found["waybill_lane_oldest_waiting_seconds"][lane] < 330
        assert 300 <= found["waybill_oldest_due_seconds"][()] < 330

    def test_a_deletion_that_waits_is_told_beside_them(self, site: Site, scraper: Client) -> None:
        lane = site.lanes.get()
        at = timezone.now() - dt.timedelta(minutes=1)
        Deletion.objects.create(id=7, site=site, lane=lane, api="deployments", received_at=at, properties={"a": "b"})
        found = scrape(scraper)
        assert found["waybill_lane_waiting_deletions"] == {("retail", "deployments", "live"): 1}
        assert found["waybill_oldest_due_seconds"][()] >= 60

    @pytest.mark.parametrize(
        ("hours_ago", "many", "seconds"),
        [
            ({"failing_since": 80}, 1, 80 * 3600),
            ({"held_at": 2}, 1, 2 * 3600),
            ({}, 1, 0),
            ({"failing_since": 80}, 0, 0),
        ],
        ids=["failing", "held", "well", "empty"],
    )
    def test_a_lane_tells_for_how_long_jira_has_taken_nothing(
        self, hours_ago: dict[str, int], many: int, seconds: int, site: Site, post: Callable[..., Any], scraper: Client
    ) -> None:
        post(bulk(*[deployment(number) for number in range(many)]))
        now = timezone.now()
        Lane.objects.update(**{name: now - dt.timedelta(hours=hours) for name, hours in hours_ago.items()})
        failing = scrape(scraper)["waybill_lane_failing_seconds"]["retail", "deployments", "live"]
        assert seconds <= failing < seconds + 600

    @pytest.mark.parametrize(
        ("facts", "held", "asleep"),
        [
            ({}, 0, 0),
            ({"held_at": timezone.now()}, 1, 0),
            ({"wake_at": timezone.now() + dt.timedelta(hours=1), "failures": 3}, 0, 1),
        ],
    )
    def test_a_lane_tells_what_stands_in_the_way(
        self, facts: dict[str, Any], held: int, asleep: int, site: Site, scraper: Client
    ) -> None:
        Lane.objects.update(**facts)
        found = scrape(scraper)
        lane = ("retail", "deployments", "live")
        assert (found["waybill_lane_held"][lane], found["waybill_lane_asleep"][lane]) == (held, asleep)
        assert found["waybill_lane_failures"][lane] == facts.get("failures", 0)

    def test_read_backs_and_deliveries_are_counted(self, site: Site, scraper: Client) -> None:
        entry = builders.deployment(site).entry
        Entry.objects.filter(pk=entry.pk).update(read_back="missing", read_back_at=timezone.now())
        found = scrape(scraper)
        assert found["waybill_read_back_entries"]["retail", "missing"] == 1
        assert found["waybill_read_back_entries"]["retail", "confirmed"] == 0
        assert found["waybill_deliveries_last_hour"] == {("retail", "deployments", "live", "received"): 1}

    def test_the_process_tells_of_itself(self, scraper: Client) -> None:
        assert scrape(scraper)["process_resident_memory_bytes"][()] > 10_000_000

    def test_what_is_dear_is_kept_and_says_how_old_it_is(
        self, site: Site, post: Callable[..., Any], scraper: Client
    ) -> None:
        scrape(scraper)
        post(bulk(deployment(1)))
        found = scrape(scraper)
        assert found["waybill_entries_received"] == {("retail",): 0}
        assert found["waybill_lane_waiting"] == {("retail", "deployments", "live"): 1}
        assert 0 < found["waybill_balance_age_seconds"][()] < 15

    def test_what_it_asks_does_not_grow(self, scraper: Client, django_assert_num_queries: Any) -> None:
        for count in (1, 4):
            for number in range(count):
                make_site(f"site-{count}-{number}", f"cloud-{count}-{number}")
            figures.counted.forget()
            with django_assert_num_queries(9):
                scrape(scraper)

    def test_openmetrics_is_given_to_those_who_ask_for_it(self, scraper: Client) -> None:
        answer = scraper.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert answer["Content-Type"].startswith("application/openmetrics-text")
        assert answer.content.endswith(b"# EOF\n")


class TestWhoMayRead:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
    def test_programs_on_this_machine_without_a_token(self, address: str, scraper: Client) -> None:
        scrape(scraper, REMOTE_ADDR=address)

    @pytest.mark.parametrize("address", ["192.0.2.7", "172.18.0.1", "10.0.0.1", "::ffff:192.0.2.7", "", "unix:"])
    def test_nobody_from_elsewhere_without_a_token(self, address: str, scraper: Client) -> None:
        refused(scraper.get("/metrics", REMOTE_ADDR=address))

    @pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"])
    def test_nobody_through_a_proxy_on_this_machine(self, name: str, scraper: Client) -> None:
        refused(scraper.get("/metrics", headers={name: "anything"}))

    def test_nobody_by_a_name_that_a_proxy_answers_to(self, scraper: Client) -> None:
        refused(scraper.get("/metrics", headers={"Host": "testserver"}))

    def test_whoever_has_the_token_from_anywhere(self, scraper: Client, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.7", "Host": "testserver"}
        scrape(scraper, headers=headers, REMOTE_ADDR="192.0.2.7")

    @pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ünïcode"])
    def test_nobody_with_another_token_not_even_from_here(self, given: str, scraper: Client, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        refused(scraper.get("/metrics", headers={"Authorization": given}))

    def test_a_token_of_a_sender_is_none_of_it(self, bearer: str, scraper: Client, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        refused(scraper.get("/metrics", headers={"Authorization": f"Bearer {bearer}"}))

    def test_it_takes_get_only(self, scraper: Client) -> None:
        assert scraper.post("/metrics").status_code == 405


def refused(answer: Any) -> None:
    assert answer.status_code == 401
    assert answer.json() == {"code": 401, "message": "Unauthorized"}
    assert answer["WWW-Authenticate"] == "Bearer"
