"""Signing in with two factors, as a person does it, and the pages that go with it."""

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from devops_sync.models import SecondFactor, User
from devops_sync.people import totp
from tests import builders

from .conftest import Open, World
from .test_every_page import found_in_both_schemes

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def ada(world: World) -> User:
    user = builders.user("admin", name="ada")
    user.set_password(builders.PASSWORD)
    user.save()
    return user


def fill_in(page: Page) -> None:
    page.goto("/login/?next=/builds/")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def shown_code(page: Page) -> str:
    return totp.code(page.locator("#key").inner_text().replace(" ", ""), totp.step_at(time.time()))


def is_drawn(page: Page) -> bool:
    """Whether the picture to scan is there, which the page's load waits for; without a script nothing else can."""
    picture = page.locator("img.scan")
    picture.wait_for(state="attached")
    page.wait_for_load_state()
    return bool(picture.evaluate("(image) => image.naturalWidth > 0"))


def look_at(page: Page, name: str) -> None:
    """No barrier, nothing wider than a phone; a picture where somebody wants to look."""
    assert found_in_both_schemes(page) == [], name
    page.evaluate("document.querySelectorAll('details.menu').forEach((menu) => { menu.open = false; })")
    folder = os.environ.get("PICTURES")
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
        for scheme in ("dark", "light") if folder else ():
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.screenshot(path=Path(folder or "") / f"{name}-{width}-{scheme}.png", full_page=True)


@pytest.mark.slow
def test_somebody_sets_two_factor_up_and_signs_in_with_it(ada: User, opened: Open) -> None:
    with opened(reduced_motion="reduce", expects_errors=True) as watched:
        page = watched.page
        fill_in(page)
        expect(page).to_have_url(page.url.partition("/builds")[0] + "/builds/")
        page.goto("/account/")
        look_at(page, "account-off")
        page.get_by_role("link", name="Set up two-factor").click()
        assert is_drawn(page)
        look_at(page, "set-up")
        page.get_by_label("Code that the app shows").fill("000000")
        page.get_by_label("Your password").fill("wrong")
        page.get_by_role("button", name="Turn on").click()
        expect(page.locator("#confirm-problem")).to_contain_text("not your password")
        look_at(page, "set-up-wrong")
        page.get_by_label("Code that the app shows").fill("000000")
        page.get_by_label("Your password").fill(builders.PASSWORD)
        page.get_by_role("button", name="Turn on").click()
        expect(page.get_by_role("alert")).to_contain_text("not the code")
        page.get_by_label("Code that the app shows").fill(shown_code(page))
        page.get_by_label("Your password").fill(builders.PASSWORD)
        page.get_by_role("button", name="Turn on").click()
        codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem").all_inner_texts()
        assert len(codes) == 10
        look_at(page, "recovery-codes")
        page.get_by_role("link", name="I have kept them").click()
        look_at(page, "account-on")
        page.goto("/users/")
        look_at(page, "people")
        page.get_by_role("main").get_by_role("link", name="ada").click()
        look_at(page, "person")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_text("Sign out").evaluate("(button) => button.closest('details').open = true")
        page.get_by_role("button", name="Sign out").click()
        fill_in(page)
        look_at(page, "login-code")
        page.get_by_label("Code", exact=True).fill(codes[0])
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(page.url.partition("/builds")[0] + "/builds/")
        assert not watched.complaints


@pytest.mark.slow
def test_it_works_without_javascript_and_is_set_up_at_the_door_where_it_must_be(
    ada: User, opened: Open, settings: object
) -> None:
    settings.REQUIRE_TWO_FACTOR = "admins"  # type: ignore[attr-defined]
    with opened(java_script_enabled=False, expects_errors=True) as watched:
        page = watched.page
        fill_in(page)
        expect(page.get_by_role("heading", name="Set up two-factor")).to_be_visible()
        assert is_drawn(page)
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=Path(folder) / "login-set-up-1440-light.png", full_page=True)
        page.get_by_label("Code that the app shows").fill(shown_code(page))
        page.get_by_role("button", name="Turn on and sign in").click()
        page.get_by_role("link", name="Go on").click()
        assert page.url.endswith("/builds/")
        page.goto("/users/new/")
        page.get_by_label("User name").fill("grace")
        page.get_by_label("Role").select_option("auditor")
        page.get_by_role("button", name="Make the account").click()
        assert len(page.locator("#password").inner_text()) == 20
        page.get_by_role("link", name="Go on").click()
        page.get_by_role("button", name="Deactivate").click()
        expect(page.get_by_role("button", name="Activate", exact=True)).to_be_visible()
    assert SecondFactor.objects.count() == 1


@pytest.mark.slow
def test_the_door_says_how_long_it_stays_shut(ada: User, opened: Open) -> None:
    with opened(reduced_motion="reduce", expects_errors=True) as watched:
        page = watched.page
        for _ in range(5):
            page.goto("/login/")
            page.get_by_label("User name").fill("ada")
            page.get_by_label("Password").fill("wrong")
            page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("15 minutes")
        look_at(page, "login-locked")
        assert not watched.complaints
