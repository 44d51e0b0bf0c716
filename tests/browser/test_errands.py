"""Sending again in a browser: rows are ticked, planned, started, and the page tells when all is in Jira."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from devops_sync.models import Deployment, Entry, Errand, Site
from tests import builders
from tests.errands.conftest import Send, state, work
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site
from tests.payloads import deployment
from tests.sandbox_process import Sandbox

from .conftest import Open, World

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(autouse=True)
def _committed(transactional_db: None) -> None:
    """The server of the browser sees what the test wrote."""


def test_two_ticked_rows_are_planned_started_and_done(site: Site, send: Send, sandbox: Sandbox, opened: Open) -> None:
    send("deployments", deployment(1), deployment(2), deployment(3))
    before = state(sandbox)["deployment"]
    sandbox.reset()
    with opened(builders.user("release-manager")) as watched:
        page = watched.page
        page.goto("/deployments/")
        expect(page.get_by_role("button", name="Plan a resend")).to_be_hidden()
        for row in Deployment.objects.filter(number__in=[1, 3]):
            page.locator(f"#tick-{row.pk}").check()
        expect(page.get_by_text("2 selected")).to_be_visible()
        assert not Axe().run(page).response["violations"]
        page.get_by_role("button", name="Plan a resend").click()
        expect(page.get_by_text("2 deployments would be sent to Jira again")).to_be_visible()
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("0 of 2 have come to their end.")).to_be_visible()
        page.evaluate("window.stayed = true")
        work(Errand.objects.get())
        expect(page.get_by_text("Jira accepted all of it.")).to_be_visible(timeout=8000)
        assert page.evaluate("window.stayed")
        assert not watched.complaints
    assert state(sandbox)["deployment"] == {key: held for key, held in before.items() if key[-1] in (1, 3)}


def test_rows_that_change_stay_ticked_and_keep_the_focus(world: World, opened: Open) -> None:
    assert world.waiting
    with opened(builders.user("admin")) as watched:
        page = watched.page
        page.goto("/deployments/")
        tick = page.locator(f"#tick-{world.waiting.pk}")
        tick.check()
        Entry.objects.filter(pk=world.waiting.entry_id).update(outcome="accepted")
        row = page.locator(f"#row-{world.waiting.pk}")
        expect(row.get_by_text("Accepted")).to_be_visible(timeout=8000)
        expect(tick).to_be_checked()
        expect(tick).to_be_focused()
        page.get_by_label("Select every row of this page").check()
        expect(page.get_by_text(f"{page.locator('tbody .tick').count()} selected")).to_be_visible()
        assert not watched.complaints


def test_it_works_without_a_script(world: World, opened: Open) -> None:
    assert world.settled
    with opened(builders.user("admin"), java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/deployments/")
        page.locator(f"#tick-{world.settled.pk}").check()
        page.get_by_role("button", name="Verify…").click()
        expect(page.get_by_text("1 deployment would be read back from Jira")).to_be_visible()
        page.get_by_role("button", name="Discard").click()
        expect(page.get_by_text("It was discarded")).to_be_visible()
