"""Less approval of deletions, as one admin asks for it and another agrees; and an account that does not count yet."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from devops_sync import audit
from devops_sync.models import Site
from devops_sync.people import giving
from tests import builders

from .conftest import Open, World
from .test_signing_in import look_at

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def test_one_asks_and_another_agrees(world: World, opened: Open) -> None:
    site = Site.objects.get(slug="retail")
    ada, bea = builders.user("admin", name="ada"), builders.user("admin", name="bea")
    with opened(ada, reduced_motion="reduce") as watched:
        page = watched.page
        page.goto("/sites/retail/")
        page.get_by_label("A second admin approves deletions above").fill("")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("You asked for it, so you cannot agree to it.")).to_be_visible()
        look_at(page, "approval-asked")
        assert not watched.complaints
    with opened(bea, reduced_motion="reduce") as watched:
        page = watched.page
        page.goto("/sites/retail/")
        look_at(page, "approval-agree")
        page.locator("#agree").click()
        expect(page.get_by_text("You agreed: it holds from now on.")).to_be_visible()
        expect(page.locator("#loosens")).to_have_count(0)
        assert not watched.complaints
    site.refresh_from_db()
    assert site.approval_above is None


def test_an_account_that_does_not_count_yet_sees_from_when_on(world: World, opened: Open) -> None:
    site = Site.objects.get(slug="retail")
    ada = builders.user("admin", name="ada")
    with audit.acting.by(audit.acting.user(ada)):
        made = giving.make("grace", [("admin", None)], None)
    said = {"confirmed_by": ada, "confirmed_at": timezone.now(), "reason": "The account is closed."}
    waits = builders.cleanup(site, ada, state="awaiting", needs_approval=True, **said)
    with opened(made, reduced_motion="reduce") as watched:
        page = watched.page
        page.goto(f"/deletions/{waits.pk}/confirm/")
        expect(page.locator("#decision")).to_contain_text("was given the role of an admin by ada")
        expect(page.locator("#approve")).to_have_count(0)
        look_at(page, "approval-too-early")
        assert not watched.complaints
