"""The issues that were touched lately, and those of a project."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def text(client: Client, address: str = "/issues/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def keys(html: str) -> list[str]:
    return re.findall(r'href="/issues/([^"?/]+)/[^"]*" id="go-\d', html)


def test_the_latest_touched_stands_first_with_its_furthest_environment(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, issues=["SHOP-1"], environment="staging", at=ago(days=2))
    builders.commit(retail, issueKeys=["SHOP-2", "PAY-1"], columns={"changed_at": ago(days=1)})
    builders.build(retail, issueKeys=["SHOP-1"], columns={"changed_at": ago(hours=1)})
    page = text(viewer)
    assert keys(page) == ["SHOP-1", "SHOP-2", "PAY-1"] or keys(page) == ["SHOP-1", "PAY-1", "SHOP-2"]
    row = page.split('<tr class="row">')[1]
    assert '<td class="environment-cell">staging</td>' in row
    assert "1 deployment" in row
    assert "1 build" in row
    assert "nowhere yet" in page.split('<tr class="row">')[2]


def test_a_project_narrows_it(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, issues=["SHOP-1", "SHOP2-1", "PAY-1"])
    assert keys(text(viewer, "/issues/?project=shop")) == ["SHOP-1"]
    assert "No issue of NOPE was touched" in text(viewer, "/issues/?project=NOPE")


def test_the_projects_are_offered_with_their_counts(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, issues=["SHOP-1", "SHOP-2", "PAY-1"])
    page = text(viewer)
    assert re.search(r'href="\?project=SHOP"[^>]*><span class="wrap-anywhere">SHOP</span><span class="count">2<', page)


def test_it_says_how_far_back_it_looks_and_goes_on_from_there(
    retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devops_sync.models.issue_window.CHANGES", 2)
    from devops_sync.models import issue_window

    monkeypatch.setattr(issue_window, "_TOUCHED", issue_window._TOUCHED.replace(">= 2000", ">= 2"))
    for number in range(4):
        builders.deployment(retail, issues=[f"SHOP-{number}"], at=ago(days=number + 1))
    builders.build(retail, issueKeys=["OLD-1"], columns={"changed_at": ago(days=3, hours=12)})
    page = text(viewer)
    assert keys(page) == ["SHOP-0", "SHOP-1"]
    before = re.search(r'<a href="(\?to=[^"]+)" id="go-before">', page)
    assert before
    assert keys(text(viewer, f"/issues/{before[1]}")) == ["SHOP-2", "OLD-1", "SHOP-3"]


def test_pages_join(retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.paging.SIZE", 2)
    for number in range(5):
        builders.deployment(retail, issues=[f"SHOP-{number}"], at=ago(hours=number + 1))
    first = text(viewer)
    older = re.search(r'href="(\?after=[^"]+)"', first)
    assert older
    second = text(viewer, f"/issues/{older[1]}")
    assert keys(first) + keys(second) == [f"SHOP-{number}" for number in range(4)]
    newer = re.search(r'href="(\?before=[^"]+)"', second)
    assert newer
    assert keys(text(viewer, f"/issues/{newer[1]}")) == keys(first)


def test_the_search_leads_on(retail: Site, viewer: Client) -> None:
    assert viewer.get("/issues/?q=shop-7&site=retail")["Location"] == "/issues/SHOP-7/?site=retail"
    assert viewer.get("/issues/?q=shop")["Location"] == "/issues/?project=SHOP"
    assert viewer.get("/issues/?q=%3F").status_code == 400


@pytest.mark.parametrize("query", ["project=%25", "after=x", "before=2026-01-01,a", "to=never", "site=nowhere"])
def test_a_wrong_address_gets_a_sentence(query: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    assert viewer.get(f"/issues/?{query}").status_code == 400


def test_a_foreign_sites_issues_are_not_there(retail: Site, foreign: Site, viewer: Client) -> None:
    builders.deployment(foreign, issues=["SECRET-1"])
    assert "SECRET-1" not in text(viewer)


def test_the_deleted_count_for_nothing(retail: Site, viewer: Client) -> None:
    builders.deletion(builders.deployment(retail, issues=["GONE-1"]))
    builders.deployment(retail)
    assert keys(text(viewer)) == ["SHOP-1"]


def test_an_empty_ledger_teaches(retail: Site, viewer: Client) -> None:
    assert "EXAMPLE-1" in text(viewer)


def test_what_it_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    builders.deployment(retail)
    text(viewer)
    with CaptureQueriesContext(connection) as few:
        text(viewer)
    for number in range(20):
        builders.deployment(retail, issues=[f"MANY-{number}"])
    with django_assert_num_queries(len(few)):
        text(viewer)
