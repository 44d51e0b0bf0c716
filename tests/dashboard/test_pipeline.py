"""A pipeline's page: what runs where, how it came there, and that it stays cheap."""

import datetime as dt
import html
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import places
from devops_sync.models import Deployment, Gate, Site
from devops_sync.models import pipeline as over_time
from tests import builders

from .test_live import pulse

pytestmark = pytest.mark.django_db
PAGE = "/pipelines/retail/checkout-api/"


def text(client: Client, address: str = PAGE) -> str:
    got = client.get(address)
    assert got.status_code == 200, got.content.decode()
    return got.content.decode()


def words(page: str) -> str:
    return re.sub(r" ([.,;])", r"\1", " ".join(re.sub(r"<[^>]+>", " ", page).split()))


def answer(page: str) -> str:
    return words(page.split('<p class="answer">')[1].split("</p>")[0])


def drawing(page: str) -> str:
    return page.split('<svg class="timeline__drawing"')[1].split("</svg>")[0]


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def test_it_says_what_runs_in_production_and_how_far_the_one_before_is_ahead(retail: Site, viewer: Client) -> None:
    for number, label in enumerate(("v2.3", "v2.4", "v2.5", "v2.6"), 1):
        builders.deployment(retail, environment="staging", number=number, label=label, at=ago(minutes=9 - number))
    builders.deployment(retail, environment="production", label="v2.3", at=ago(minutes=5))
    said = answer(text(viewer))
    assert said.startswith("v2.3 runs in production since 5 min ago")
    assert "staging is 3 ahead." in said


def test_it_says_what_stands_in_the_way(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="production-eu", number=1, label="v1", at=ago(minutes=5))
    builders.deployment(retail, environment="production-us", number=1, label="v1")
    builders.deployment(retail, environment="production-us", number=2, label="v2", state="pending", gated=True)
    builders.deployment(retail, environment="staging", number=1, label="v3", state="failed")
    builders.deployment(retail, environment="test", number=1, label="v4", state="in_progress")
    said = answer(text(viewer))
    assert "v1 runs in production-eu since 5 min ago and in production-us." in said
    assert "v2 waits at the gate of production-us." in said
    assert "v3 failed on staging." in said
    assert "v4 is on its way to test." in said


def test_what_needs_a_look_stands_out_as_in_the_matrix(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="staging", number=1, label="3.6")
    builders.deployment(retail, environment="staging", number=2, label="3.7", state="failed")
    builders.deployment(retail, environment="production", number=1, label="3.5")
    builders.deployment(retail, environment="production", number=2, label="3.6", state="rolled_back")
    page = text(viewer)
    assert "cell--bad" in page
    assert "Runs 3.6 since" in page
    assert "cell--warn" in page
    assert "Back on 3.5" in page
    assert 'class="span span--warn"' in drawing(page)


def test_its_lanes_stand_from_development_to_production(retail: Site, viewer: Client) -> None:
    for environment in ("production", "dev", "zoo", "staging", "test"):
        builders.deployment(retail, environment=environment)
    lanes = text(viewer).split('<ul class="timeline__lanes"')[1].split("</ul>")[0]
    assert words("<ul" + lanes).split() == ["dev", "test", "staging", "production", "zoo"]


def test_what_ran_before_the_window_runs_on_from_its_left_edge(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, at=ago(days=40))
    page = text(viewer, f"{PAGE}?span=week")
    assert '<line class="span span--good" x1="16.0" x2="1000.0"' in drawing(page)
    assert "<circle" not in drawing(page)
    assert "Nothing changed in the last week" in page


@pytest.mark.parametrize(("span", "many"), [("day", 1), ("week", 2), ("month", 3), ("quarter", 4)])
def test_the_span_is_in_the_address(span: str, many: int, retail: Site, viewer: Client) -> None:
    for days in (0.5, 5, 20, 80):
        builders.deployment(retail, at=ago(days=days))
    page = text(viewer, f"{PAGE}?span={span}")
    assert f'<span class="count">{many} deployment' in page
    assert f'href="?span={span}" aria-current="true"' in page


def test_many_in_one_place_are_one_mark_with_their_number(retail: Site, viewer: Client) -> None:
    for number in range(1, 31):
        builders.deployment(retail, number=number, at=ago(minutes=number), state="failed" if number == 7 else "pending")
    drawn = drawing(text(viewer, f"{PAGE}?span=quarter"))
    assert drawn.count("<circle") == 1
    assert "30 deployments, 1 of them did not go well" in drawn


def test_environments_can_be_picked(retail: Site, viewer: Client) -> None:
    for environment in ("dev", "staging", "production"):
        builders.deployment(retail, environment=environment, label=f"on-{environment}")
    page = text(viewer, f"{PAGE}?environment=staging&environment_type=staging")
    assert "on-staging" in page
    assert "on-dev" not in page
    assert "It deploys to no such environment." in text(viewer, f"{PAGE}?environment=moon")


def test_a_wrong_filter_gets_a_sentence(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    got = viewer.get(f"{PAGE}?span=aeon")
    assert got.status_code == 400
    assert "“aeon” is no span of time" in got.content.decode()


def test_previews_by_the_hundred_do_not_crowd_out_production(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="production", at=ago(days=5))
    for number in range(30):
        builders.deployment(retail, environment=f"preview-{number:02}", type="testing")
    page = text(viewer)
    assert 'data-environment="production"' in page
    assert page.count("data-environment=") == 12
    assert "19 more environments are not shown" in page


def walked(client: Client, address: str) -> list[str]:
    """The environments on all pages from this address on, as they come."""
    seen: list[str] = []
    for _ in range(50):
        page = text(client, address)
        seen += re.findall(r'data-environment="([^"]+)"', page)
        found = re.search(r'href="([^"]*)" rel="next"', page)
        if not found:
            return seen
        address = PAGE + found[1].replace("&amp;", "&")
    raise AssertionError("It does not end.")


@pytest.fixture
def many(retail: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """More environments than are looked through, and of those more than are drawn."""
    monkeypatch.setattr(over_time, "WALKED", 7)
    monkeypatch.setattr("dashboard.views.pipeline.LANES", 3)
    names = [f"preview {number:02} & more" for number in range(23)]
    for number, name in enumerate(names):
        builders.deployment(retail, environment=name, type="testing" if number % 9 else "production")
    return names


def test_every_environment_is_reached_by_walking_the_pages(many: list[str], viewer: Client) -> None:
    page = text(viewer)
    assert "4+ more environments are not shown" in page
    assert 'href="?after=" id="walk"' in page
    assert sorted(walked(viewer, f"{PAGE}?after=")) == [html.escape(name) for name in many]


def test_a_walk_keeps_to_the_filters(many: list[str], viewer: Client) -> None:
    found = walked(viewer, f"{PAGE}?after=&environment_type=production")
    assert sorted(found) == [html.escape(many[number]) for number in (0, 9, 18)]


def test_an_environment_beyond_those_looked_through_is_found_by_its_id(many: list[str], viewer: Client) -> None:
    page = text(viewer, f"{PAGE}?environment={quote(many[-1])}")
    assert re.findall(r'data-environment="([^"]+)"', page) == [html.escape(many[-1])]


def test_a_page_of_a_walk_is_followed(many: list[str], viewer: Client) -> None:
    page = text(viewer, f"{PAGE}?after={quote(many[2])}")
    where, headers, _ = pulse(viewer, page)
    assert "after=preview" in where
    assert viewer.get(where, headers=headers).status_code == 204


def test_a_walk_past_the_end_says_so(many: list[str], viewer: Client) -> None:
    assert "None of these environments matches" in text(viewer, f"{PAGE}?after=zzz")


def test_its_latest_builds_are_shown(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    builders.build(retail, 77, pipelineId="checkout-api", state="failed")
    builders.build(retail, 78, pipelineId="another")
    page = text(viewer)
    assert "#77" in page
    assert "#78<" not in page
    assert 'href="/builds/?site=retail&amp;pipeline=checkout-api"' in page


def test_a_pipeline_that_only_builds_has_a_page(retail: Site, viewer: Client) -> None:
    builders.build(retail, 77, pipelineId="checkout-api")
    assert "It has built, and has not deployed yet." in answer(text(viewer))


def test_what_is_unknown_or_of_another_site_is_not_there(retail: Site, foreign: Site, viewer: Client) -> None:
    one = builders.deployment(retail, "gone")
    one.deleted_at = timezone.now()
    one.save()
    builders.deployment(foreign, "secret-pipeline")
    for address in (
        "retail/none/",
        "retail/",
        "retail/gone/",
        "foreign/secret-pipeline/",
        "nowhere/x/",
        "retail/a%00b/",
    ):
        got = viewer.get(f"/pipelines/{address}")
        assert got.status_code == 404, address
        assert b"There is nothing at this address" in got.content


@pytest.mark.parametrize(
    "ident",
    [
        "a/b//c/",
        "https://ci.example/job/x?y=1&z=%2F#top",
        ".",
        "..",
        "a/../b",
        "a\\..\\b",
        "%2e%2e",
        "строка ☃ 🚀",
        "line\nbreak",
        '<b>"quoted"</b>',
        "é" * 240,
    ],
)
def test_any_id_that_jira_takes_has_its_page(ident: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, ident, label="its-own-label")
    url = places.url_of("retail", ident)
    assert "its-own-label" in text(viewer, url)
    asked = re.search(r'hx-get="([^"]*)"', text(viewer, url))
    assert asked
    assert asked[1].replace("&amp;", "&") == url
    assert url.replace("&", "&amp;") in text(viewer, "/")


@pytest.mark.parametrize("ident", ["..", "a/b"])
def test_what_leads_on_keeps_the_id(ident: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, ident)
    url = places.url_of("retail", ident)
    page = text(viewer, url + ("&" if "?" in url else "?") + "environment=production")
    links = re.findall(r'href="(\?[^"]*span=day[^"]*)"', page)
    assert len(links) == 1
    assert "environment=production" in links[0]
    assert ("id=.." in links[0]) is (ident == "..")


def test_deployments_and_the_overview_lead_to_it(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, "a b/c")
    link = f'href="/pipelines/retail/{quote("a b/c", safe="")}/"'
    for address in ("/", "/deployments/", f"/deployments/{one.pk}/"):
        assert link in text(viewer, address), address


def test_it_follows_what_happens(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, state="in_progress")
    page = text(viewer)
    seen = re.search(r'Waybill-Seen[^:]*: "?(?:&quot;)?([^"&}]*)', page.split("hx-headers")[1])
    assert seen
    asked = {"HTTP_WAYBILL_SEEN": seen[1].replace("&quot;", "")}
    assert viewer.get(PAGE, **asked).status_code == 204
    Deployment.objects.filter(pk=one.pk).update(state="failed")
    got = viewer.get(PAGE, **asked).content.decode()
    assert 'id="part-where"' in got
    assert "failed on production" in words(got)


def test_what_it_asks_does_not_grow_with_what_there_is(
    retail: Site, viewer: Client, django_assert_num_queries: Any
) -> None:
    for count in (4, 44):
        for number in range(count):
            one = builders.deployment(retail, environment=f"env-{number % 7}", state="pending", gated=True)
            facts = {"asked_at": timezone.now(), "due_at": timezone.now(), "status": "awaiting"}
            Gate.objects.create(site=retail, key=one.key, entry=one.entry, details=[], **facts)
            builders.build(retail, pipelineId="checkout-api")
        with django_assert_num_queries(16):
            text(viewer)
