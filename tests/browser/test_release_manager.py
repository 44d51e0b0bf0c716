"""A release manager asks where a change is, sees why production lacks it, sends it again and watches it arrive."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from devops_sync.models import Errand, Site
from tests import builders
from tests.errands.conftest import Send, work
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site
from tests.payloads import deployment, issues
from tests.sandbox_process import Sandbox

from .conftest import Open

pytestmark = pytest.mark.needs("chromium")
PLACES = ("dev", "staging", "production")


@pytest.fixture(autouse=True)
def _committed(transactional_db: None) -> None:
    """The server of the browser sees what the test wrote."""


def sent(send: Send, number: int, environment: str, state: str, sequence: int, *keys: str) -> None:
    kind = {"dev": "development"}.get(environment, environment)
    place = {"id": environment, "displayName": environment, "type": kind}
    more = {"environment": place, "state": state, "associations": issues(*keys), "label": "v4.18.3"}
    send("deployments", deployment(number, sequence, **more))


@pytest.mark.slow
@pytest.mark.parametrize("with_script", [True, False], ids=["with JavaScript", "without"])
def test_a_change_is_found_understood_sent_again_and_seen_to_arrive(
    with_script: bool, site: Site, send: Send, sandbox: Sandbox, opened: Open
) -> None:
    # Nobody has created SHOP-4427 in Jira yet: what names it alone is rejected there.
    sent(send, 1, "dev", "successful", 1, "SHOP-4427", "SHOP-1")
    sent(send, 2, "staging", "successful", 1, "SHOP-4427", "SHOP-1")
    sent(send, 3, "production", "in_progress", 1, "SHOP-4427")
    with opened(builders.user("release-manager"), java_script_enabled=with_script) as watched:
        page = watched.page
        # Where is the change?
        page.goto("/")
        page.get_by_label("Search by issue key").fill("shop-4427")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("SHOP-4427")
        expect(page.get_by_text("Production does not have it.")).to_be_visible()
        # Why?
        page.get_by_role("link", name="1 deployment", exact=True).click()
        expect(page.get_by_text("Jira rejected it")).to_be_visible()
        expect(page.get_by_text("Jira does not know this key.")).to_be_visible()
        # It is created in Jira, and sent again.
        sandbox.create_issues("SHOP:1-5000")
        page.get_by_role("button", name="Send again…").click()
        expect(page.get_by_text("1 deployment would be sent to Jira again")).to_be_visible()
        page.get_by_role("button", name="Start").click()
        work(Errand.objects.get())
        if not with_script:
            page.reload()
        expect(page.get_by_text("Jira accepted all of it.")).to_be_visible(timeout=10_000)
        assert {key[1] for key in sandbox.held()} == set(PLACES)
        # The pipeline ends; the issue's page is open meanwhile.
        page.goto("/issues/SHOP-4427/")
        sent(send, 3, "production", "successful", 2, "SHOP-4427")
        if not with_script:
            page.reload()
        expect(page.get_by_text("Production does not have it.")).to_be_hidden(timeout=15_000)
        expect(page.locator("#part-where")).to_contain_text("production")
        if with_script:
            assert not Axe().run(page).response["violations"]
        assert not watched.complaints
