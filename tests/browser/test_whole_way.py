"""The whole way of one deployment in a browser: gateway, worker, Jira's stand-in, and the page that follows."""

from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from tests.payloads import bulk, deployment
from tests.started import Up

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def test_what_is_posted_is_accepted_and_confirmed_before_the_readers_eyes(running: Up, chromium: "Browser") -> None:
    headers = {"Authorization": f"Bearer {running.up['gateway']['token']}", "Content-Type": "application/json"}
    base = f"{running.up['url']}/jira/deployments/0.1/cloud/{running.up['cloud_id']}"
    sent = bulk(deployment(4712, label="the-whole-way"))
    context = chromium.new_context(base_url=running.up["url"])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/login/")
    page.fill("[name=username]", running.up["admin"]["username"])
    page.fill("[name=password]", running.up["admin"]["password"])
    page.click("button[type=submit]")
    page.wait_for_url("**/")

    answer = requests.post(f"{base}/bulk", data=sent, headers=headers, timeout=30)
    assert answer.status_code == 202
    page.goto(answer.headers["Waybill-Submission"])
    page.get_by_role("link", name="checkout-api / staging / 4712").click()
    expect(page.get_by_text("Accepted by Jira")).to_be_visible(timeout=20_000)
    # From here on nothing is loaded again: the page follows.
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Read back now").click()
    expect(page.get_by_text("and confirmed by reading back")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.stayed")
    assert not complaints
    context.close()
