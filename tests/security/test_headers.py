"""What every answer tells a browser: pages, files, machine paths, refusals and mistakes alike."""

from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from devops_sync.models import User
from tests import rules
from tests.rules import RULES

pytestmark = pytest.mark.django_db
MACHINE = ("/healthz", "/openapi.json", "/jira/deployments/0.1/cloud/x/bulk", "/_edge/tenant_info", "/jira/nothing")
OUTSIDE = ("/login/", "/nothing-here/", "/api/", *MACHINE)
PASSWORD = "correct horse battery"
ASSETS = ("/static/look.css", "/static/waybill.js")


def lacks(answer: HttpResponseBase) -> list[str]:
    """What an answer does not say, or says too freely."""
    found = []
    policy = dict(part.strip().partition(" ")[::2] for part in answer.get("Content-Security-Policy", "").split(";"))
    if policy.get("default-src") != "'none'" or policy.get("frame-ancestors") != "'none'":
        found.append("a strict policy")
    if any("unsafe" in value or "*" in value or "http:" in value for value in policy.values()):
        found.append("a policy without exceptions")
    wanted = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    found += [name for name, value in wanted.items() if answer.get(name) != value]
    if answer.get("Cross-Origin-Opener-Policy") != "same-origin":
        found.append("Cross-Origin-Opener-Policy")
    return found


@pytest.mark.parametrize("path", OUTSIDE)
def test_whoever_is_not_signed_in_is_told(path: str, client: Client) -> None:
    assert lacks(client.get(path)) == []


def test_every_page_says_so(browser_of_admin: Client, things: dict[str, Any]) -> None:
    missing = {
        (name, method): found
        for name, rule in RULES.items()
        for method in ("GET", "POST")
        if (found := lacks(rules.ask(browser_of_admin, method, rule, things)))
    }
    assert missing == {}


@pytest.mark.parametrize("path", ASSETS)
def test_assets_are_what_they_say(path: str, client: Client) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")


def test_a_mistake_of_ours_says_so_too(browser_of_admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.overview.frame.of", lambda *_: 1 / 0)
    browser_of_admin.raise_request_exception = False
    answer = browser_of_admin.get("/")
    assert answer.status_code == 500
    assert lacks(answer) == []


def test_pages_are_kept_by_no_proxy(browser_of_admin: Client) -> None:
    for path in ("/", "/deployments/", "/account/", "/tokens/"):
        said = browser_of_admin.get(path).get("Cache-Control", "")
        assert "private" in said or "no-store" in said, path


def test_cookies_are_out_of_reach_of_scripts(client: Client, settings: Any) -> None:
    User.objects.create_user("ada", password=PASSWORD)
    client.post("/login/", {"username": "ada", "password": PASSWORD})
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
