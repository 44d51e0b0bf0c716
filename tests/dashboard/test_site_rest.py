"""Pausing, resuming and removing a site on its pages, and what other pages then say."""

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import pauses, site_removal
from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db


def pause(site: Site) -> None:
    pauses.pause(site, None, "Jira moves", timezone.now())


def remove(site: Site) -> None:
    pause(site)
    site_removal.remove(site, None, site.slug, timezone.now(), frees_name=False)


def test_an_admin_pauses_it_and_lets_it_go_on(retail: Site, admin: Client) -> None:
    page = admin.post("/sites/retail/pause", {"reason": "Jira moves"}, follow=True).content.decode()
    retail.refresh_from_db()
    assert (retail.is_paused, retail.pause_reason) == (True, "Jira moves")
    assert retail.paused_by is not None
    assert "is paused: Jira moves" in page
    page = admin.post("/sites/retail/resume", follow=True).content.decode()
    retail.refresh_from_db()
    assert (retail.is_paused, "is paused: Jira moves" in page) == (False, False)


@pytest.mark.parametrize("reason", ["x" * 301, "two\nlines"])
def test_a_reason_that_cannot_be_is_said(reason: str, retail: Site, admin: Client) -> None:
    page = admin.post("/sites/retail/pause", {"reason": reason}, follow=True).content.decode()
    retail.refresh_from_db()
    assert ("must be one line" in page, retail.is_paused) == (True, False)


@pytest.mark.parametrize("address", ["/", "/deliveries/", "/sites/retail/"])
def test_every_page_that_shows_its_lanes_says_so(address: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, outcome="waiting")
    pause(retail)
    page = viewer.get(address).content.decode()
    assert "is paused: Jira moves" in page
    assert "Submissions go on being taken, and nothing is lost; 1 waits." in page


def test_lists_of_lanes_have_it_as_their_state(retail: Site, viewer: Client) -> None:
    builders.lane(retail, held_at=timezone.now(), held_reason="403.")
    pause(retail)
    for address in ("/deliveries/", "/sites/", "/sites/retail/"):
        assert "Paused</span>" in viewer.get(address).content.decode()


def test_a_viewer_neither_pauses_nor_removes(retail: Site, viewer: Client) -> None:
    assert viewer.post("/sites/retail/pause").status_code == 403
    assert viewer.get("/sites/retail/remove/").status_code == 403
    assert viewer.post("/sites/retail/remove/", {"typed": "retail"}).status_code == 403
    assert "Pause or remove" not in viewer.get("/sites/retail/").content.decode()


def test_before_it_goes_the_page_says_what_will_not_be_sent(retail: Site, admin: Client) -> None:
    builders.deployment(retail, outcome="waiting", properties={"team": "checkout"})
    builders.deployment(retail)
    pause(retail)
    page = admin.get("/sites/retail/remove/").content.decode()
    assert "<strong>Waits, and will not be sent:</strong> 1 version, 0 deletions" in page
    assert 'href="/deletions/new/?site=retail&amp;key=team"' in page
    assert "1 deployment came without any property" in page


def test_the_name_has_to_be_typed(retail: Site, admin: Client) -> None:
    pause(retail)
    answer = admin.post("/sites/retail/remove/", {"typed": "retial", "name": "free"})
    page = answer.content.decode()
    assert (answer.status_code, 'id="typed-problem"' in page, 'value="retial"' in page) == (400, True, True)
    assert 'value="free" checked' in page
    retail.refresh_from_db()
    assert not retail.is_removed


def test_it_goes_and_its_pages_stay(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    pause(retail)
    answer = admin.post("/sites/retail/remove/", {"typed": "retail", "name": "free"}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/sites/retail-removed/"
    assert "it was called retail" in page
    assert "Pause or remove" not in page
    assert admin.get(f"/deployments/{one.pk}/").status_code == 200
    assert "Removed" in admin.get("/sites/").content.decode()


def test_of_a_removed_site_nothing_can_be_set_or_tried(retail: Site, admin: Client) -> None:
    remove(retail)
    assert {admin.post(f"/sites/retail/{act}").status_code for act in ("test", "settings", "credential")} == {403}
    assert admin.get("/sites/retail/remove/").status_code == 302
    page = admin.get("/deliveries/").content.decode()
    assert "is paused" not in page


def test_a_removed_site_is_offered_nowhere(retail: Site, admin: Client) -> None:
    remove(retail)
    page = admin.get("/tokens/new/").content.decode()
    assert '<option value="retail"' not in page
    assert '<option value="retail"' not in admin.get("/submit/").content.decode()
