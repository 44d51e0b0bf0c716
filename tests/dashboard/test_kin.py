"""What belongs to an entity: found by the issues it names and by references."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.kinds import KINDS
from devops_sync.models import Site
from tests import builders

from .test_live import beat

pytestmark = pytest.mark.django_db
HASH = "9f2c1b7d" + "0" * 32


def kin(client: Client, one: Any) -> str:
    """The section that says it."""
    page = client.get(KINDS[one.entry.kind].url(one.pk)).content.decode()
    return " ".join(page.split('id="kin-title"')[1].split("</section>")[0].split())


def leads_to(section: str, one: Any) -> bool:
    return f'href="{KINDS[one.entry.kind].url(one.pk)}"' in section


def test_each_kind_leads_to_every_other_that_names_its_issue(retail: Site, viewer: Client) -> None:
    named = {"issueKeys": ["SHOP-7"]}
    all_ = [
        builders.deployment(retail, issues=["SHOP-7"]),
        builders.build(retail, **named),
        builders.commit(retail, **named),
        builders.branch(retail, **named),
        builders.pull_request(retail, **named),
    ]
    for one in all_:
        section = kin(viewer, one)
        assert [other for other in all_ if leads_to(section, other)] == [other for other in all_ if other is not one]


def test_what_belongs_to_others_is_left_out(retail: Site, foreign: Site, viewer: Client) -> None:
    one = builders.deployment(retail, issues=["SHOP-7"])
    builders.build(retail, issueKeys=["SHOP-70"])
    builders.build(foreign, issueKeys=["SHOP-7"])
    builders.deletion(builders.build(retail, issueKeys=["SHOP-7"]))
    assert "Nothing else names its issue yet." in kin(viewer, one)


def test_a_build_and_its_commit_lead_to_each_other_without_a_common_issue_of_the_commit(
    retail: Site, viewer: Client
) -> None:
    commit = builders.commit(retail, HASH, issueKeys=["PAY-1"])
    build = builders.build(retail, issueKeys=["SHOP-7"], references=[{"commit": {"id": HASH, "repositoryUri": "x"}}])
    assert leads_to(kin(viewer, build), commit)
    assert "by reference" in kin(viewer, build)


def test_a_deployment_leads_to_the_commits_that_it_names(retail: Site, viewer: Client) -> None:
    commit = builders.commit(retail, HASH, issueKeys=["PAY-1"])
    one = builders.deployment(retail)
    values = [{"commitHash": HASH, "repositoryId": "r1"}, "nonsense"]
    one.entry.payload = json.dumps({"associations": [{"associationType": "commit", "values": values}, 7]})
    one.entry.save()
    assert leads_to(kin(viewer, one), commit)


def test_what_a_reference_ties_comes_first_then_what_is_nearest_in_time(retail: Site, viewer: Client) -> None:
    now = timezone.now()
    one = builders.commit(retail, HASH, issueKeys=["SHOP-7"], at=now - dt.timedelta(days=5))
    far = builders.build(retail, issueKeys=["SHOP-7"], at=now)
    near = builders.build(retail, issueKeys=["SHOP-7"], at=now - dt.timedelta(days=4))
    its = builders.build(
        retail, issueKeys=["SHOP-7"], references=[{"commit": {"id": HASH, "repositoryUri": "x"}}], at=now
    )
    section = kin(viewer, one)
    places = [section.index(f'href="/builds/{build.pk}/"') for build in (its, near, far)]
    assert places == sorted(places)


def test_of_many_a_few_are_shown_and_the_list_has_the_rest(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, issues=["SHOP-7"])
    for _ in range(12):
        builders.build(retail, issueKeys=["SHOP-7"])
    section = kin(viewer, one)
    assert section.count('href="/builds/') == 6
    assert 'Builds <span class="count">12</span>' in section
    assert 'href="/builds/?site=retail&amp;issue=SHOP-7">All builds of SHOP-7</a>' in section


def test_what_it_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    one = builders.deployment(retail, issues=["SHOP-7"])
    for count in (1, 15):
        for _ in range(count):
            for kind in ("build", "commit", "branch", "pull_request"):
                getattr(builders, kind)(retail, issueKeys=["SHOP-7"])
        with django_assert_num_queries(21):
            kin(viewer, one)


def test_a_page_that_follows_does_not_ask_for_it_again(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    page = viewer.get(f"/deployments/{one.pk}/").content.decode()
    with CaptureQueriesContext(connection) as asked:
        beat(viewer, page)
    assert asked.captured_queries
    assert not any("WITH kin " in query["sql"] for query in asked.captured_queries)
