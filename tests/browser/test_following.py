"""Pages that follow what happens, while somebody reads them."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from devops_sync.models import Confirmation, Deployment, Entry
from tests import builders

from .conftest import Open, World

pytestmark = pytest.mark.needs("chromium")


def accept(one: Deployment) -> None:
    delivery = builders.delivery([one.entry])
    Entry.objects.filter(pk=one.entry_id).update(
        outcome="accepted", outcome_at=timezone.now(), delivery=delivery, lane=delivery.lane
    )


def test_a_deployment_arrives_before_the_readers_eyes(world: World, opened: Open) -> None:
    assert world.waiting
    with opened(builders.user("admin")) as watched:
        page = watched.page
        page.goto(world.pages["waiting deployment"])
        expect(page.get_by_text("It waits to be sent,")).to_be_visible()
        page.locator("#fold-tries summary").click()
        assert page.locator("#fold-tries").get_attribute("open") is None
        page.locator("#issue-1").focus()
        accept(world.waiting)
        expect(page.get_by_text("Jira accepted it")).to_be_visible(timeout=30_000)
        expect(page.locator("#pulse[hx-get]")).to_have_count(0)
        expect(page.locator("#live")).to_contain_text("nothing is moving")
        assert page.evaluate("document.activeElement.id") == "issue-1"
        assert page.locator("#fold-tries").get_attribute("open") is None
        assert not watched.complaints


def test_reading_back_shows_its_way_without_a_reload(world: World, opened: Open) -> None:
    assert world.settled
    with opened(builders.user("release-manager")) as watched:
        page = watched.page
        page.goto(world.pages["deployment"])
        page.evaluate("window.stayed = true")
        page.get_by_role("button", name="Read back now").click()
        expect(page.get_by_role("button", name="Reading…")).to_be_disabled()
        expect(page.locator("#live")).to_contain_text("Live, checked")
        Confirmation.objects.unanswered().update(answered_at=timezone.now(), result="confirmed", status=200, tries=1)
        Entry.objects.filter(pk=world.settled.entry_id).update(read_back="confirmed", read_back_at=timezone.now())
        expect(page.get_by_text("and confirmed by reading back")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("button", name="Read back now")).to_be_enabled()
        assert page.evaluate("window.stayed")
        assert not watched.complaints


def test_the_list_does_not_jump_when_newer_ones_come(world: World, opened: Open) -> None:
    assert world.waiting
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto("/deployments/")
        rows = page.locator("tr.row").count()
        accept(world.waiting)
        builders.deployment(world.site, label="brand-new")
        expect(page.get_by_text("1 newer since you opened this page.")).to_be_visible(timeout=30_000)
        expect(page.locator(f"#row-{world.waiting.pk}")).to_contain_text("Accepted")
        assert page.locator("tr.row").count() == rows
        page.get_by_text("Show it").click()
        expect(page.get_by_role("link", name="brand-new")).to_be_visible()
        assert not watched.complaints


def test_an_empty_page_fills_itself(transactional_db: None, opened: Open) -> None:
    site = builders.site("retail")
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto("/")
        expect(page.get_by_text("Send the first deployment")).to_be_visible()
        builders.deployment(site, label="the-first")
        expect(page.get_by_text("the-first").first).to_be_visible(timeout=30_000)
        assert not watched.complaints


def test_a_lost_connection_is_said_and_found_again(world: World, opened: Open) -> None:
    with opened(builders.user("viewer"), expects_errors=True) as watched:
        page = watched.page
        page.goto(world.pages["waiting deployment"])
        expect(page.locator("#live")).to_have_text(re.compile(r"Live, checked \d s ago"))
        page.route("**/deployments/*/?*", lambda route: route.abort())
        expect(page.locator("#live")).to_contain_text("Connection lost", timeout=30_000)
        expect(page.get_by_text("It waits to be sent,")).to_be_visible()
        page.unroute("**/deployments/*/?*")
        expect(page.locator("#live")).to_contain_text("Live again, checked", timeout=30_000)


def test_the_stroke_key_leads_to_the_search(world: World, opened: Open) -> None:
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto("/")
        page.keyboard.press("/")
        page.keyboard.type("SHOP-44111")
        page.keyboard.press("Enter")
        page.wait_for_url("**/issues/SHOP-44111/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("SHOP-44111")
        assert not watched.complaints


def test_a_page_left_open_past_its_session_says_so_and_leads_to_the_sign_in(world: World, opened: Open) -> None:
    with opened(builders.user("viewer"), expects_errors=True) as watched:
        page = watched.page
        page.goto(world.pages["waiting deployment"])
        page.context.clear_cookies()
        expect(page.locator("#live")).to_contain_text("You are signed out", timeout=30_000)
        page.reload()
        page.wait_for_url("**/login/?next=**")
