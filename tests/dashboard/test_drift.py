"""`/deliveries/drift/`: what Jira did not give back as it was sent, as long as that matters."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import paging
from devops_sync.models import Build, Confirmation, Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db
ADDRESS = "/deliveries/drift/"
AGAIN = f"{ADDRESS}read-again"


def adrift(site: Site, state: str, *args: Any, at: dt.datetime | None = None, **more: Any) -> Deployment:
    facts = {"read_back": state, "read_back_at": at or timezone.now()}
    return builders.deployment(site, *args, entry_facts=facts, **more)


def text(client: Client, query: str = "") -> str:
    answer = client.get(ADDRESS + query)
    assert answer.status_code == 200
    return answer.content.decode()


def links(client: Client, query: str = "") -> list[int]:
    """The deployments that the list leads to, in its order."""
    return [
        int(part.split("/", 1)[0]) for part in text(client, query).split('href="/deployments/')[1:] if part[0].isdigit()
    ]


def test_what_is_missing_or_different_is_listed_with_what_differs(retail: Site, viewer: Client) -> None:
    different = adrift(retail, "different")
    builders.confirmation(different.entry, "different", differences=["label", "state"])
    missing = adrift(retail, "missing")
    builders.deployment(retail, entry_facts={"read_back": "confirmed", "read_back_at": timezone.now()})
    builders.deployment(retail)
    assert links(viewer) == [missing.pk, different.pk]
    assert "label, state" in text(viewer)


def test_what_is_no_longer_current_or_was_deleted_is_not_listed(retail: Site, viewer: Client) -> None:
    adrift(retail, "missing", deleted_at=timezone.now())
    builders.entry(retail, builders.payload("web", "dev", 1, 1), read_back="missing", read_back_at=timezone.now())
    assert links(viewer) == []
    assert "Nothing is adrift" in text(viewer)


def test_the_overview_and_the_page_say_how_much_is_adrift(retail: Site, viewer: Client, admin: Client) -> None:
    assert b"missing in Jira" not in viewer.get("/").content
    for state in ("missing", "missing", "different"):
        adrift(retail, state)
    adrift(retail, "missing", deleted_at=timezone.now())
    builders.entry(retail, builders.payload("web", "dev", 1, 1), read_back="missing", read_back_at=timezone.now())
    overview = viewer.get("/").content.decode()
    assert "<strong>2 entities are missing in Jira and 1 differs.</strong>" in overview
    assert 'href="/deliveries/drift/">See the drift' in overview
    assert "<strong>2 entities are missing in Jira and 1 differs</strong>" in text(viewer)
    assert "/sites/retail/#rebuild-title" in text(admin)


def test_what_is_adrift_elsewhere_is_not_told(retail: Site, foreign: Site, viewer: Client) -> None:
    adrift(foreign, "missing")
    assert b"missing in Jira" not in viewer.get("/").content


def test_other_kinds_are_listed_too(retail: Site, viewer: Client) -> None:
    build: Build = builders.build(retail, entry_facts={"read_back": "missing", "read_back_at": timezone.now()})
    assert f'href="/builds/{build.pk}/"' in text(viewer)
    assert f'href="/builds/{build.pk}/"' not in text(viewer, "?kind=deployment")


def test_it_is_filtered_by_state(retail: Site, viewer: Client) -> None:
    different, missing = adrift(retail, "different"), adrift(retail, "missing")
    assert links(viewer, "?state=missing") == [missing.pk]
    assert links(viewer, "?state=different") == [different.pk]


@pytest.mark.parametrize("query", ["?state=melted", "?kind=flag", "?site=foreign", "?after=never", "?before=1,2"])
def test_an_address_that_cannot_be_is_answered_with_a_sentence(query: str, viewer: Client) -> None:
    answer = viewer.get(ADDRESS + query)
    assert answer.status_code == 400
    assert b"Mend the address" in answer.content


def test_it_is_paged_by_when_it_was_read(retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    at = timezone.now()
    made = [adrift(retail, "missing", at=at - dt.timedelta(minutes=number // 2)) for number in range(paging.SIZE + 3)]
    by_age = sorted(made, key=lambda one: (one.entry.read_back_at, one.entry_id), reverse=True)
    first = viewer.get(ADDRESS)
    older = first.context["page"].older
    assert links(viewer) == [one.pk for one in by_age[: paging.SIZE]]
    second = viewer.get(ADDRESS, {"after": older})
    assert links(viewer, f"?after={older.replace('+', '%2B')}") == [one.pk for one in by_age[paging.SIZE :]]
    before = second.context["page"].newer
    assert [row.pk for row in viewer.get(ADDRESS, {"before": before}).context["page"].rows] == [
        one.entry_id for one in by_age[: paging.SIZE]
    ]


def test_it_says_what_sending_again_can_mend(retail: Site, viewer: Client) -> None:
    adrift(retail, "different")
    assert "Jira ignores a version whose update sequence it already has" in text(viewer)


def test_reading_one_again_asks_for_that_one_alone(retail: Site, signed_in: Callable[..., Client]) -> None:
    one, other = adrift(retail, "missing"), adrift(retail, "different")
    manager = signed_in("release-manager")
    answer = manager.post(f"{AGAIN}?state=missing", {"only": one.entry_id, "entry": [other.entry_id]})
    assert (answer.status_code, answer["Location"]) == (302, f"{ADDRESS}?state=missing")
    asked = Confirmation.objects.get()
    assert (asked.entry, asked.user and asked.user.username.startswith("release-manager")) == (one.entry, True)
    assert "Reading…" in text(manager)


def test_reading_the_ticked_ones_again_asks_for_each(retail: Site, signed_in: Callable[..., Client]) -> None:
    made = [adrift(retail, "missing") for _ in range(3)]
    signed_in("admin").post(AGAIN, {"entry": [one.entry_id for one in made[:2]]})
    assert {one.entry_id for one in Confirmation.objects.all()} == {one.entry_id for one in made[:2]}


@pytest.mark.parametrize("given", [{}, {"entry": "x"}, {"only": "9" * 40}, {"entry": "999999"}])
def test_nothing_that_could_be_read_is_no_error(given: dict[str, str], retail: Site, admin: Client) -> None:
    assert admin.post(AGAIN, given).status_code == 302
    assert not Confirmation.objects.exists()


def test_a_person_does_not_wait_for_what_nobody_asked_for(retail: Site, admin: Client) -> None:
    one = adrift(retail, "missing")
    later = timezone.now() + dt.timedelta(hours=1)
    builders.confirmation(one.entry, due_at=later)
    for _ in range(2):
        admin.post(AGAIN, {"only": one.entry_id})
    own = Confirmation.objects.exclude(user=None).get()
    assert own.due_at < later


def test_who_may_not_read_back_has_no_box_no_button_and_no_way(retail: Site, viewer: Client) -> None:
    one = adrift(retail, "missing")
    assert 'name="only"' not in text(viewer)
    assert 'type="checkbox" name="entry"' not in text(viewer)
    assert viewer.post(AGAIN, {"only": one.entry_id}).status_code == 403


def test_what_is_adrift_elsewhere_is_nobodys_business(foreign: Site, admin: Client) -> None:
    one = adrift(foreign, "missing")
    assert links(admin) == []
    assert admin.post(AGAIN, {"only": one.entry_id}).status_code == 302
    assert not Confirmation.objects.exists()


def test_a_row_follows_what_is_found_when_it_is_read_again(retail: Site, viewer: Client) -> None:
    one = adrift(retail, "missing")
    type(one.entry).objects.filter(pk=one.entry_id).update(read_back="confirmed")
    answer = viewer.get(ADDRESS, {"_rows": str(one.entry_id)}, headers={"Waybill-Seen": "none"})
    assert b"Confirmed" in answer.content


def test_what_cannot_be_told_says_so(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, entry_facts={"read_back": "not_told", "read_back_at": timezone.now()})
    builders.confirmation(one.entry, "not_told", failure="Jira answered 403.")
    page = viewer.get(f"/deployments/{one.pk}/").content.decode()
    assert "What Jira stored of it cannot be told." in page
    assert "Jira answered 403." in page
    assert "Cannot be told" in viewer.get("/deployments/").content.decode()
