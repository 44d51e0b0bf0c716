"""What tabs say, and pages for what went wrong."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from dashboard import frame
from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db


def title(client: Client, address: str) -> str:
    found = re.search(r"<title>(.*?)</title>", client.get(address).content.decode())
    assert found
    return found[1]


def test_a_title_begins_with_the_thing_and_its_state(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, "shop", "production", label="v1.2", state="rolled_back")
    assert title(viewer, f"/deployments/{one.pk}/") == "v1.2 rolled back, production, shop · Waybill"
    build = builders.build(retail, 7, state="failed")
    assert " failed · Waybill" in title(viewer, f"/builds/{build.pk}/")


def test_the_title_of_a_list_tells_its_filters(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    assert title(viewer, "/deployments/?state=failed&q=v9") == "Deployments: v9, Failed · Waybill"


@pytest.mark.parametrize(("address", "drawing"), [("/", "overview"), ("/builds/", "build"), ("/sites/", "site")])
def test_each_section_has_a_drawing_of_its_own(address: str, drawing: str, retail: Site, viewer: Client) -> None:
    assert f'href="/static/favicons/{drawing}.svg"' in viewer.get(address).content.decode()


def test_every_drawing_is_there() -> None:
    assert all(finders.find(f"favicons/{name}.svg") for name in frame.FAVICONS)


def test_what_is_not_there_can_be_searched_for(retail: Site, viewer: Client) -> None:
    answer = viewer.get("/nowhere/")
    assert answer.status_code == 404
    assert '<form class="line-up above-space" role="search" action="/search/">' in answer.content.decode()


def test_a_mistake_of_ours_says_when_it_happened() -> None:
    assert re.search(r"tell an admin that it happened at \d\d:\d\d:\d\d UTC,", render_to_string("500.html"))
