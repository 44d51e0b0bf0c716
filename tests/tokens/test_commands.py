"""`create_token --rate`, `rotate_token` and `revoke_token`."""

import json

import pytest
from django.utils import timezone

from devops_sync import tokens
from devops_sync.models import Token
from tests.gateway.conftest import make_site
from tests.test_setting_up import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> Token:
    return tokens.create("ci", make_site(), ["write"], timezone.now())[0]


def test_a_token_can_be_made_with_a_limit(token: Token) -> None:
    assert run("create_token", "slow", "--site", "retail", "--rate", "60")[0] == 0
    assert Token.objects.get(name="slow").rate_limit == 60
    code, said = run("create_token", "none", "--site", "retail", "--rate", "0")
    assert (code, "from 1 to" in said) == (2, True)


def test_rotating_prints_new_secrets_once_and_says_until_when_the_old_ones_go_on(token: Token) -> None:
    code, said = run("rotate_token", "ci", "--site", "retail", "--overlap", "2h", "--json")
    made = json.loads(said)
    token.refresh_from_db()
    assert (code, token.generation, made["client_id"]) == (0, 2, token.client_id)
    assert token.generation_of(made["client_secret"], timezone.now()) == 2
    assert token.former_until is not None
    assert made["old_until"] == token.former_until.isoformat(timespec="seconds")


def test_the_old_ones_can_end_at_once(token: Token) -> None:
    code, said = run("rotate_token", "ci", "--site", "retail", "--overlap", "0h")
    assert (code, "not taken any more" in said) == (0, True)
    token.refresh_from_db()
    assert not token.overlaps(timezone.now())


def test_revoking_says_so_once(token: Token) -> None:
    assert run("revoke_token", "ci", "--site", "retail")[0] == 0
    assert run("revoke_token", "ci", "--site", "retail")[0] == 1
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["rotate_token", "nobody", "--site", "retail"], 1),
        (["rotate_token", "ci", "--site", "nowhere"], 1),
        (["rotate_token", "ci", "--site", "retail", "--overlap", "soon"], 2),
        (["rotate_token", "ci", "--site", "retail", "--overlap", "99d"], 2),
        (["revoke_token", "nobody", "--site", "retail"], 1),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(token: Token, arguments: list[str], code: int) -> None:
    found, said = run(*arguments)
    assert (found, said.count("\n")) == (code, 1)
