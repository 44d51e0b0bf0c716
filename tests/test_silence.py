"""A pipeline that used to report and has stopped is told from one that only rests, and so is a token."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from devops_sync import ledger
from devops_sync.models import Deployment, Site, Token
from devops_sync.models.silence import longest_gap, silent_pipelines, silent_tokens
from devops_sync.models.submission import first_id_at
from tests import builders
from tests.payloads import bulk, deployment

NOW = timezone.now()
WEEKDAYS = [day for day in range(60) if day % 7 < 5]


@pytest.fixture
def site(db: None) -> Site:
    return builders.site()


def reported(site: Site, days_ago: list[int], token: Token | None = None) -> None:
    """Let a deployment have arrived on each of these days."""
    for number, days in enumerate(days_ago, start=1):
        then = NOW - dt.timedelta(days=days, hours=1)
        body = bulk(deployment(number, lastUpdated=then.isoformat()))
        submitted = ledger.submit(ledger.Arrival("deployments", "/bulk", body, then, len(body), site=site, token=token))
        assert submitted.id


@pytest.mark.parametrize(
    ("days_ago", "is_silent"),
    [
        ([3, 4, 5, 6, 7, 8], True),
        ([0, 1, 2, 3, 4, 5], False),
        ([1, 2, 3, 4, 5, 6], False),
        ([4, 7, 10, 13, 16], False),
        ([5, 8, 11, 14, 17], True),
        ([30, 31, 32, 33], False),
        ([20, 21, 22, 23, 50], False),
    ],
    ids=[
        "daily, three days silent",
        "daily",
        "daily, not yet today",
        "every three days",
        "every three days, five days silent",
        "too few to have a rhythm",
        "a long gap is like it",
    ],
)
def test_a_pipeline_is_measured_by_its_own_rhythm(site: Site, days_ago: list[int], is_silent: bool) -> None:
    reported(site, days_ago)
    assert [one.id for one in silent_pipelines([site.pk], NOW)] == (["checkout-api"] if is_silent else [])


def test_it_says_since_when_and_what_its_rhythm_was(site: Site) -> None:
    reported(site, [5, 8, 11, 14, 17])
    (found,) = silent_pipelines([site.pk], NOW)
    assert (found.name, found.rhythm, found.days) == ("checkout-api", "at least every 3 days", 5)
    assert found.last_at == Deployment.objects.order_by("-changed_at")[0].changed_at


def test_other_sites_are_not_told_of(site: Site) -> None:
    reported(site, [5, 8, 11, 14, 17])
    assert silent_pipelines([site.pk + 1], NOW) == []


class TestTokens:
    @pytest.fixture
    def token(self, site: Site) -> Token:
        return Token.create("ci-gitlab", site, ["write"], NOW)[0]

    def used(self, token: Token, days_ago: list[int]) -> None:
        """Let the token have submitted on these days: the ids of submissions begin with the time."""
        for days in days_ago:
            then = NOW - dt.timedelta(days=days, hours=1)
            builders.submission(token.site, at=then, id=first_id_at(then), token=token, entry_count=0)

    @pytest.mark.parametrize(("days_ago", "is_silent"), [([3, 4, 5, 6, 7], True), ([1, 2, 3, 4, 5], False)])
    def test_a_token_that_stopped_being_used_is_told(self, token: Token, days_ago: list[int], is_silent: bool) -> None:
        self.used(token, days_ago)
        assert [one.name for one in silent_tokens([token.site_id], NOW)] == (["ci-gitlab"] if is_silent else [])

    def test_a_revoked_token_is_not_missed(self, token: Token) -> None:
        self.used(token, [3, 4, 5, 6, 7])
        Token.objects.update(revoked_at=NOW)
        assert silent_tokens([token.site_id], NOW) == []


@given(st.lists(st.datetimes(timezones=st.just(dt.UTC)), max_size=60))
def test_the_longest_gap_is_between_neighbours(days: list[dt.datetime]) -> None:
    dates = sorted(day.date() for day in days)
    longest = longest_gap(days)
    if len(dates) > 1:
        assert longest <= (dates[-1] - dates[0]).days
        assert longest * (len(dates) - 1) >= (dates[-1] - dates[0]).days
