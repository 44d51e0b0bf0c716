"""`/tokens/`: the tokens of the sites on which somebody looks after them, and how each is."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync.models import Site, Token
from tests import builders

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def make(site: Site, name: str, *, ends: dt.timedelta | None = None, rate: int | None = None) -> Token:
    now = timezone.now()
    return Token.create(name, site, ["read", "write"], now, now + ends if ends else None, rate)[0]


def row(page: str, name: str) -> str:
    return next(one for one in page.split("<tr>") if f">{name}</a>" in one)


def test_each_state_has_its_word(retail: Site, admin: Client) -> None:
    make(retail, "living")
    make(retail, "ending", ends=3 * DAY)
    make(retail, "ended", ends=-DAY)
    make(retail, "turning").rotate(DAY, timezone.now())
    make(retail, "gone").revoke(timezone.now())
    page = admin.get("/tokens/").content.decode()
    words = {"living": "Alive", "ending": "Expires soon", "ended": "Expired", "turning": "Rotating", "gone": "Revoked"}
    assert {name: word for name, word in words.items() if word not in row(page, name)} == {}


def test_it_says_who_used_it_last_and_how_much_it_may(retail: Site, admin: Client) -> None:
    token = make(retail, "ci", rate=1200)
    Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now(), last_used_from="2001:db8::7")
    found = row(admin.get("/tokens/").content.decode(), "ci")
    assert [text for text in ("2001:db8::7", "1,200", "read, write", "retail") if text not in found] == []


def test_tokens_of_other_sites_are_not_there(retail: Site, foreign: Site, admin: Client) -> None:
    make(foreign, "theirs")
    make(retail, "ours")
    page = admin.get("/tokens/").content.decode()
    assert ("theirs" in page, "ours" in page) == (False, True)


def test_a_site_can_be_chosen(retail: Site, foreign: Site, signed_in: Callable[..., Client]) -> None:
    make(foreign, "theirs")
    make(retail, "ours")
    page = signed_in("admin", everywhere=True).get("/tokens/?site=foreign").content.decode()
    assert ("theirs" in page, ">ours<" in page) == (True, False)


@pytest.mark.parametrize("role", ["viewer", "release-manager", "auditor"])
def test_it_is_for_admins_and_only_they_are_led_there(
    role: str, retail: Site, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(role)
    assert client.get("/tokens/").status_code == 403
    assert 'href="/tokens/"' not in client.get("/sites/").content.decode()
    assert 'href="/tokens/"' in signed_in("admin").get("/sites/").content.decode()


def test_an_empty_list_says_how_to_begin(retail: Site, admin: Client) -> None:
    page = admin.get("/tokens/").content.decode()
    assert "Nobody can send yet" in page
    assert 'href="/tokens/new/"' in page


def test_a_name_cannot_bring_markup(retail: Site, admin: Client) -> None:
    token = make(retail, "<b onclick=x>")
    for address in ("/tokens/", f"/tokens/{token.pk}/", "/sites/retail/"):
        page = admin.get(address).content.decode()
        assert ("<b onclick" in page, "&lt;b onclick" in page) == (False, True)


def test_as_many_queries_for_many_as_for_few(
    retail: Site, admin: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(30):
        builders.token(retail, f"ci-{number}")
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        admin.get("/tokens/")
