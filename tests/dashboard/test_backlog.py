"""What waits in the lanes, how fast it leaves, and when somebody has to know."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashboard import backlog
from devops_sync import spans
from devops_sync.models import Entry, Lane, Site, Submission
from devops_sync.models.submission import first_id_at
from tests import builders

pytestmark = pytest.mark.django_db


def text(client: Client, address: str = "/deliveries/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


class TestALaneThatDoesNotGetThrough:
    def failing(self, site: Site, **since: float) -> None:
        asleep = {"wake_at": timezone.now() + dt.timedelta(minutes=5), "slept_for": "The connection was refused."}
        builders.lane(site, failing_since=ago(**since), failures=430, **asleep)

    @pytest.mark.parametrize("address", ["/", "/deliveries/"])
    def test_it_says_what_is_wrong_since_when_and_that_everything_is_kept(
        self, address: str, retail: Site, admin: Client
    ) -> None:
        builders.deployment(retail, outcome="waiting")
        self.failing(retail, hours=73)
        page = text(admin, address)
        notice = page.split('<div class="notice notice--bad">')[1].split("</form>")[0]
        assert "Jira has taken nothing from the deployments lane" in notice
        assert f"{ago(hours=73).day} {ago(hours=73):%b}" in notice
        assert "The last of 430 tries: The connection was refused. Everything is kept: 1 waits." in notice
        assert "Try now" in notice
        assert "Not getting through" in page or "One does not get through" in page

    def test_before_three_days_it_only_sleeps(self, retail: Site, viewer: Client) -> None:
        builders.deployment(retail, outcome="waiting")
        self.failing(retail, hours=71)
        page = text(viewer)
        assert "</svg>Asleep</span>" in page
        assert "notice--bad" not in page

    def test_an_empty_lane_is_not_loud(self, retail: Site, viewer: Client) -> None:
        self.failing(retail, hours=73)
        assert "notice--bad" not in text(viewer)

    def test_who_may_not_try_gets_no_button(self, retail: Site, viewer: Client) -> None:
        builders.deployment(retail, outcome="waiting")
        self.failing(retail, hours=73)
        assert "Try now" not in text(viewer)


class TestWhenItWillBeEmpty:
    def came(self, site: Site, many: int, *, minutes: float, outcome: str = "waiting") -> list[Entry]:
        """Let a submission of so many have come so long ago: the id of a submission begins with its time."""
        at = ago(minutes=minutes)
        arrived = builders.submission(site, id=first_id_at(at), at=at, entry_count=many)
        facts: dict[str, Any] = {"submission": arrived, "outcome": outcome, "answered": False, "at": at}
        entries = [builders.entry(site, position=number, **facts) for number in range(many)]
        Submission.objects.filter(entries=None).delete()
        return entries

    def lane(self, client: Client) -> str:
        """What the first lane's row says, in words."""
        row = text(client).split("<tbody>")[1].split("</tr>")[0]
        return " ".join(re.sub(r"<[^>]+>", " ", row).split())

    def test_it_says_how_many_come_and_leave_and_about_when_none_is_left(self, retail: Site, viewer: Client) -> None:
        left = self.came(retail, 50, minutes=9, outcome="accepted")
        builders.delivery(left, at=ago(minutes=4, seconds=58))
        self.came(retail, 40, minutes=8)
        assert " 40 8 min ago 0 10 in about 4 min nothing" in self.lane(viewer)

    def test_a_lane_that_has_just_gone_on_is_measured_since_then(self, retail: Site, viewer: Client) -> None:
        left = self.came(retail, 20, minutes=9, outcome="accepted")
        builders.delivery(left, at=ago(seconds=60))
        self.came(retail, 60, minutes=8)
        assert " 0 20 in about 3 min" in self.lane(viewer)

    def test_a_lane_that_gets_longer_says_so(self, retail: Site, viewer: Client) -> None:
        self.came(retail, 30, minutes=4)
        assert "gets longer: 6 a minute come, 0 leave" in self.lane(viewer)

    @pytest.mark.parametrize(
        "facts",
        [
            {"held_at": timezone.now(), "held_reason": "Jira answers 403."},
            {"wake_at": timezone.now() + dt.timedelta(hours=1), "failures": 2, "slept_for": "Jira answered 503."},
        ],
        ids=["held", "asleep"],
    )
    def test_a_lane_that_stands_still_promises_nothing(
        self, facts: dict[str, Any], retail: Site, viewer: Client
    ) -> None:
        builders.delivery(self.came(retail, 2, minutes=9, outcome="accepted"), at=ago(minutes=4))
        self.came(retail, 1, minutes=8)
        builders.lane(retail, **facts)
        assert "not before it is tried again" in self.lane(viewer)

    def test_what_nobody_takes_up_is_not_said_to_leave(self, retail: Site, viewer: Client) -> None:
        self.came(retail, 2, minutes=30)
        assert "nothing has left for 5 min" in self.lane(viewer)

    def test_resent_history_is_told_apart(self, retail: Site, viewer: Client) -> None:
        builders.lane(retail, priority=Lane.Priority.RESENT)
        assert self.lane(viewer).startswith("deployments resent history")

    @pytest.mark.parametrize(
        ("facts", "sentence"),
        [
            (
                {"slow_until": timezone.now() + dt.timedelta(minutes=30)},
                "Jira says its limit is near: one request a second until",
            ),
            (
                {"batch_limit": 32, "batch_limit_at": timezone.now() - dt.timedelta(minutes=70)},
                "Requests of at most 64 since",
            ),
            (
                {"unsettled_until": timezone.now() + dt.timedelta(minutes=30)},
                "Nobody read the answer of a request that may reach Jira until",
            ),
        ],
        ids=["slow", "small requests", "unsettled"],
    )
    def test_what_slows_it_down_is_said(
        self, facts: dict[str, Any], sentence: str, retail: Site, viewer: Client
    ) -> None:
        builders.lane(retail, **facts)
        assert sentence in self.lane(viewer)


@pytest.mark.breaks_the_balance
def test_a_large_backlog_is_counted_to_the_last(retail: Site, viewer: Client) -> None:
    first = builders.entry(retail, outcome="waiting")
    columns = "submission_id, site_id, lane_id, envelope_id, kind, sequence, payload, outcome, errors, mends, read_back"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO entry (position, key, unknown_issues, {columns}) "
            f"SELECT number, key, unknown_issues, {columns} FROM entry, generate_series(1, 12344) AS number "
            "WHERE id = %s",
            [first.pk],
        )
    assert '<td class="num">12,345</td>' in text(viewer)


def test_the_page_of_a_site_says_it_too(retail: Site, viewer: Client) -> None:
    builders.entry(retail, outcome="waiting")
    builders.lane(retail, failing_since=ago(hours=73), failures=430, slept_for="The connection was refused.")
    page = text(viewer, "/sites/retail/")
    assert "Not getting through" in page
    assert "The connection was refused. Nothing was taken since" in page


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.1, "less than a minute"),
        (0.8, "about 1 min"),
        (3.6, "about 4 min"),
        (23, "about 25 min"),
        (58, "about 1 h"),
        (60 * 30, "about 30 h"),
        (60 * 24 * 5, "about 5 d"),
    ],
)
def test_an_estimate_is_rounded(minutes: float, said: str) -> None:
    assert spans.about(dt.timedelta(minutes=minutes)) == said


@pytest.mark.parametrize(("rate", "said"), [(0, "0"), (0.2, "under 1"), (6.6, "7"), (31.4, "31"), (1234, "1,200")])
def test_a_rate_is_rounded(rate: float, said: str) -> None:
    assert backlog.rate(rate) == said


def test_what_was_superseded_leads_to_what_came_before_its_turn(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, "web", "dev", number=5, sequence=100)
    content = builders.payload("web", "dev", 5, 99)
    past = builders.entry(retail, content, outcome="superseded", superseded_by=one.entry)
    link = f'<a class="ref" href="/submissions/{one.entry.submission_id}/">100</a>'
    for page in (f"/deployments/{one.pk}/", f"/submissions/{past.submission_id}/"):
        assert f"Not sent: version {link} came before its turn." in text(viewer, page)
