"""How pages are read: in whose zone and colours, with the keyboard, and while the connection comes and goes."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from devops_sync.models import Deployment, Entry, Session
from tests import builders

from .conftest import Open, World

pytestmark = pytest.mark.needs("chromium")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('tr') ? document.activeElement.closest('tr').id : ''"))


def test_the_browsers_zone_is_taken_from_the_sign_in_on(world: World, opened: Open) -> None:
    user = builders.user("viewer", name="ann")
    user.set_password(builders.PASSWORD)
    user.save()
    with opened(None, timezone_id="Asia/Tokyo") as watched:
        page = watched.page
        page.goto("/login/")
        page.get_by_label("User name").fill("ann")
        page.get_by_label("Password").fill(builders.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#zone")).to_have_text(re.compile(r"Times in Asia/Tokyo\s*$"))
        assert "JST (UTC+09:00)" in (page.locator("main time").first.get_attribute("title") or "")
        assert not watched.complaints


def test_a_zone_that_the_page_is_not_in_is_offered(world: World, opened: Open) -> None:
    with opened(builders.user("viewer"), timezone_id="Europe/Berlin") as watched:
        page = watched.page
        page.goto("/settings/")
        page.get_by_role("link", name="Show them in Europe/Berlin").click()
        expect(page.locator("#zone")).to_contain_text("Times in Europe/Berlin")
        assert not watched.complaints


@pytest.mark.parametrize("scripts", [True, False])
def test_colours_are_chosen_under_the_account(scripts: bool, world: World, opened: Open) -> None:
    with opened(builders.user("viewer"), java_script_enabled=scripts, color_scheme="light") as watched:
        page = watched.page
        page.goto("/deployments/?state=successful")
        page.locator("summary", has_text="viewer").click()
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-scheme", "dark")
        assert page.url.endswith("/deployments/?state=successful")
        expect(page.locator("body")).to_have_css("background-color", "rgb(15, 17, 21)")


def test_rows_are_walked_ticked_and_opened_by_keys(world: World, opened: Open) -> None:
    with opened(builders.user("admin")) as watched:
        page = watched.page
        page.goto("/deployments/")
        rows = [row.get_attribute("id") for row in page.locator("tr.row").all()]
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert focused(page) == rows[1]
        page.keyboard.press("k")
        assert focused(page) == rows[0]
        page.keyboard.press("x")
        expect(page.locator(".bulk strong")).to_have_text("1 selected")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/deployments/{(rows[1] or '').removeprefix('row-')}/$"))
        assert not watched.complaints


def test_keys_are_left_to_fields_and_to_the_browser(world: World, opened: Open) -> None:
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto("/deployments/")
        page.keyboard.press("/")
        page.keyboard.type("jk?x/")
        expect(page.locator("#search")).to_have_value("jk?x/")
        page.keyboard.press("Escape")
        expect(page.locator("#search")).not_to_be_focused()
        page.keyboard.press("Control+j")
        assert focused(page) == ""
        assert not watched.complaints


def test_single_keys_do_nothing_for_whom_they_are_off(world: World, opened: Open) -> None:
    person = builders.user("viewer")
    person.press(single_keys=False)
    with opened(person) as watched:
        page = watched.page
        page.goto("/deployments/")
        for key in ("j", "/", "?"):
            page.keyboard.press(key)
        assert focused(page) == ""
        expect(page.locator("#search")).not_to_be_focused()
        expect(page.locator("#keys")).to_have_count(0)
        assert not watched.complaints


def test_the_list_of_keys_lies_over_the_page_and_goes_again(world: World, opened: Open) -> None:
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto("/deployments/")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("To the next row")
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_have_count(0)
        page.goto("/keys/")
        expect(page.locator("#key-list")).to_contain_text("To the next row")
        assert not watched.complaints


@pytest.fixture
def following(world: World, opened: Open) -> Iterator[Page]:
    with opened(builders.user("admin"), expects_errors=True) as watched:
        watched.page.goto("/deployments/")
        expect(watched.page.locator("#live")).to_contain_text("Live")
        yield watched.page
        # htmx writes what it was answered into the console.
        assert not [one for one in watched.complaints if "Response Status Error Code" not in one]


def test_offline_is_said_at_once_and_so_is_the_way_back(following: Page) -> None:
    following.context.set_offline(True)
    expect(following.locator("#live")).to_contain_text("This computer went offline", timeout=1500)
    expect(following.locator("#live-aloud")).to_contain_text("offline")
    following.context.set_offline(False)
    expect(following.locator("#live")).to_contain_text("Live again", timeout=2000)
    expect(following.locator("#live-aloud")).to_have_text("Live again")


def test_an_error_of_the_server_is_told_from_a_lost_connection(following: Page) -> None:
    following.route("**/deployments/?*", lambda route: route.fulfill(status=503, body="no"))
    expect(following.locator("#live")).to_contain_text("Waybill answers with errors", timeout=8000)
    following.unroute("**/deployments/?*")
    expect(following.locator("#live")).to_contain_text("Live", timeout=8000)


def test_whoever_is_signed_out_keeps_what_is_shown(following: Page) -> None:
    rows = following.locator("tr.row").count()
    Session.objects.all().delete()
    expect(following.locator("#live")).to_contain_text("You are signed out", timeout=8000)
    assert following.locator("tr.row").count() == rows
    expect(following.locator("input[type=password]")).to_have_count(0)


def test_focus_scroll_and_ticks_outlive_a_change_of_their_row(world: World, following: Page) -> None:
    assert world.waiting
    row = following.locator(f"#row-{world.waiting.pk}")
    row.locator(".tick-cell input").check()
    row.locator("th a, a").first.focus()
    following.evaluate("scrollTo(0, 120)")
    Deployment.objects.filter(pk=world.waiting.pk).update(label="changed-meanwhile")
    expect(row).to_contain_text("changed-meanwhile", timeout=8000)
    assert focused(following) == f"row-{world.waiting.pk}"
    expect(row.locator(".tick-cell input")).to_be_checked()
    assert following.evaluate("scrollY") == 120


def test_selected_text_stays_selected_until_it_is_let_go(world: World, following: Page) -> None:
    assert world.waiting
    row = following.locator(f"#row-{world.waiting.pk}")
    row.evaluate("row => getSelection().selectAllChildren(row)")
    Deployment.objects.filter(pk=world.waiting.pk).update(label="changed-meanwhile")
    expect(following.locator("#live")).to_contain_text("Held while you select text", timeout=8000)
    assert "changed-meanwhile" not in row.inner_text()
    following.evaluate("getSelection().removeAllRanges()")
    expect(row).to_contain_text("changed-meanwhile", timeout=2000)


def test_a_tab_tells_the_state_as_it_changes(world: World, opened: Open) -> None:
    one = builders.deployment(world.site, state="in_progress", label="v9")
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto(f"/deployments/{one.pk}/")
        expect(page).to_have_title(re.compile("^v9 in progress, "))
        Deployment.objects.filter(pk=one.pk).update(state="failed")
        Entry.objects.filter(pk=one.entry_id).update(outcome_at=timezone.now())
        expect(page).to_have_title(re.compile("^v9 failed, "), timeout=8000)
        assert "favicons/deployment.svg" in (page.locator("link[rel=icon]").get_attribute("href") or "")
        assert not watched.complaints


@pytest.mark.parametrize("name", ["issue", "deployment"])
def test_paper_has_exact_times_and_nothing_to_click(name: str, world: World, opened: Open) -> None:
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto(world.pages[name])
        page.emulate_media(media="print")
        for gone in (".bar", ".rail", "#live", ".button"):
            assert not any(one.is_visible() for one in page.locator(gone).all()), gone
        expect(page.locator("main .print-only").first).to_contain_text(world.pages[name])
        assert page.pdf(format="A4").startswith(b"%PDF")
