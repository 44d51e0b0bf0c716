"""Requests that somebody forged: without the form's token, for another host, by another path, with more fields."""

from functools import partial
from typing import Any

import pytest
from django.test import Client, override_settings

from devops_sync.models import Grant, Site, Token, User
from tests import rules
from tests.rules import RULES

pytestmark = pytest.mark.django_db
POSTED = {name: rule for name, rule in RULES.items() if rule.POST is not None}
# One of each sort; whoever follows such a field has tests of their own for the others.
ELSEWHERE = ["https://evil.example/", "//evil.example/", "/\\evil.example/"]


def test_no_form_is_taken_without_its_token(admin: User, things: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    taken = {name: rules.ask(client, "POST", rule, things).status_code for name, rule in POSTED.items()}
    assert taken == dict.fromkeys(POSTED, 403)


def test_no_form_is_taken_from_another_origin(admin: User, things: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": "https://evil.example"})
    client.force_login(admin)
    client.get("/settings/")
    token = client.cookies["csrftoken"].value
    for name, rule in POSTED.items():
        answer = rules.ask(client, "POST", rule, things, csrfmiddlewaretoken=token)
        assert answer.status_code == 403, name


@pytest.mark.parametrize("path", ["/", "/login/", "/healthz", "/jira/deployments/0.1/cloud/x/bulk", "/nothing-here"])
@override_settings(ALLOWED_HOSTS=["waybill.example"])
def test_another_host_is_refused_and_not_repeated(path: str, client: Client) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


@override_settings(ALLOWED_HOSTS=["waybill.example"])
def test_what_a_proxy_says_of_the_host_is_not_believed(browser_of_admin: Client) -> None:
    headers = {"Host": "waybill.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for path in ("/", "/submit/", "/deployments/?state=melted", "/api/", "/openapi.json"):
        assert b"evil.example" not in browser_of_admin.get(path, headers=headers).content


@pytest.mark.parametrize(
    "path",
    [
        "//deployments/",
        "///",
        "//evil.example/deployments",
        "//evil.example/%2e%2e",
        "/%2e%2e/deployments/",
        "/./deployments/",
        "/login/../deployments/",
        "/login/%2e%2e/deployments/",
        "/login%2f..%2fdeployments%2f",
        "/healthz/../deployments/",
        "/healthz%2f..%2fdeployments/",
        "/static/../deployments/",
        "/static/%2e%2e/manage.py",
        "/static/..%2fmanage.py",
        "/DEPLOYMENTS/",
        "/Login/",
        "/deployments%2f",
        "/deployments/%00",
        "/sites/retail%2f..%2fforeign/",
        "/deployments;/",
        "/deployments/.json",
    ],
)
def test_no_other_way_of_writing_a_path_leads_past_the_door(path: str, client: Client) -> None:
    """A stranger gets the door, a page that says there is nothing, or the same address with its slash."""
    answer = client.get(path)
    assert answer.status_code in (301, 302, 400, 404)
    if answer.status_code in (301, 302):
        target = answer["Location"]
        assert _stays(target)
        assert target.startswith("/login/") or answer.status_code == 301


def _stays(target: str) -> bool:
    return target.startswith("/") and not target.startswith(("//", "/\\"))


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nothing_leads_off_the_host(elsewhere: str, browser_of_admin: Client, things: dict[str, Any]) -> None:
    fields = {"next": elsewhere, "back": elsewhere, "query": elsewhere, "go": elsewhere}
    for name, rule in RULES.items():
        for method in ("GET", "POST"):
            answer = rules.ask(browser_of_admin, method, rule, things, **fields)
            if answer.status_code in (301, 302):
                target = answer["Location"]
                assert _stays(target), (name, method, target)


# What a form of its own changes: these fields of these rows are what it is for.
MEANT = {
    "settings": {"time_zone", "color_scheme", "has_single_keys"},
    "columns": {"hidden_columns"},
    "site-test": {"capabilities", "capabilities_at"},
    "site-settings": {"sample_one_in", "superseding", "approval_above"},
    "site-pause": {"paused_at", "paused_by_id"},
    "token-revoke": {"revoked_at", "generation"},
    "user-deactivate": {"is_active"},
    "user-reset-password": {"password"},
}
# These make or replace such a row: what they take is tried where they are.
MAKES = {"user-new", "user-give", "token-new", "token-rotate"}
DECIDES = (User, Grant, Token, Site)


def test_fields_that_no_form_has_change_nothing(browser_of_admin: Client, things: dict[str, Any]) -> None:
    """The rows that decide who may what are as before, whatever is posted beside what the form has."""
    names = {field.attname for model in DECIDES for field in model._meta.concrete_fields} - {"id"}
    changed = []
    for name, rule in POSTED.items():
        before, after = _decisions(name), list[Any]()
        more = {field: "1" for field in names if field not in rule.body} | {"role": "admin", "cloud_id": "another"}
        rules.ask(browser_of_admin, "POST", rule, things, then=partial(_look, after, name), **more)
        if after != before and name not in MAKES:
            changed.append((name, [one for one in after if one not in before]))
    assert changed == []


def _look(found: list[Any], name: str) -> None:
    found += _decisions(name)


def _decisions(name: str) -> list[Any]:
    """The rows but for what this address is there to change, and for what is noted at every request."""
    left_out = MEANT.get(name, set()) | {"last_login", "last_used_at"}
    return [
        {field: value for field, value in row.items() if field not in left_out}
        for model in DECIDES
        for row in model._default_manager.order_by("pk").values()
    ]
