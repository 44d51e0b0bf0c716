"""What holds on every page: no barrier, no complaint, nothing from elsewhere, nothing wider than the screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import builders

from .conftest import Open, World

pytestmark = pytest.mark.needs("chromium")

OPEN_FOLDS = """
document.querySelectorAll("main details").forEach((fold) => { fold.removeAttribute("name"); fold.open = true; });
document.querySelectorAll("[hx-trigger]").forEach((pulse) => pulse.remove());
"""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_complains(scheme: str, world: World, opened: Open) -> None:
    with opened(builders.user("admin"), color_scheme=scheme, expects_errors=True) as watched:
        found = []
        for name, address in world.pages.items():
            watched.page.goto(address)
            watched.page.evaluate(OPEN_FOLDS)
            for violation in Axe().run(watched.page).response["violations"]:
                nodes = [node["html"][:200] for node in violation["nodes"][:3]]
                found.append((name, violation["id"], violation["help"], nodes))
        assert not found
        assert not watched.complaints


def test_axe_finds_nothing_at_the_door(world: World, opened: Open) -> None:
    with opened() as watched:
        watched.page.goto("/login/")
        watched.page.fill("[name=username]", "nobody")
        watched.page.fill("[name=password]", "wrong")
        watched.page.click("button")
        assert watched.page.get_by_role("alert").inner_text() == "User name and password do not match."
        assert Axe().run(watched.page).response["violations"] == []
        assert not watched.complaints


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 768, 1024])
def test_no_page_is_wider_than_its_screen(width: int, world: World, opened: Open) -> None:
    with opened(builders.user("admin"), width=width, expects_errors=True) as watched:
        too_wide = {}
        for name, address in world.pages.items():
            watched.page.goto(address)
            watched.page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")
            beyond = watched.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if beyond > 0:
                too_wide[name] = beyond
        assert not too_wide


def test_twelve_environments_scroll_inside_their_region(world: World, opened: Open) -> None:
    for number in range(12):
        builders.deployment(world.site, "wide", f"environment-number-{number}")
    with opened(builders.user("viewer")) as watched:
        watched.page.goto("/")
        region = watched.page.get_by_role("region", name="Latest deployments, table")
        assert region.evaluate("(region) => region.scrollWidth > region.clientWidth")
        assert watched.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        narrowest = region.evaluate(
            "(region) => Math.min(...[...region.querySelectorAll('td')].map((cell) => cell.clientWidth))"
        )
        assert narrowest >= 150


@pytest.mark.slow
def test_every_page_works_without_javascript(world: World, opened: Open) -> None:
    with opened(builders.user("admin"), java_script_enabled=False, expects_errors=True) as watched:
        page = watched.page
        page.goto("/")
        page.get_by_label("Pipeline name contains").fill("checkout")
        page.get_by_role("button", name="Filter").click()
        assert "pipeline=checkout" in page.url
        page.get_by_role("link", name="Deployments", exact=False).first.click()
        page.locator("summary").get_by_text("State", exact=True).click()
        page.get_by_label("Failed").check()
        page.get_by_role("button", name="Show").locator("visible=true").first.click()
        assert "state=failed" in page.url
        page.goto(world.pages["deployment"])
        page.get_by_role("button", name="Read back now").click()
        assert page.get_by_role("button", name="Reading…").is_disabled()
        page.locator("summary", has_text="Request").click()
        assert page.get_by_text("deploymentSequenceNumber").first.is_visible()
        page.get_by_text("Sign out").evaluate("(button) => button.closest('details').open = true")
        page.get_by_role("button", name="Sign out").click()
        assert page.url.endswith("/login/")
