"""In whose zone and in which colours pages are read."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import zone
from dashboard.filters import DeploymentFilters
from dashboard.templatetags import times
from devops_sync.models import Site, User
from tests import builders

from .test_filters import given

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 3, 4, 12, 5, 6, tzinfo=dt.UTC)


def text(client: Client, address: str = "/deployments/") -> str:
    return client.get(address).content.decode()


def test_times_are_those_of_the_browsers_zone(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, at=NOON)
    assert "4 Mar 12:05" in text(viewer)
    viewer.cookies[zone.COOKIE] = "Asia/Kolkata"
    page = text(viewer)
    assert "4 Mar 17:35" in page
    assert 'datetime="2026-03-04T12:05:06.000Z" title="Wed 4 Mar 2026, 17:35:06 IST (UTC+05:30)"' in page
    assert 'data-zone="Asia/Kolkata"' in page


def test_the_persons_choice_goes_before_the_browsers(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, at=NOON)
    viewer.cookies[zone.COOKIE] = "Asia/Kolkata"
    viewer.post("/settings/", {"time_zone": "America/New_York"})
    assert "4 Mar 07:05" in text(viewer)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "\x00", "x" * 3000])
def test_a_browser_that_names_no_zone_reads_in_utc(name: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, at=NOON)
    viewer.cookies[zone.COOKIE] = name
    assert "4 Mar 12:05" in text(viewer)


def test_a_wrong_choice_is_said_and_nothing_kept(retail: Site, viewer: Client) -> None:
    answer = viewer.post("/settings/", {"time_zone": "Mars/Olympus"})
    assert answer.status_code == 400
    assert "“Mars/Olympus” is no time zone that is known here." in answer.content.decode()
    assert viewer.post("/settings/", {"color_scheme": "pink"}).status_code == 400
    assert not User.objects.exclude(time_zone="", color_scheme="").exists()


def test_colours_are_kept_and_the_zone_with_them(retail: Site, viewer: Client) -> None:
    viewer.post("/settings/", {"time_zone": "Europe/Berlin"})
    assert viewer.post("/settings/", {"color_scheme": "dark", "next": "/builds/?q=1"})["Location"] == "/builds/?q=1"
    page = text(viewer)
    assert '<html lang="en" data-scheme="dark">' in page
    assert 'data-zone="Europe/Berlin" data-chosen' in page


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(there: str, retail: Site, viewer: Client) -> None:
    assert viewer.post("/settings/", {"color_scheme": "dark", "next": there})["Location"] == "/settings/"


def test_the_days_of_filters_are_days_there(retail: Site) -> None:
    with timezone.override("Europe/Berlin"):
        asked = DeploymentFilters(given(**{"from": "2026-03-29", "to": "2026-03-29"}), [retail])
        assert asked.start == dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)
        # The day on which clocks go forward has 23 hours.
        assert asked.end == dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)


def test_files_stay_in_utc(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, at=NOON)
    viewer.cookies[zone.COOKIE] = "Asia/Kolkata"
    answer = viewer.get("/deployments/?format=csv")
    assert b"2026-03-04T12:05:06Z" in b"".join(answer)  # type: ignore[arg-type]


def test_the_end_of_the_calendar_has_a_time_everywhere() -> None:
    with timezone.override("Asia/Kolkata"):
        assert times.exact(dt.datetime.max.replace(tzinfo=dt.UTC, microsecond=0)) == "Fri 31 Dec 9999, 23:59:59 UTC"


def test_a_timeline_has_its_days_where_clocks_show_midnight(retail: Site, viewer: Client) -> None:
    viewer.cookies[zone.COOKIE] = "Asia/Kolkata"
    for hours in (0, 20):
        builders.deployment(retail, at=NOON + dt.timedelta(hours=hours), issues=["SHOP-1"])
    page = text(viewer, "/issues/SHOP-1/")
    assert "Thu 5 Mar" in page
    assert "Wednesday 4 March" in page


def test_single_keys_can_be_turned_off_and_on(retail: Site, viewer: Client) -> None:
    assert "The single ones are off for you" not in text(viewer, "/keys/")
    viewer.post("/settings/", {"single_keys": "off"})
    assert "The single ones are off for you" in text(viewer, "/keys/")
    assert 'data-keys="off"' in text(viewer)
    assert '<kbd aria-hidden="true">/</kbd>' not in text(viewer)
    viewer.post("/settings/", {"single_keys": ["off", "on"]})
    assert 'data-keys="off"' not in text(viewer)


def test_what_is_not_asked_about_keys_leaves_them(retail: Site, viewer: Client) -> None:
    viewer.post("/settings/", {"single_keys": "off"})
    viewer.post("/settings/", {"color_scheme": "dark"})
    assert not User.objects.get(color_scheme="dark").has_single_keys
    answer = viewer.post("/settings/", {"single_keys": "sometimes"})
    assert (answer.status_code, "Single keys are on or off." in answer.content.decode()) == (400, True)
