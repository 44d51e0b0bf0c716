import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devops_sync.models import Build, Site
from tests import builders, payloads

pytestmark = pytest.mark.django_db


def shown(client: Client, address: str = "/builds/") -> list[int]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return [int(pk) for pk in re.findall(r'<tr class="row" id="row-(\d+)">', answer.content.decode())]


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_newest_stands_first(retail: Site, viewer: Client) -> None:
    old = builders.build(retail, at=timezone.now() - dt.timedelta(days=1))
    new = builders.build(retail)
    assert shown(viewer) == [new.pk, old.pk]


@pytest.mark.parametrize(
    "query",
    [
        "site=retail&pipeline=web",
        "pipeline=web&pipeline=none-such",
        "state=failed",
        "issue=pay-7",
        "property=team%3Dcheckout&property=account%3D7",
        "jira=rejected",
        "to=2026-03-04&from=2026-03-04",
        "q=RC.7",
        "q=%23777",
    ],
)
def test_each_filter_finds_what_it_names_and_nothing_else(query: str, retail: Site, viewer: Client) -> None:
    wanted = builders.build(
        retail,
        777,
        pipelineId="web",
        label="v2-rc.7",
        state="failed",
        issueKeys=["PAY-7"],
        properties={"team": "checkout", "account": "7"},
        outcome="rejected",
        at=dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC),
    )
    builders.build(retail, 1, at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
    assert shown(viewer, f"/builds/?{query}") == [wanted.pk]


@pytest.mark.parametrize("query", ["state=melted", "state=rolled_back", "issue=nonsense", "property=a", "after=x"])
def test_a_wrong_value_finds_nothing_and_says_why(query: str, retail: Site, viewer: Client) -> None:
    builders.build(retail)
    answer = viewer.get(f"/builds/?{query}")
    assert answer.status_code == 400
    assert b'<tr class="row"' not in answer.content


def test_tests_are_counted_and_failed_ones_stand_out(retail: Site, viewer: Client) -> None:
    builders.build(retail)
    builders.build(retail, testInfo=payloads.MISSING)
    page = text(viewer, "/builds/")
    assert "145 of 150 passed" in page
    assert '<span class="state state--bad"><svg' in page
    assert "5 failed</span>" in page
    assert "not told" in page


def test_an_empty_list_teaches_with_a_build(retail: Site, viewer: Client) -> None:
    page = text(viewer, "/builds/")
    assert "Send the first build" in page
    assert f"http://testserver/jira/builds/0.1/cloud/{retail.cloud_id}/bulk" in page


def test_an_issue_key_in_the_list_narrows_it(retail: Site, viewer: Client) -> None:
    assert viewer.get("/builds/?q=shop-12&site=retail")["Location"] == "/builds/?site=retail&issue=SHOP-12"


def test_paging_both_ways_is_whole(retail: Site, viewer: Client) -> None:
    moment = timezone.now() - dt.timedelta(hours=2)
    for number in range(105):
        builders.build(retail, number + 1, at=moment + dt.timedelta(seconds=number // 40))
    order = list(Build.objects.newest_first().values_list("pk", flat=True))
    seen, address, last = [], "/builds/?pipeline=checkout-api", ""
    while address:
        seen += shown(viewer, address)
        found = re.search(r'href="([^"]*)" rel="next"', viewer.get(address).content.decode())
        last, address = address, "/builds/" + found[1].replace("&amp;", "&") if found else ""
    assert seen == order
    back = re.search(r'href="([^"]*)" rel="prev"', viewer.get(last).content.decode())
    assert back
    assert shown(viewer, "/builds/" + back[1].replace("&amp;", "&")) == order[50:100]


def test_what_the_list_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    for count, queries in ((5, 10), (55, 12)):
        for _ in range(count):
            builders.build(retail)
        cache.clear()
        with django_assert_num_queries(queries):
            shown(viewer)


def test_fifty_rows_stay_light(retail: Site, viewer: Client) -> None:
    for _ in range(55):
        builders.build(retail, issueKeys=["SHOP-4427", "PAY-882", "CORE-1"])
    assert len(viewer.get("/builds/").content) < 100_000


def test_one_tells_of_its_tests_and_of_what_went_into_it(retail: Site, viewer: Client) -> None:
    commit = builders.commit(retail, "0" * 33 + "abc1234")
    one = builders.build(
        retail,
        7,
        state="failed",
        references=[
            {
                "commit": {"id": commit.ident, "repositoryUri": "https://git.example/r"},
                "ref": {"name": "main", "uri": "https://git.example/r/main"},
            },
            {"commit": {"id": "unheard-of", "repositoryUri": "https://git.example/r"}},
        ],
    )
    page = text(viewer, f"/builds/{one.pk}/")
    assert "The build itself <strong>failed</strong>, and so did 5 of its 150 tests." in page
    assert f'href="/commits/{commit.pk}/"' in page
    assert "unheard-of" in page
    assert 'href="https://git.example/r/main"' in page


def test_the_build_after_it_is_named(retail: Site, viewer: Client) -> None:
    one = builders.build(retail, 7)
    later = builders.build(retail, 8, label="v8")
    assert f'<a href="/builds/{later.pk}/">v8 #8</a> came after it.' in text(viewer, f"/builds/{one.pk}/")


def test_versions_tell_what_changed(retail: Site, viewer: Client) -> None:
    first = payloads.build(7, 1, state="in_progress", testInfo=payloads.MISSING)
    one = builders.build(retail, 7, sequence=2)
    builders.entry(retail, first, kind="build", key=one.key, sequence=1, id=one.entry_id - 1, at=timezone.now())
    page = text(viewer, f"/builds/{one.pk}/")
    assert "State from in progress to successful. Tests" in page
