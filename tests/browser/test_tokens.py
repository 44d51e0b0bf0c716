"""Tokens in a real browser: the secrets are seen once, with and without JavaScript, and work."""

import re

import pytest
import requests

from devops_sync.models import Site, Token
from tests import builders
from tests.payloads import bulk, deployment

from .conftest import Open

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def site(transactional_db: None) -> Site:
    return builders.site("retail")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_token_is_made_used_rotated_and_revoked(scripts: bool, site: Site, opened: Open) -> None:
    with opened(builders.user("admin"), java_script_enabled=scripts, expects_errors=True) as watched:
        page = watched.page
        page.goto("/tokens/")
        page.get_by_role("link", name="New token").click()
        page.get_by_label("Name", exact=True).fill("ci-gitlab")
        page.get_by_role("button", name="Make the token").click()
        first = page.locator("#bearer").inner_text()
        assert send(page.url, site, first) == 202
        page.get_by_role("link", name="I have copied them").click()
        assert not re.search("wb[st]_", page.content())
        page.get_by_role("button", name="Rotate").click()
        second = page.locator("#bearer").inner_text()
        assert [send(page.url, site, bearer) for bearer in (first, second)] == [202, 202]
        page.get_by_role("link", name="I have copied them").click()
        assert page.get_by_text("It is being rotated").is_visible()
        page.locator("summary", has_text="End it for good").click()
        page.get_by_role("button", name="Revoke it now").click()
        assert page.get_by_text("nothing of it is taken any more").first.is_visible()
        assert [send(page.url, site, bearer) for bearer in (first, second)] == [401, 401]
    assert Token.objects.get().revoked_at is not None


def send(page: str, site: Site, bearer: str) -> int:
    host = "/".join(page.split("/")[:3])
    answer = requests.post(
        f"{host}/jira/deployments/0.1/cloud/{site.cloud_id}/bulk",
        bulk(deployment()),
        headers={"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"},
        timeout=20,
    )
    return answer.status_code
