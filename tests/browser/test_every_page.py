"""What holds on every page: no barrier, no complaint, nothing from elsewhere, nothing wider than the screen."""

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests import builders, pages

from .conftest import Open, World

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.needs("chromium")

OPEN_FOLDS = """
document.querySelectorAll("details:not(.menu)").forEach((fold) => { fold.open = true; });
document.querySelectorAll("[hx-trigger]").forEach((pulse) => pulse.remove());
"""
# What opens over a page hides some of it from axe, so that each is looked at apart.
OPEN_MENUS = """
(() => {
  const menus = document.querySelectorAll("details.menu");
  menus.forEach((menu) => { menu.removeAttribute("name"); menu.open = true; });
  return menus.length;
})()
"""
CLOSE_MENUS = "document.querySelectorAll('details.menu').forEach((menu) => { menu.open = false; })"
BLOCKS_PAINT = """
performance.getEntriesByType("resource").filter((one) => one.renderBlockingStatus === "blocking").map((one) => one.name)
"""
WIDTHS = (360, 768, 1024)
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# In the other scheme only what has to do with colours can differ.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def found_by_axe(page: "Page", context: str, options: dict[str, Any]) -> list[Any]:
    """What axe finds in a part of a page that has axe in it."""
    asked = {"resultTypes": ["violations"], **options}
    violations = page.evaluate(
        "async ([context, asked]) => (await axe.run(context, asked)).violations", [context, asked]
    )
    return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]]) for one in violations]


def found_in_both_schemes(page: "Page") -> list[Any]:
    """What axe finds on a page that is open, its folds, menus and pick lists included, by light and by dark."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(OPEN_FOLDS)
    found: list[Any] = []
    schemes: list[tuple[Any, dict[str, Any]]] = [("light", {}), ("dark", COLOURS)]
    for scheme, options in schemes:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(CLOSE_MENUS)
        found += [(scheme, *one) for one in found_by_axe(page, "html", options)]
        if page.evaluate(OPEN_MENUS):
            found += [(scheme, "menu", *one) for one in found_by_axe(page, "details.menu", options)]
    return found


@pytest.mark.slow
def test_axe_finds_nothing_in_light_or_dark_and_nothing_complains(world: World, opened: Open) -> None:
    with opened(builders.user("admin"), reduced_motion="reduce", expects_errors=True) as watched:
        found, blocking = {}, {}
        for name, address in world.pages.items():
            answer = watched.page.goto(address)
            assert "unsafe" not in answer.headers["content-security-policy"], name
            blocking[name] = watched.page.evaluate(BLOCKS_PAINT)
            found[name] = found_in_both_schemes(watched.page)
        assert {name: violations for name, violations in found.items() if violations} == {}
        assert {
            name: urls for name, urls in blocking.items() if [url.rpartition("/")[2] for url in urls] != ["look.css"]
        } == {}
        assert not watched.complaints


def test_every_page_is_among_them(world: World) -> None:
    assert pages.names() - {
        pages.name_of(address) for address in world.pages.values() if address != "/nothing-here/"
    } == {"login"}


def test_axe_finds_nothing_at_the_door(world: World, opened: Open) -> None:
    with opened(reduced_motion="reduce") as watched:
        watched.page.goto("/login/")
        watched.page.fill("[name=username]", "nobody")
        watched.page.fill("[name=password]", "wrong")
        watched.page.click("button")
        assert watched.page.get_by_role("alert").inner_text() == "User name and password do not match."
        assert found_in_both_schemes(watched.page) == []
        assert not watched.complaints


@pytest.mark.slow
def test_no_page_is_wider_than_its_screen(world: World, opened: Open) -> None:
    with opened(builders.user("admin"), expects_errors=True) as watched:
        too_wide = {}
        for name, address in world.pages.items():
            watched.page.goto(address)
            watched.page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")
            for width in WIDTHS:
                watched.page.set_viewport_size({"width": width, "height": 900})
                if (beyond := watched.page.evaluate(BEYOND)) > 0:
                    too_wide[name, width] = beyond
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
