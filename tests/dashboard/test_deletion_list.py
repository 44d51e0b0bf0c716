"""The list of deletions: everything that was to be deleted, whoever asked for it, and what awaits the reader."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import cleanups
from devops_sync.models import Cleanup, Grant, Site, User
from tests import builders

pytestmark = pytest.mark.django_db
LIST = "/deletions/"


def numbers(client: Client, query: str = "") -> list[int]:
    answer: Any = client.get(f"{LIST}{query}{'&' if query else '?'}format=json")
    return [one["id"] for one in json.loads(answer.getvalue())]


def html(client: Client, query: str = "") -> str:
    return client.get(LIST + query).content.decode()


def confirmed(site: Site, user: User) -> Cleanup:
    """One that awaits a second admin."""
    now = timezone.now()
    return builders.cleanup(site, user, state="awaiting", confirmed_by=user, confirmed_at=now, reason="It is closed.")


def test_the_newest_stands_first_with_what_and_who(retail: Site, admin: Client) -> None:
    one = builders.cleanup(retail, builders.user("admin", name="ada"), pairs={"account": "a"})
    two = builders.cleanup(retail, state="cancelled")
    page = html(admin)
    assert page.index(f'id="go-{two.pk}"') < page.index(f'id="go-{one.pk}"')
    assert "account = a" in page
    assert "ada" in page
    assert "<strong>2</strong>, newest first." in page


def test_what_a_client_asked_for_itself_is_there_with_its_sender_and_its_count(retail: Site, admin: Client) -> None:
    builders.deployment(retail, properties={"account": "a"})
    asker = cleanups.Asker(Cleanup.Origin.GATEWAY, token=builders.token(retail, "ci-jenkins"))
    cleanups.plan_by_properties(retail, ["deployments"], {"account": "a"}, asker, timezone.now(), begins=True)
    page = html(admin, "?origin=gateway")
    assert 'ci-jenkins <span class="hint">a client&#x27;s own request</span>' in page
    assert '1<span class="narrow-word faint"> previewed</span>' in page


def test_it_is_narrowed_by_what_stands_in_the_address(retail: Site, foreign: Site, client: Client) -> None:
    client.force_login(builders.user("admin"))
    one = builders.cleanup(retail, state="proven")
    two = builders.cleanup(foreign, origin="rule")
    assert numbers(client) == [two.pk, one.pk]
    assert numbers(client, "?site=retail") == [one.pk]
    assert numbers(client, "?state=proven&state=running") == [one.pk]
    assert numbers(client, "?origin=rule") == [two.pk]
    assert numbers(client, "?from=2199-01-01") == []
    assert numbers(client, "?to=2199-01-01&sort=oldest") == [two.pk, one.pk]


def test_what_cannot_be_asked_is_told_in_a_sentence(admin: Client) -> None:
    for query, sentence in (
        ("?state=melted", "“melted” is no state of a deletion."),
        ("?origin=moon", "“moon” is no origin of a deletion."),
        ("?site=nowhere", "There is no site “nowhere”"),
        ("?after=x", "a place in the list that cannot be one"),
    ):
        answer = admin.get(LIST + query)
        assert (answer.status_code, sentence in answer.content.decode()) == (400, True)


def test_a_long_list_has_pages(retail: Site, admin: Client) -> None:
    first = builders.cleanup(retail)
    for _ in range(50):
        builders.cleanup(retail)
    page = html(admin)
    assert f'id="go-{first.pk}"' not in page
    assert f'id="go-{first.pk}"' in html(admin, f"?after={first.pk + 1}")


def test_an_empty_list_says_how_it_is_filled(retail: Site, admin: Client, signed_in: Callable[..., Client]) -> None:
    assert "Nothing was deleted yet." in html(admin)
    assert 'href="/deletions/new/"' in html(admin)
    assert 'href="/deletions/new/"' not in html(signed_in("auditor"))


def test_it_says_what_awaits_the_reader_and_not_what_is_their_own(retail: Site, client: Client) -> None:
    ada, ben = builders.user("admin", of=retail), builders.user("admin", of=retail)
    one = confirmed(retail, ada)
    client.force_login(ben)
    assert f"Deletion {one.pk} awaits your approval." in html(client)
    assert 'title="Awaiting a second admin">1<' in html(client)
    client.force_login(ada)
    assert "awaits your approval" not in html(client)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("release-manager", 403), ("auditor", 200)])
def test_only_admins_and_auditors_see_it(
    role: str, status: int, retail: Site, signed_in: Callable[..., Client]
) -> None:
    builders.cleanup(retail)
    client = signed_in(role)
    assert client.get(LIST).status_code == status
    assert ('href="/deletions/"' in client.get("/").content.decode()) is (status == 200)


def test_a_stranger_is_sent_to_the_sign_in_page(retail: Site, client: Client) -> None:
    one = builders.cleanup(retail)
    for page in (LIST, f"{LIST}new/", *(f"{LIST}{one.pk}/{step}" for step in ("", "preview/", "confirm/"))):
        assert client.get(page)["Location"] == f"/login/?next={page}"


def test_of_a_site_where_one_may_only_look_there_is_nothing(retail: Site, foreign: Site, client: Client) -> None:
    user = builders.user("auditor", of=retail)
    Grant.objects.create(user=user, role="viewer", site=foreign)
    client.force_login(user)
    one = builders.cleanup(retail)
    builders.cleanup(foreign)
    assert numbers(client) == [one.pk]
    assert client.get(f"{LIST}?site=foreign").status_code == 400


def test_what_it_asks_does_not_grow(retail: Site, admin: Client, django_assert_num_queries: Any) -> None:
    ada = builders.user("admin", of=retail)
    for _ in range(2):
        confirmed(retail, ada)
        html(admin)
        with django_assert_num_queries(11):
            html(admin)
        for _ in range(4):
            builders.cleanup(retail)
