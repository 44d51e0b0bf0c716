"""One password on very many names: an address is held off after 50 failures, whatever the names were."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from devops_sync.management.asking import Asking
from devops_sync.models import AuditRow, Guesses, User
from devops_sync.people import guesses, second_factor

from .conftest import code_of, sign_in

pytestmark = pytest.mark.django_db
OFFICE = "192.0.2.7"


def spray(names: int, at: str = OFFICE, first: int = 0) -> list[int]:
    """Try one password on so many names from one address."""
    client = Client(REMOTE_ADDR=at)
    return [sign_in(client, f"name-{number}", "Summer-of-2026").status_code for number in range(first, first + names)]


def failed(times: int, at: str = OFFICE) -> None:
    Guesses.objects.create(address=at, since=timezone.now(), number=times)


def test_after_fifty_failures_by_whatever_names_nobody_signs_in_from_there(ada: User) -> None:
    failed(guesses.MOST - 3)
    assert spray(3) == [200] * 3
    answer = sign_in(Client(REMOTE_ADDR=OFFICE))
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 900
    said = answer.content.decode()
    assert "too many failures from your address. Nobody can sign in from it for 15 minutes." in said
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8")).status_code == 302


def test_it_is_noted_once(ada: User) -> None:
    failed(guesses.MOST - 2)
    spray(4)
    (row,) = AuditRow.objects.filter(act="address.locked_out")
    assert (row.subject, row.actor_kind, row.remote_address) == (OFFICE, "stranger", OFFICE)


def test_it_ends_whatever_was_tried_meanwhile(ada: User) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        failed(guesses.MOST)
    with time_machine.travel(now + dt.timedelta(minutes=14, seconds=59), tick=False):
        answer = sign_in(Client(REMOTE_ADDR=OFFICE))
        assert (answer.status_code, answer["Retry-After"]) == (429, "1")
    with time_machine.travel(now + dt.timedelta(minutes=15), tick=False):
        assert spray(1) == [200]
        assert Guesses.objects.get().number == 1
        assert sign_in(Client(REMOTE_ADDR=OFFICE)).status_code == 302


def test_who_signs_in_from_there_resets_nothing(ada: User) -> None:
    failed(guesses.MOST - 1)
    assert sign_in(Client(REMOTE_ADDR=OFFICE)).status_code == 302
    assert spray(2) == [200, 429]


def test_an_office_that_types_honestly_is_let_in(ada: User) -> None:
    """However many sign in, and forms that are sent empty, count for nothing."""
    failed(guesses.MOST - 2)
    for _ in range(5):
        assert sign_in(Client(REMOTE_ADDR=OFFICE)).status_code == 302
        assert sign_in(Client(REMOTE_ADDR=OFFICE), password="").status_code == 200
    assert Guesses.objects.get().number == guesses.MOST - 2


def test_who_goes_on_by_a_name_that_is_held_off_does_not_hold_off_the_address(ada: User) -> None:
    client = Client(REMOTE_ADDR=OFFICE)
    assert [sign_in(client, password="wrong").status_code for _ in range(9)] == [200] * 4 + [429] * 5
    assert Guesses.objects.get().number == 5


def test_a_household_of_ipv6_is_one_address(ada: User) -> None:
    for number in range(4):
        spray(1, f"2001:db8::{number}", number)
    assert (Guesses.objects.get().address, Guesses.objects.get().number) == ("2001:db8::", 4)


def test_an_address_that_nobody_knows_is_none(ada: User) -> None:
    """Were it one, a stranger's failures would hold off everybody."""
    spray(3, "unknown")
    assert not Guesses.objects.exists()


def test_wrong_codes_count_and_right_ones_do_not(ada: User, secret: str) -> None:
    client = Client(REMOTE_ADDR=OFFICE)
    sign_in(client)
    client.post("/login/code/", {"code": "000000x"})
    assert Guesses.objects.get().number == 1
    assert client.post("/login/code/", {"code": code_of(secret)}).status_code == 302
    assert Guesses.objects.get().number == 1


def test_no_code_is_looked_at_from_an_address_that_is_held_off(ada: User, secret: str) -> None:
    client = Client(REMOTE_ADDR=OFFICE)
    sign_in(client)
    Guesses.objects.update(number=guesses.MOST)
    assert client.post("/login/code/", {"code": code_of(secret)}).status_code == 429


def test_codes_that_rest_are_no_guesses(ada: User, secret: str) -> None:
    ada.second_factor.rests_until = timezone.now() + second_factor.REST
    ada.second_factor.save()
    client = Client(REMOTE_ADDR=OFFICE)
    sign_in(client)
    assert client.post("/login/code/", {"code": "000000x"}).status_code == 429
    assert Guesses.objects.get().number == 0


def test_what_counts_no_more_is_forgotten(ada: User) -> None:
    Guesses.objects.create(address="192.0.2.9", since=timezone.now() - guesses.WINDOW, number=3)
    sign_in(Client(REMOTE_ADDR=OFFICE))
    assert [known.address for known in Guesses.objects.all()] == [OFFICE]


def test_a_guess_of_a_quarter_of_an_hour_ago_is_not_taken_from_those_of_now() -> None:
    now = timezone.now()
    old = guesses.count(OFFICE, now - guesses.WINDOW)
    guesses.count(OFFICE, now)
    old.give_back()
    assert Guesses.objects.get().number == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_more_than_one_after_the_other() -> None:
    """Each is counted before its password is looked at, whatever process does that."""

    def guess(_: int) -> bool:
        try:
            guesses.count(OFFICE, timezone.now())
        except guesses.TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as several:
        looked_at = list(several.map(guess, range(guesses.MOST * 2)))
    assert looked_at.count(True) == guesses.MOST


def test_commands_know_no_such_limit(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may run them has the database."""
    monkeypatch.setattr(Asking, "stdin", StringIO())
    Guesses.objects.create(address="127.0.0.1", since=timezone.now(), number=guesses.MOST)
    call_command("create_user", "bea", role="admin", json=True, stdout=(said := StringIO()))
    assert "bea" in said.getvalue()
