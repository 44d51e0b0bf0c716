"""Submitting by hand in a browser: checked while somebody types, and the same without a script."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from devops_sync.models import Deployment, Submission
from tests import builders

from .conftest import Open, World

pytestmark = pytest.mark.needs("chromium")


def fill_in(page: Any) -> None:
    page.get_by_label("Site", exact=True).select_option("retail")
    for label, value in (
        ("Display name", "Release 7"),
        ("Address of the deployment", "https://ci.example/7"),
        ("Description", "By hand"),
        ("Issue keys", "SHOP-1, SHOP-2"),
        ("Pipeline id", "shop"),
        ("Pipeline name", "shop"),
        ("Address of the pipeline", "https://ci.example/shop"),
        ("Environment id", "prod"),
        ("Environment name", "production-eu"),
        ("Deployment sequence number", "7"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Environment type").select_option("production")


def test_what_is_typed_is_checked_and_keeps_its_focus(world: World, opened: Open) -> None:
    with opened(builders.user("release-manager")) as watched:
        page = watched.page
        page.goto("/")
        page.get_by_role("link", name="Submit", exact=True).click()
        fill_in(page)
        page.get_by_text("1 deployment would be taken").wait_for()
        url = page.get_by_label("Address of the deployment")
        url.fill("")
        url.press_sequentially("ftp://ci")
        page.locator("#url-problem .problem").wait_for()
        url.press_sequentially(".example")
        assert url.evaluate("(field) => field === document.activeElement")
        assert url.input_value() == "ftp://ci.example"
        assert url.get_attribute("aria-invalid") == "true"
        assert Axe().run(page).response["violations"] == []
        url.fill("https://ci.example/7")
        page.get_by_text("1 deployment would be taken").wait_for()
        assert url.get_attribute("aria-invalid") is None
        assert not Submission.objects.filter(path="/submit/").exists()
        page.get_by_role("button", name="Submit", exact=True).click()
        page.wait_for_url("**/submissions/*/")
        assert Deployment.objects.filter(display_name="Release 7", environment_type="production").exists()
        assert not watched.complaints


@pytest.mark.slow
def test_without_a_script_the_form_is_checked_edited_and_submitted(world: World, opened: Open) -> None:
    with opened(builders.user("release-manager"), java_script_enabled=False, expects_errors=True) as watched:
        page = watched.page
        page.goto("/submit/")
        fill_in(page)
        page.get_by_label("Display name").fill("")
        page.get_by_role("button", name="Check").click()
        assert page.get_by_label("Display name").get_attribute("aria-invalid") == "true"
        page.get_by_label("Display name").fill("Release 7")
        page.get_by_role("button", name="Edit as JSON").click()
        body = page.get_by_role("textbox", name="Body", exact=True)
        body.fill(body.input_value().replace("Release 7", "Release 8"))
        page.get_by_role("button", name="Submit", exact=True).click()
        page.wait_for_url("**/submissions/*/")
        assert Deployment.objects.filter(display_name="Release 8").exists()
        assert not watched.complaints


def test_who_is_signed_out_while_typing_keeps_what_was_typed(world: World, opened: Open) -> None:
    with opened(builders.user("release-manager")) as watched:
        page = watched.page
        page.goto("/submit/")
        page.get_by_label("Display name").fill("Release 7")
        page.locator("#sentence").get_by_text("is required").wait_for()
        page.context.clear_cookies(name="sessionid")
        page.get_by_label("Description").fill("By hand")
        page.get_by_text("Copy what you have typed").wait_for()
        assert page.get_by_label("Display name").input_value() == "Release 7"
