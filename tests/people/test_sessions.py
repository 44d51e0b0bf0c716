"""Where somebody is signed in: listed, and ended at the next request of the browser."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync.models import Session, User
from devops_sync.people import sessions
from tests import builders

from .conftest import is_in, sign_in, with_password

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def two(ada: User) -> tuple[Client, Client]:
    """Two browsers of one person."""
    clients = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.7"), Client()
    for client in clients:
        sign_in(client)
    return clients


def name_of(client: Client) -> str:
    return sessions.name(client.cookies["sessionid"].value)


def test_they_are_listed_with_where_they_come_from(two: tuple[Client, Client]) -> None:
    page = two[1].get("/account/").content.decode()
    assert "Firefox on Linux" in page
    assert "192.0.2.7" in page
    assert page.count("This one") == 1
    assert two[0].cookies["sessionid"].value not in page


def test_one_that_is_ended_is_signed_out_at_its_next_request(two: tuple[Client, Client]) -> None:
    two[1].post("/account/sessions/end", {"session": name_of(two[0])})
    assert not is_in(two[0])
    assert is_in(two[1])


def test_all_others_end_at_once(two: tuple[Client, Client]) -> None:
    two[1].post("/account/sessions/end")
    assert (is_in(two[0]), is_in(two[1])) == (False, True)


def test_ending_this_one_is_signing_out(two: tuple[Client, Client]) -> None:
    assert two[1].post("/account/sessions/end", {"session": name_of(two[1])})["Location"] == "/login/"
    assert (is_in(two[0]), is_in(two[1])) == (True, False)


def test_sessions_that_are_over_are_forgotten(two: tuple[Client, Client]) -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        sign_in(Client())
        assert Session.objects.count() == 1


def test_nobody_ends_the_sessions_of_others(two: tuple[Client, Client]) -> None:
    with_password("admin", "grace")
    other = Client()
    sign_in(other, "grace")
    other.post("/account/sessions/end", {"session": name_of(two[0])})
    other.post("/account/sessions/end")
    assert is_in(two[0])


def test_another_password_ends_the_others(two: tuple[Client, Client]) -> None:
    new = "an other battery of staples"
    given = {"current": builders.PASSWORD, "password": new, "again": new}
    assert two[1].post("/account/password", given)["Location"] == "/account/"
    assert (is_in(two[0]), is_in(two[1])) == (False, True)
    assert sign_in(Client(), password=new).status_code == 302
    assert Session.objects.filter(user__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"current": "wrong"}, "This is not your password."),
        ({"again": "something else entirely"}, "The two new passwords are not the same."),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "password1234", "again": "password1234"}, "too common"),
        ({"password": "x" * 1001, "again": "x" * 1001}, "at most 1,000 characters"),
    ],
)
def test_a_wrong_change_is_said_at_its_field(given: dict[str, str], sentence: str, ada: User, client: Client) -> None:
    sign_in(client)
    new = "an other battery of staples"
    asked = {"current": builders.PASSWORD, "password": new, "again": new, **given}
    answer = client.post("/account/password", asked)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert sign_in(Client()).status_code == 302


def test_the_policy_is_on_the_page(ada: User, client: Client) -> None:
    sign_in(client)
    assert "Your password must contain at least 12 characters." in client.get("/account/").content.decode()


def test_reading_writes_nothing_but_now_and_then(ada: User, client: Client) -> None:
    sign_in(client)
    with CaptureQueriesContext(connection) as asked:
        client.get("/settings/")
    assert [query["sql"] for query in asked if not query["sql"].startswith("SELECT")] == []
    later = timezone.now() + dt.timedelta(minutes=6)
    with time_machine.travel(later):
        client.get("/settings/")
    assert Session.objects.get().seen_at >= later


def test_a_key_that_no_text_can_be_is_nobodys(client: Client) -> None:
    client.cookies["sessionid"] = "aaaaaaaa\0"
    assert "\\000" in client.cookies.output()
    assert client.get("/login/").status_code == 200
    assert client.get("/account/").status_code == 302
    assert not is_in(client)
