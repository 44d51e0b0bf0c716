"""In the ledger nothing vanishes: what was deleted is hidden, found by a filter, and says what took it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.models import Cleanup, Deployment, Errand, Site
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)
MAKE: dict[str, Any] = {
    "deployments": lambda site, name: builders.deployment(site, label=name),
    "builds": lambda site, name: builders.build(site, displayName=name, label=name),
    "repositories": lambda site, name: builders.repository(site, name, name=name),
}


@pytest.mark.parametrize("folder", MAKE)
@pytest.mark.parametrize(
    ("query", "alive", "deleted"), [("", True, False), ("?deleted=1", True, True), ("?deleted=only", False, True)]
)
def test_every_list_hides_it_and_a_filter_shows_it(
    folder: str, query: str, alive: bool, deleted: bool, retail: Site, admin: Client
) -> None:
    MAKE[folder](retail, "still-here")
    builders.deletion(MAKE[folder](retail, "long-gone"))
    html = admin.get(f"/{folder}/{query}").content.decode()
    assert ("still-here" in html, "long-gone" in html) == (alive, deleted)
    assert (">Deleted</span>" in html) is deleted


def test_the_filter_is_a_chip_that_can_be_taken_away(retail: Site, admin: Client) -> None:
    builders.deployment(retail)
    html = " ".join(admin.get("/deployments/?state=successful&deleted=1").content.decode().split())
    assert "<span>deleted <b>too</b></span>" in html
    assert 'href="?state=successful" aria-label="Remove filter deleted too"' in html
    assert admin.get("/deployments/?deleted=maybe").status_code == 400


def test_its_file_has_it_too(retail: Site, admin: Client) -> None:
    builders.deletion(builders.deployment(retail, label="long-gone"))
    body = b"".join(admin.get("/deployments/?deleted=only&format=csv").streaming_content)  # type: ignore[attr-defined]
    assert b"long-gone" in body


def taken(site: Site, *, origin: str = Cleanup.Origin.PAGE) -> tuple[Deployment, Cleanup]:
    one = builders.deployment(site, properties={"account": "a"})
    by = cleanups.Asker(Cleanup.Origin(origin), builders.user("admin"))
    cleanup = cleanups.plan_by_properties(site, ["deployments"], {"account": "a"}, by, timezone.now())
    cleanups.confirm(cleanup, cleanup.user, cleanup.total, "Closed.", 0, timezone.now())
    cleaning.run(cleanup.pk)
    one.refresh_from_db()
    return one, cleanup


def test_its_page_leads_to_the_deletion_that_took_it(retail: Site, admin: Client, viewer: Client) -> None:
    one, cleanup = taken(retail)
    html = admin.get(f"/deployments/{one.pk}/").content.decode()
    assert f'href="/deletions/{cleanup.pk}/" id="go-deletion"' in html
    assert b"go-deletion" not in viewer.get(f"/deployments/{one.pk}/").content


def test_a_new_life_shows_the_deletion_among_its_versions(retail: Site, admin: Client) -> None:
    one, cleanup = taken(retail)
    entry = builders.entry(
        retail, builders.payload(one.pipeline_id, one.environment_id, one.number, one.sequence + 1),
        properties={"account": "a"},
    )  # fmt: skip
    Deployment.objects.update(entry=entry, sequence=entry.sequence, deleted_at=None)
    html = " ".join(admin.get(f"/deployments/{one.pk}/").content.decode().split())
    assert f'href="/deletions/{cleanup.pk}/" id="version-deletion-' in html
    assert "Everything before this was deleted by" in html


def test_one_by_its_key_without_a_case_is_named_without_a_link(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    builders.deletion(one)
    html = admin.get(f"/deployments/{one.pk}/").content.decode()
    assert "It was deleted by ci-gitlab" in html
    assert "go-deletion" not in html


def test_all_that_match_are_sent_again_with_the_deleted_only_where_that_is_ticked(retail: Site, admin: Client) -> None:
    builders.deployment(retail), builders.deletion(builders.deployment(retail))
    for more, many in (({}, 1), ({"with_deleted": 1}, 2)):
        given = {"do": "resend", "kind": "deployment", "all": 1, "query": "deleted=1", **more}
        assert admin.post("/errands/plan/", given).status_code == 302
        assert Errand.objects.latest("pk").total == many


def test_what_a_client_deleted_by_key_stands_below_the_cases(retail: Site, foreign: Site, admin: Client) -> None:
    builders.deletion(builders.deployment(retail, "checkout-api", number=4711))
    builders.deletion(builders.deployment(foreign, "not-to-be-seen"))
    taken(retail)
    html = admin.get("/deletions/").content.decode()
    assert html.count("checkout-api / production / 4711") == 1
    assert "By key, by clients themselves" in html
    assert "not-to-be-seen" not in html
    assert "By key, by clients" not in admin.get("/deletions/?state=running").content.decode()
