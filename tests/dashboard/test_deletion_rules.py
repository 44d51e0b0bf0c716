"""Pages of rules that delete: written, previewed, turned on by confirming that, turned off."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import cleanups
from devops_sync.cleanups import ruling
from devops_sync.models import Cleanup, CleanupRule, Site, User
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = {
    "site": "retail", "name": "old ones", "api": ["deployments"], "key": ["account", ""], "value": ["a", ""],
    "older_than": "20", "every": "1",
}  # fmt: skip


def old(site: Site, days: int = 30) -> None:
    builders.deployment(site, properties={"account": "a"}, at=timezone.now() - dt.timedelta(days=days))


def written(site: Site, user: User | None = None, name: str = "old ones") -> CleanupRule:
    by = user or builders.user("admin")
    return ruling.write(site, by, name, ["deployments"], {"account": "a"}, 20, 1, timezone.now())


def test_it_is_written_previewed_and_turned_on(retail: Site, admin: Client) -> None:
    old(retail), old(retail, days=3)
    address = admin.post("/deletions/rules/new/", GIVEN)["Location"]
    made = CleanupRule.objects.get()
    assert (address, made.is_on, made.properties) == (f"/deletions/rules/{made.pk}/", False, {"account": "a"})
    assert b"<strong>It is off.</strong>" in admin.get(address).content
    assert admin.post(f"{address}preview")["Location"] == address
    assert b"would delete 1 entity now." in admin.get(address).content
    assert admin.post(f"{address}on", {"typed": "1", "reason": "Kept for 20 days."})["Location"] == address
    made.refresh_from_db()
    assert (made.is_on, made.cleanups.get().state) == (True, Cleanup.State.DELAYED)
    html = admin.get(address).content.decode()
    assert "<strong>It is on.</strong>" in html
    assert "turned it on at" in html


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [
        ({"typed": "7", "reason": "Old."}, 400, "type that number"),
        ({"typed": "one", "reason": "Old."}, 400, "type that number"),
        ({"typed": "1", "reason": " "}, 400, "A reason is needed"),
    ],
)
def test_it_stays_off_without_the_number_and_a_reason(
    given: dict[str, str], status: int, sentence: str, retail: Site, admin: Client
) -> None:
    old(retail)
    made = written(retail)
    admin.post(f"/deletions/rules/{made.pk}/preview")
    answered = admin.post(f"/deletions/rules/{made.pk}/on", given)
    assert (answered.status_code, sentence in answered.content.decode()) == (status, True)
    made.refresh_from_db()
    assert not made.is_on


def test_it_is_not_turned_on_without_a_preview(retail: Site, admin: Client) -> None:
    answered = admin.post(f"/deletions/rules/{written(retail).pk}/on", {"typed": "0", "reason": "Old."})
    assert answered.status_code == 409
    assert b"Preview the rule first" in answered.content


def test_it_is_turned_off(retail: Site, admin: Client) -> None:
    made = written(retail)
    CleanupRule.objects.update(is_on=True, next_at=timezone.now(), confirmed_at=timezone.now(), confirmed_by=made.user)
    assert admin.post(f"/deletions/rules/{made.pk}/off").status_code == 302
    made.refresh_from_db()
    assert (made.is_on, made.next_at) == (False, None)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "A rule needs a name."),
        ({"site": "foreign"}, "Choose a site on which you may delete."),
        ({"api": []}, "Choose at least one API."),
        ({"key": [""], "value": [""]}, "Name at least one property."),
        ({"key": ["account"], "value": [""]}, "“account” lacks its key or its value."),
        ({"older_than": "old"}, "The days have to be a number from 1 to 36,500."),
        ({"every": "0"}, "have to be a number from 1 to 365."),
    ],
)
def test_what_is_given_wrong_is_said_at_its_field_and_kept(
    wrong: dict[str, Any], sentence: str, retail: Site, foreign: Site, admin: Client
) -> None:
    answered = admin.post("/deletions/rules/new/", GIVEN | wrong)
    assert (answered.status_code, sentence in answered.content.decode()) == (400, True)
    assert not CleanupRule.objects.exists()


def test_the_list_says_when_each_runs_and_how_the_last_run_ended(retail: Site, foreign: Site, admin: Client) -> None:
    made = written(retail)
    written(foreign, name="not to be seen")
    run = cleanups.plan_by_keys(retail, [], "nothing", cleanups.Asker(Cleanup.Origin.RULE, rule=made), timezone.now())
    html = admin.get("/deletions/rules/").content.decode()
    assert "account = a" in html
    assert f"Deletion {run.pk}" in html
    assert "not to be seen" not in html


def test_without_a_rule_the_page_says_what_one_is(retail: Site, admin: Client) -> None:
    assert b"A rule deletes what has some properties" in admin.get("/deletions/rules/").content


@pytest.mark.parametrize(("role", "may_read", "may_steer"), [
    ("viewer", False, False), ("release-manager", False, False), ("auditor", True, False), ("admin", True, True),
])  # fmt: skip
def test_auditors_look_and_admins_steer(
    role: str, may_read: bool, may_steer: bool, retail: Site, signed_in: Callable[..., Client]
) -> None:
    made, client = written(retail), signed_in(role)
    for address in ("/deletions/rules/", f"/deletions/rules/{made.pk}/"):
        assert client.get(address).status_code == (200 if may_read else 403)
    assert client.get("/deletions/rules/new/").status_code == (200 if may_steer else 403)
    assert client.post("/deletions/rules/new/", GIVEN | {"name": "x"}).status_code == (302 if may_steer else 403)
    for step in ("preview", "on", "off"):
        assert (client.post(f"/deletions/rules/{made.pk}/{step}").status_code == 403) is not may_steer


def test_one_of_another_site_is_not_there(foreign: Site, admin: Client) -> None:
    made = written(foreign)
    assert admin.get(f"/deletions/rules/{made.pk}/").status_code == 404
    assert admin.post(f"/deletions/rules/{made.pk}/preview").status_code == 404


@pytest.mark.parametrize("many", [1, 12])
def test_the_queries_do_not_grow_with_the_rules(
    many: int, retail: Site, admin: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(many):
        written(retail, name=f"rule {number}")
    admin.get("/deletions/rules/")
    with django_assert_max_num_queries(11):  # type: ignore[attr-defined]
        admin.get("/deletions/rules/")
