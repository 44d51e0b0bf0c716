"""What can be picked in a filter: found while one writes, and on a page of its own without a script."""

import re

import pytest
from django.test import Client

from devops_sync.models import Site, properties
from tests import builders

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


def words(page: str) -> list[str]:
    return re.findall(r'<span class="wrap-anywhere">(.*?)</span>', page)


def asked(client: Client, address: str) -> str:
    answer = client.get(address, headers=PART)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def some(retail: Site) -> Site:
    for name, team in (("checkout", "pay"), ("search", "find"), ("payments", "pay")):
        builders.deployment(retail, name, f"{name}-eu", properties={"team": team, "account": f"a-{team}"})
        builders.build(retail, pipelineId=name)
    return retail


@pytest.mark.parametrize("of", ["deployment", "build", "submission", "delivery"])
def test_pipelines_are_found_as_one_writes(of: str, some: Site, viewer: Client) -> None:
    assert words(asked(viewer, f"/pick/{of}/pipeline/?find=P")) == ["payments"]
    assert words(asked(viewer, f"/pick/{of}/pipeline/?find=c")) == ["checkout", "search"]


def test_what_is_picked_stays_picked(some: Site, viewer: Client) -> None:
    page = asked(viewer, "/pick/deployment/environment/?find=pay&environment=search-eu")
    assert words(page) == ["search-eu", "payments-eu"]
    assert 'value="search-eu" checked' in page


def test_senders_are_found(some: Site, viewer: Client) -> None:
    assert words(asked(viewer, "/pick/submission/sender/?find=gitlab")) == ["ci-gitlab"]


@pytest.mark.parametrize("of", ["deployment", "build", "repository", "submission", "delivery"])
def test_keys_come_first_and_then_their_values_with_how_many_have_them(of: str, some: Site, viewer: Client) -> None:
    assert words(asked(viewer, f"/pick/{of}/property/")) == ["account", "team"]
    assert words(asked(viewer, f"/pick/{of}/property/?find=TE")) == ["team"]
    page = asked(viewer, f"/pick/{of}/property/?find=team%3D")
    assert words(page) == ["team=find", "team=pay"]
    assert re.findall(r'class="count">(.*?)<', page) == ["1", "2"]
    assert words(asked(viewer, f"/pick/{of}/property/?find=team%3DA")) == ["team=pay"]


def test_without_a_script_it_is_a_page_that_leads_to_the_list(some: Site, viewer: Client) -> None:
    page = viewer.get("/pick/deployment/pipeline/?find=check&state=failed&pipeline=search&after=x").content.decode()
    assert '<form class="stack sheet__body" action="/deployments/" method="get">' in page
    assert '<input type="hidden" name="state" value="failed">' in page
    assert 'name="after"' not in page
    assert words(page) == ["search", "checkout"]


def test_long_lists_to_pick_from_are_searched(some: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.listing.OFFERED", 1)
    page = viewer.get("/deployments/?state=failed").content.decode()
    assert 'hx-get="/pick/deployment/pipeline/?state=failed"' in page
    assert '<form id="find-pipeline" action="/pick/deployment/pipeline/" method="get" hidden>' in page


def test_nothing_of_a_site_that_one_may_not_see_is_offered(foreign: Site, viewer: Client) -> None:
    builders.deployment(foreign, "secret", "secret", properties={"secret": "secret"})
    for name in ("pipeline", "environment", "property"):
        assert words(asked(viewer, f"/pick/deployment/{name}/?find=s")) == []
    assert words(asked(viewer, "/pick/deployment/property/?find=secret%3D")) == []


@pytest.mark.parametrize("address", ["/pick/deployment/nonsense/", "/pick/nonsense/pipeline/", "/pick/drift/pipeline/"])
def test_what_no_list_has_is_not_found(address: str, retail: Site, viewer: Client) -> None:
    assert viewer.get(address).status_code == 404


def test_a_wrong_site_is_said(retail: Site, viewer: Client) -> None:
    assert viewer.get("/pick/deployment/property/?site=nowhere").status_code == 400


def test_hostile_text_finds_nothing(some: Site, viewer: Client) -> None:
    for text in ("%25", "_", "\\", "'", "%00=", "=", "==", "<b>"):
        assert viewer.get(f"/pick/deployment/property/?find={text}").status_code == 200
    assert "<b>" not in asked(viewer, "/pick/deployment/property/?find=<b>")


def test_values_are_counted_to_a_limit_and_without_what_was_deleted(
    retail: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(properties, "COUNTED", 2)
    made = [builders.deployment(retail, properties={"team": "pay"}) for _ in range(3)]
    assert [one.entities for one in properties.values([retail.pk], "team")] == [2]
    for one in made[:2]:
        builders.deletion(one)
    assert [one.entities for one in properties.values([retail.pk], "team")] == [1]
