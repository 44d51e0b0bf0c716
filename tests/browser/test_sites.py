"""Connecting a site, by hand in a browser."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import builders
from tests.sandbox_process import Sandbox

from .conftest import Open, World

pytestmark = pytest.mark.needs("chromium")


@pytest.mark.slow
@pytest.mark.parametrize("has_script", [True, False])
def test_a_site_is_connected_after_a_mistake(
    world: World, opened: Open, sandbox: Sandbox, settings: Any, has_script: bool
) -> None:
    settings.ALLOW_PRIVATE_UPSTREAM = True
    with opened(builders.user("admin"), java_script_enabled=has_script, expects_errors=True) as watched:
        page = watched.page
        page.goto("/sites/")
        page.get_by_role("link", name="Connect a site").click()
        page.get_by_label("Short name").fill("trial")
        page.get_by_label("Address of the Jira site").fill(sandbox.url)
        page.get_by_label("Client id").fill(sandbox.client_id)
        page.get_by_label("Client secret").fill("a typing error")
        page.get_by_role("button", name="Connect").click()
        secret = page.get_by_label("Client secret")
        assert secret.input_value() == ""
        assert secret.get_attribute("aria-invalid") == "true"
        assert "401" in page.locator("#secret-problem").inner_text()
        if has_script:
            assert Axe().run(page).response["violations"] == []
        secret.fill(sandbox.client_secret)
        page.keyboard.press("Enter")
        page.wait_for_url("**/sites/trial/")
        assert page.get_by_role("row", name="Builds Yes Yes").is_visible()
        page.get_by_role("button", name="Test again").click()
        assert page.get_by_text("Jira was asked what the credential may do.").is_visible()
        assert not watched.complaints


def test_the_words_of_the_form_follow_the_way_to_sign_in(world: World, opened: Open) -> None:
    with opened(builders.user("admin")) as watched:
        watched.page.goto("/sites/connect/")
        watched.page.get_by_label("A Connect app").check()
        assert watched.page.get_by_label("Key of the Connect app").is_visible()
        assert watched.page.get_by_text("Client id", exact=True).is_hidden()
