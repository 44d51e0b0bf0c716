"""Current rows by what became of their versions, and by a state beside an issue."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync.models import Deployment, Site
from devops_sync.models.deletion import ever_deleted
from devops_sync.models.place import latest_by_place, past_by_place
from tests import builders

pytestmark = pytest.mark.django_db


def test_those_that_came_to_an_unusual_end_are_found_by_it(retail: Site) -> None:
    rejected = builders.deployment(retail, outcome="rejected")
    accepted = builders.deployment(retail, outcome="accepted")
    rows = Deployment.objects.of([retail])
    assert set(rows.answered(["rejected"])) == {rejected}
    assert set(rows.answered(["rejected", "accepted"])) == {rejected, accepted}
    assert not rows.answered(["superseded", "withdrawn"])


def test_a_state_is_the_same_looked_at_or_looked_up(retail: Site) -> None:
    failed = builders.deployment(retail, state="failed")
    builders.deployment(retail)
    rows = Deployment.objects.of([retail])
    assert list(rows.in_states(["failed"])) == list(rows.in_states(["failed"], found=True)) == [failed]


def test_of_the_rows_of_an_issue_those_of_a_page_alone_are_read_whole(retail: Site) -> None:
    for number in range(1, 6):
        builders.deployment(retail, number=number, issues=["SHOP-7"])
    builders.deployment(retail, number=6, issues=["SHOP-8"])
    found = Deployment.objects.of([retail]).for_issue("SHOP-7").found_then_newest_first().select_related("entry")
    for rows in (found, found.reverse()):
        with CaptureQueriesContext(connection) as asked:
            few, many = rows.first_of(3)
        assert many == 5
        assert [one.number for one in few] == [one.number for one in rows[:3]]
        assert ['"label"' in one["sql"] for one in asked.captured_queries] == [False, True]


def test_where_nothing_is_found_nothing_is_read(retail: Site) -> None:
    assert Deployment.objects.of([retail]).for_issue("SHOP-7").found_then_newest_first().first_of(3) == ([], 0)


def test_a_list_of_an_issue_says_how_many_there_are_without_counting(retail: Site, viewer: Client) -> None:
    for _ in range(52):
        builders.deployment(retail, issues=["SHOP-7"])
    with CaptureQueriesContext(connection) as asked:
        page = viewer.get("/deployments/?issue=SHOP-7").content.decode()
    assert "52 match, newest first" in " ".join(re.sub("<[^>]+>", "", page).split())
    assert not any("EXPLAIN" in one["sql"] for one in asked.captured_queries)


def test_what_stands_in_a_place_is_read_anew(retail: Site) -> None:
    builders.deployment(retail, number=1, label="v1")
    (place,) = [(one.site_id, one.pipeline_id, one.environment_id) for one in latest_by_place([retail.pk])]
    builders.deployment(retail, number=2, label="v2", state="failed")
    past = past_by_place([place], 30)[place]
    assert (past.newest.name, past.newest.state) == ("v2", "failed")
    assert past.labels == ["v2", "v1"]
    assert past.runs is not None
    assert past.runs.name == "v1"


def test_nothing_stands_in_a_place_that_was_emptied(retail: Site) -> None:
    one = builders.deployment(retail)
    Deployment.objects.update(deleted_at=timezone.now())
    assert past_by_place([(retail.pk, one.pipeline_id, one.environment_id)], 30) == {}


def test_a_site_without_deletions_never_deleted_anything(retail: Site) -> None:
    assert not ever_deleted([retail.pk])
