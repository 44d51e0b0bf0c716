"""Signing in with a password: being held off, and never being led away or fixed to somebody else's session."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from devops_sync import allowances, remote
from devops_sync.models import Session, User
from devops_sync.models.audit import AuditRow

from .conftest import is_in, sign_in, with_password

pytestmark = pytest.mark.django_db
LIMIT = 5


def fail(client: Client, times: int = LIMIT) -> list[int]:
    return [sign_in(client, password="wrong").status_code for _ in range(times)]


def test_after_five_failures_nobody_is_let_in_for_a_while(ada: User, client: Client) -> None:
    assert fail(client) == [200] * (LIMIT - 1) + [429]
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "too many failures" in answer.content.decode()
    assert "15 minutes" in answer.content.decode()
    assert 0 < int(answer["Retry-After"]) <= 900
    assert not is_in(client)


def test_it_ends_whatever_was_tried_meanwhile(ada: User, client: Client) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        fail(client)
    with time_machine.travel(now + dt.timedelta(minutes=14), tick=False):
        assert sign_in(client).status_code == 429
    with time_machine.travel(now + dt.timedelta(minutes=15, seconds=1), tick=False):
        assert sign_in(client).status_code == 302


def test_a_stranger_locks_nobody_out_elsewhere(ada: User) -> None:
    stranger = Client(REMOTE_ADDR="192.0.2.66")
    assert fail(stranger)[-1] == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_a_household_of_ipv6_is_one_stranger(ada: User) -> None:
    assert [fail(Client(REMOTE_ADDR=f"2001:db8::{number}"), 1) for number in range(LIMIT)][-1] == [429]
    assert sign_in(Client(REMOTE_ADDR="2001:db8::ffff")).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:1::1")).status_code == 302


def test_another_name_is_not_locked_with_it(ada: User, client: Client) -> None:
    with_password("viewer", "grace")
    fail(client)
    assert sign_in(client, "grace").status_code == 302


def test_another_browser_at_the_address_is_the_same_stranger(ada: User) -> None:
    browsers = [Client(HTTP_USER_AGENT=f"browser {number}") for number in range(LIMIT)]
    assert [fail(browser, 1) for browser in browsers][-1] == [429]


def test_a_right_password_forgets_the_wrong_ones(ada: User, client: Client) -> None:
    fail(client, LIMIT - 1)
    sign_in(client)
    client.post("/logout/")
    assert fail(client, LIMIT - 1)[-1] == 200


def test_a_name_that_nobody_has_is_locked_just_the_same(client: Client) -> None:
    assert fail(client) == [200] * (LIMIT - 1) + [429]


def test_what_was_typed_is_kept_nowhere(ada: User, client: Client) -> None:
    from axes.models import AccessAttempt

    client.post("/login/?next=/%00", {"username": "ada", "password": "planted-secret", "code": "planted-secret"})
    kept = [str(row) for row in AccessAttempt.objects.values_list("get_data", "post_data", "path_info")]
    kept += [str(row) for row in AuditRow.objects.values_list("subject", "before", "after")]
    assert kept
    assert "planted-secret" not in " ".join(kept)


def test_behind_a_proxy_the_last_address_that_it_says_counts(settings: object, rf: object) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": "198.51.100.1, 192.0.2.7"})  # type: ignore[attr-defined]
    settings.BEHIND_PROXY = True  # type: ignore[attr-defined]
    assert remote.address_of(request) == "192.0.2.7"
    mapped = rf.get("/", headers={"X-Forwarded-For": "::ffff:192.0.2.7"})  # type: ignore[attr-defined]
    assert remote.network_of(mapped) == "192.0.2.7"
    settings.BEHIND_PROXY = False  # type: ignore[attr-defined]
    assert remote.address_of(request) == "127.0.0.1"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("unknown", None),
    ],
)
def test_an_address_may_have_a_port(said: str, address: str | None, settings: object, rf: object) -> None:
    """Were it none, a stranger's failures would lock a name for everybody."""
    settings.BEHIND_PROXY = True  # type: ignore[attr-defined]
    request = rf.get("/", headers={"X-Forwarded-For": f"198.51.100.1, {said}"})  # type: ignore[attr-defined]
    assert remote.address_of(request) == address


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example"),
        *("https://evil.example/", "javascript:alert(1)", "/login/", "\t//evil.example", "/\t/evil.example"),
    ],
)
def test_nobody_is_led_elsewhere(elsewhere: str, ada: User, client: Client) -> None:
    assert sign_in(client, next=elsewhere)["Location"] == "/"
    assert client.get("/login/", {"next": elsewhere})["Location"] == "/"


def test_the_key_of_the_session_changes(ada: User) -> None:
    """Whoever planted a session in a browser is not signed in with it."""
    with_password("viewer", "mallory")
    attacker, victim = Client(), Client()
    sign_in(attacker, "mallory")
    planted = attacker.cookies["sessionid"].value
    attacker.post("/logout/")
    victim.cookies["sessionid"] = planted
    sign_in(victim)
    assert is_in(victim)
    assert victim.cookies["sessionid"].value != planted
    assert not Session.objects.filter(pk=planted).exists()


def test_it_lasts_as_long_as_is_set(ada: User, client: Client, settings: object) -> None:
    settings.SESSION_COOKIE_AGE = 3600  # type: ignore[attr-defined]
    now = timezone.now()
    sign_in(client)
    assert is_in(client)
    with time_machine.travel(now + dt.timedelta(minutes=61)):
        assert not is_in(client)


def test_whoever_makes_names_up_fills_no_log(ada: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may empty it."""
    monkeypatch.setattr(allowances, "_PER_SECOND", 0.0)
    for number in range(30):
        sign_in(client, f"nobody-{number}", "x")
    assert 0 < AuditRow.objects.filter(act="session.refused").count() < 30
    sign_in(client, password="wrong")
    assert AuditRow.objects.filter(act="session.refused", subject="ada").count() == 1


def test_a_form_without_a_password_is_no_failure(ada: User, client: Client) -> None:
    """Nothing counts it, so a stranger could fill the log with it for nothing."""
    assert [sign_in(client, password="").status_code for _ in range(LIMIT + 1)] == [200] * (LIMIT + 1)
    assert not AuditRow.objects.exists()
    assert sign_in(client).status_code == 302


@pytest.mark.parametrize("name", [" ada ", "\uff41da"])
def test_a_failure_is_noted_of_whom_it_was_tried_on_however_the_name_is_written(
    name: str, ada: User, client: Client
) -> None:
    assert sign_in(client, name, "wrong").status_code == 200
    assert AuditRow.objects.get().subject == "ada"


def test_it_is_noted(ada: User, client: Client) -> None:
    fail(client, LIMIT + 2)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)):
        sign_in(client, "nobody-has-this-name", "x")
        sign_in(client)
        client.post("/logout/")
    noted = list(AuditRow.objects.order_by("pk").values_list("act", "subject"))
    assert noted == [
        *[("session.refused", "ada")] * LIMIT,
        ("session.locked_out", "ada"),
        ("session.refused", "somebody unknown"),
        ("session.opened", "ada"),
        ("session.ended", "ada"),
    ]
