"""Codes of an app and on paper, asked for beside the password."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone

from devops_sync.models import RecoveryCode, SecondFactor, User
from devops_sync.models.audit import AuditRow
from devops_sync.people import giving, second_factor, totp
from devops_sync.wrong import Wrong
from tests import builders

from .conftest import code_of, is_in, sign_in, with_password

pytestmark = pytest.mark.django_db
OWN = {"confirm": builders.PASSWORD}


def show(client: Client, code: str, **more: str) -> int:
    return client.post("/login/code/", {"code": code, **more}).status_code


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    assert totp.code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", totp.step_at(seconds)) == code


def test_a_password_alone_signs_nobody_in(ada: User, secret: str, client: Client) -> None:
    answer = sign_in(client, next="/builds/")
    assert answer["Location"] == "/login/code/?next=%2Fbuilds%2F"
    assert not is_in(client)
    before = client.cookies["sessionid"].value
    shown = client.post("/login/code/", {"code": code_of(secret), "next": "/builds/"})
    assert shown["Location"] == "/builds/"
    assert is_in(client)
    assert client.cookies["sessionid"].value != before


def test_a_code_without_a_password_is_asked_for_one(ada: User, secret: str, client: Client) -> None:
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"


@pytest.mark.parametrize("wrong", ["000000x", "", "12345", "١٢٣٤٥٦", "\x00", "x" * 5000])
def test_a_wrong_code_is_refused(wrong: str, ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    assert show(client, wrong) == 400
    assert not is_in(client)


def test_a_code_of_the_half_minute_before_or_after_is_taken_and_none_beside(ada: User, secret: str) -> None:
    for steps, status in ((-2, 400), (2, 400), (-1, 302), (1, 302)):
        client = Client()
        sign_in(client)
        assert show(client, code_of(secret, steps)) == status


def test_a_code_works_once(ada: User, secret: str) -> None:
    code, thief = code_of(secret), Client()
    first = Client()
    sign_in(first)
    assert show(first, code) == 302
    sign_in(thief)
    assert show(thief, code) == 400
    # Nor does one from before it.
    assert show(thief, code_of(secret, -1)) == 400


def test_a_recovery_code_works_once(ada: User, secret: str) -> None:
    first, second = second_factor.new_recovery_codes(ada)[:2]
    client, thief = Client(), Client()
    sign_in(client)
    assert show(client, first.upper().replace("-", " ")) == 302
    sign_in(thief)
    assert show(thief, first) == 400
    assert show(thief, second) == 302
    assert RecoveryCode.objects.count() == 8


def test_codes_on_paper_work_where_the_key_of_the_app_is_gone(ada: User, secret: str, settings: Any) -> None:
    paper = second_factor.new_recovery_codes(ada)[0]
    settings.ENCRYPTION_KEYS = [Fernet.generate_key()]
    client = Client()
    sign_in(client)
    assert show(client, code_of(secret)) == 400
    assert show(client, paper) == 302


def test_who_is_reset_half_way_begins_again(ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    SecondFactor.objects.all().delete()
    answer = client.post("/login/code/", {"code": code_of(secret)})
    assert "Two-factor was reset meanwhile" in answer.content.decode()
    assert not is_in(client)
    assert not AuditRow.objects.filter(act="session.refused").exists()
    assert sign_in(client)["Location"] == "/"


def test_who_is_reset_while_their_code_is_looked_at_made_no_failure(ada: User, secret: str) -> None:
    SecondFactor.objects.all().delete()
    with pytest.raises(second_factor.Removed):
        second_factor.take(ada, code_of(secret))


def test_new_recovery_codes_replace_the_old(ada: User, secret: str, client: Client) -> None:
    old = second_factor.new_recovery_codes(ada)[0]
    second_factor.new_recovery_codes(ada)
    sign_in(client)
    assert show(client, old) == 400


def test_the_audit_log_has_each_change_of_it_and_no_code(ada: User, secret: str) -> None:
    second_factor.new_recovery_codes(ada)
    second_factor.turn_off(ada)
    noted = AuditRow.objects.filter(act="user.second_factor.changed", subject="ada").order_by("pk")
    assert list(noted.values_list("after", flat=True)) == ['{"on":true}', '{"new codes on paper":10}', '{"on":false}']


def test_no_code_is_in_the_database_in_clear(ada: User, secret: str) -> None:
    code = second_factor.new_recovery_codes(ada)[0]
    kept = [bytes(digest) for digest in RecoveryCode.objects.values_list("digest", flat=True)]
    assert code.replace("-", "").encode() not in b" ".join(kept)
    assert secret.encode() not in bytes(SecondFactor.objects.get().sealed_secret)


def test_five_wrong_codes_from_an_address_hold_it_off(ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    assert [show(client, "000000x") for _ in range(5)] == [400] * 4 + [429]
    assert show(client, code_of(secret)) == 429


def test_ten_wrong_codes_from_everywhere_let_the_codes_rest(ada: User, secret: str) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        for number in range(10):
            thief = Client(REMOTE_ADDR=f"192.0.2.{number}")
            sign_in(thief)
            show(thief, "000000x")
        client = Client()
        sign_in(client)
        assert show(client, code_of(secret)) == 429
    with time_machine.travel(now + dt.timedelta(minutes=16), tick=False):
        sign_in(client)
        assert show(client, code_of(secret)) == 302


def ten_wrong(user: User) -> dt.timedelta:
    """Ten wrong codes, once the rest is over. How long codes rest for it."""
    for _ in range(second_factor.MOST_WRONG):
        with pytest.raises(Wrong, match="not right"):
            second_factor.take(user, "000000x")
    with pytest.raises(second_factor.Resting) as resting:
        second_factor.take(user, "000000x")
    return resting.value.until - timezone.now()


def test_each_ten_wrong_codes_let_them_rest_twice_as_long_up_to_a_day(ada: User, secret: str) -> None:
    rests = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(9):
            rests.append(ten_wrong(ada))
            clock.shift(rests[-1])
        assert [rest / dt.timedelta(minutes=15) for rest in rests] == [1, 2, 4, 8, 16, 32, 64, 96, 96]
        # A right one begins anew; its secret is older than all of that.
        assert second_factor.take(ada, code_of(secret)) == "app"
        assert ten_wrong(ada) == second_factor.REST


def test_another_password_ends_the_rest(ada: User, secret: str, client: Client) -> None:
    """Whoever tried the codes knew the old one."""
    ten_wrong(ada)
    giving.change_password(ada, "an other battery of staples")
    sign_in(client, password="an other battery of staples")
    assert show(client, code_of(secret)) == 302


def test_codes_that_rest_say_how_long_and_what_to_do(ada: User, secret: str, client: Client) -> None:
    SecondFactor.objects.update(rests_until=timezone.now() + dt.timedelta(hours=16), rests=7)
    sign_in(client)
    answer = client.post("/login/code/", {"code": code_of(secret)})
    assert (answer.status_code, answer["Retry-After"]) == (429, "57600")
    said = answer.content.decode()
    assert "none is looked at for 16 hours" in said
    assert "An admin can give you another" in said


def test_half_a_sign_in_is_forgotten_after_ten_minutes(ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11)):
        assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"


def test_whoever_is_deactivated_half_way_is_not_let_in(ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    User.objects.update(is_active=False)
    show(client, code_of(secret))
    assert not is_in(client)


def test_another_password_meanwhile_makes_half_a_sign_in_none(ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    giving.change_password(ada, "an other battery of staples")
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"


def waiting(client: Client) -> str:
    """The secret that the page shows."""
    page = client.get("/account/two-factor/").content.decode()
    return page.partition('id="key">')[2].partition("<")[0].replace(" ", "")


def test_it_is_set_up_with_a_picture_a_key_and_codes_that_are_shown_once(ada: User, client: Client) -> None:
    sign_in(client)
    found = waiting(client)
    assert waiting(client) == found
    drawn = client.get("/login/two-factor.svg")
    assert (drawn["Content-Type"], drawn["Cache-Control"].count("no-store")) == ("image/svg+xml", 1)
    assert client.post("/account/two-factor/", {"code": "000000x", **OWN}).status_code == 400
    assert not second_factor.is_on(ada)
    page = client.post("/account/two-factor/", {"code": code_of(found), **OWN}).content.decode()
    assert page.count('<li class="ref">') == 10
    assert client.get("/login/two-factor.svg").status_code == 404
    assert client.get("/account/two-factor/").status_code == 302
    assert "<strong>10</strong> recovery codes left" in client.get("/account/").content.decode()


@pytest.mark.parametrize("given", ["", "wrong"])
def test_whoever_finds_a_browser_signed_in_does_not_set_it_up(given: str, ada: User, client: Client) -> None:
    sign_in(client)
    answer = client.post("/account/two-factor/", {"code": code_of(waiting(client)), "confirm": given})
    assert answer.status_code == 400
    said = answer.content.decode()
    assert 'id="confirm-problem"' in said
    assert "This is not your password." in said
    assert "code-problem" not in said
    assert not second_factor.is_on(ada)


@pytest.mark.parametrize("step", ["password", "two-factor/", "two-factor/off"])
def test_whoever_comes_through_the_provider_has_no_password_to_give(step: str, ada: User, client: Client) -> None:
    ada.set_unusable_password()
    ada.save()
    client.force_login(ada)
    answer = client.post(f"/account/{step}", OWN | {"current": "", "code": "000000"})
    assert answer.status_code == 400
    assert "You sign in through the provider" in client.get("/account/").content.decode()
    assert not AuditRow.objects.filter(act="session.refused").exists()


def test_the_picture_is_nobody_elses(client: Client) -> None:
    assert client.get("/login/two-factor.svg").status_code == 404


def test_turning_it_off_and_new_codes_take_the_password(ada: User, secret: str, client: Client) -> None:
    sign_in(client)
    show(client, code_of(secret))
    for step in ("off", "codes"):
        answer = client.post(f"/account/two-factor/{step}", {"confirm": "wrong"})
        assert answer.status_code == 400
        assert "This is not your password." in answer.content.decode()
    codes = client.post("/account/two-factor/codes", {"confirm": builders.PASSWORD})
    assert codes.content.decode().count('<li class="ref">') == 10
    assert client.post("/account/two-factor/off", {"confirm": builders.PASSWORD}).status_code == 302
    assert not second_factor.is_on(ada)
    assert not RecoveryCode.objects.exists()


@pytest.mark.parametrize(("required", "role", "asked"), [("admins", "viewer", False), ("everyone", "viewer", True)])
def test_it_can_be_required(required: str, role: str, asked: bool, client: Client, settings: object) -> None:
    settings.REQUIRE_TWO_FACTOR = required  # type: ignore[attr-defined]
    with_password(role, "ada")
    assert (sign_in(client)["Location"] == "/login/code/") is asked


def test_an_admin_without_it_sets_it_up_before_they_are_let_in(client: Client, settings: object) -> None:
    settings.REQUIRE_TWO_FACTOR = "admins"  # type: ignore[attr-defined]
    with_password("admin", "ada")
    sign_in(client)
    page = client.get("/login/code/").content.decode()
    found = page.partition('id="key">')[2].partition("<")[0].replace(" ", "")
    assert client.get("/login/two-factor.svg").status_code == 200
    assert show(client, "000000x") == 400
    assert not is_in(client)
    answer = client.post("/login/code/", {"code": code_of(found), "next": "/builds/"}).content.decode()
    assert answer.count('<li class="ref">') == 10
    assert 'href="/builds/"' in answer
    assert is_in(client)
    assert client.post("/account/two-factor/off", {"confirm": builders.PASSWORD}).status_code == 400
