"""What is taken of a token before, during and after its rotation, and once it is revoked."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync import prepared, tokens
from devops_sync.gateway import senders
from devops_sync.models import Site, Submission, Token
from devops_sync.wrong import Unusable, Wrong
from tests.gateway.conftest import GATEWAY, make_site
from tests.payloads import bulk, deployment

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


@dataclass
class Sender:
    """A client with one pair of secrets."""

    client: Client
    client_id: str
    secret: str
    bearer: str

    def send(self, bearer: str = "") -> int:
        headers = {"Authorization": f"Bearer {bearer or self.bearer}"}
        body = bulk(deployment())
        answer = self.client.post(f"{GATEWAY}/bulk", body, content_type="application/json", headers=headers)
        return answer.status_code

    def sign_in(self) -> dict[str, Any]:
        body = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret}
        answer = self.client.post("/oauth/token", json.dumps(body), content_type="application/json")
        return {"status": answer.status_code, **answer.json()}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


@pytest.fixture
def site(clock: Any) -> Site:
    return make_site()


@pytest.fixture
def old(site: Site, client: Client) -> Sender:
    token, secret, bearer = tokens.create("ci", site, ["read", "write"], NOW)
    return Sender(client, token.client_id, secret, bearer)


def rotated(old: Sender, overlap: dt.timedelta) -> Sender:
    secret, bearer = tokens.rotate(Token.objects.get(), overlap, timezone.now())
    return Sender(old.client, old.client_id, secret, bearer)


def test_old_and_new_are_taken_side_by_side_until_the_overlap_ends(old: Sender, clock: Any) -> None:
    new = rotated(old, 24 * HOUR)
    clock.shift(24 * 3600 - 1)
    assert [old.send(), new.send(), old.sign_in()["status"], new.sign_in()["status"]] == [202, 202, 200, 200]
    clock.shift(1)
    assert [old.send(), new.send(), old.sign_in()["status"], new.sign_in()["status"]] == [401, 202, 401, 200]


def test_without_an_overlap_the_old_ones_end_at_once(old: Sender) -> None:
    given_out = old.sign_in()["access_token"]
    new = rotated(old, 0 * HOUR)
    assert [old.send(), old.send(given_out), old.sign_in()["status"]] == [401, 401, 401]
    assert [new.send(), new.send(new.sign_in()["access_token"])] == [202, 202]


def test_what_the_old_secret_gave_out_dies_with_it(old: Sender, clock: Any) -> None:
    new = rotated(old, HOUR)
    clock.shift(3600 - 60)
    given_out, fresh = old.sign_in(), new.sign_in()
    assert (given_out["expires_in"], fresh["expires_in"]) == (60, 900)
    clock.shift(59)
    assert old.send(given_out["access_token"]) == 202
    clock.shift(1)
    assert [old.send(given_out["access_token"]), new.send(fresh["access_token"])] == [401, 202]


def test_an_access_token_lasts_no_longer_than_its_token(site: Site, client: Client) -> None:
    token, secret, bearer = tokens.create("short", site, ["write"], NOW, NOW + dt.timedelta(seconds=90))
    assert Sender(client, token.client_id, secret, bearer).sign_in()["expires_in"] == 90


def test_a_second_rotation_ends_the_first_overlap(old: Sender) -> None:
    second = rotated(old, 24 * HOUR)
    third = rotated(old, 24 * HOUR)
    assert [old.send(), second.send(), third.send()] == [401, 202, 202]


def test_what_was_revoked_is_refused_at_once_with_all_that_it_gave_out(old: Sender) -> None:
    new = rotated(old, 24 * HOUR)
    given_out = [old.sign_in()["access_token"], new.sign_in()["access_token"]]
    tokens.revoke(Token.objects.get(), timezone.now())
    assert [old.send(bearer) for bearer in (old.bearer, new.bearer, *given_out)] == [401] * 4
    assert [old.sign_in()["status"], new.sign_in()["status"]] == [401, 401]


def test_a_refusal_is_on_record_with_the_token_that_it_was(old: Sender) -> None:
    rotated(old, 0 * HOUR)
    old.send()
    refused = Submission.objects.get()
    assert (refused.status, refused.token) == (401, Token.objects.get())
    assert refused.refusal == "The token was rotated: this one is not taken any more."


def test_only_hashes_are_kept(old: Sender) -> None:
    new = rotated(old, 24 * HOUR)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token::text FROM token")
        (row,) = cursor.fetchone()
    assert not [text for one in (old, new) for text in (one.secret, one.bearer) if text in row or text[4:] in row]


def test_the_last_use_has_its_address_and_tells_the_old_secrets_apart(old: Sender, clock: Any) -> None:
    new = rotated(old, 24 * HOUR)
    new.send()
    token = Token.objects.get()
    assert (token.last_used_at, token.last_used_from, token.former_used_at) == (NOW, "127.0.0.1", None)
    clock.shift(61)
    old.send()
    assert Token.objects.get().former_used_at == NOW + dt.timedelta(seconds=61)


def test_its_use_is_noted_once_a_minute_at_most(old: Sender, clock: Any) -> None:
    old.send()
    clock.shift(59)
    with CaptureQueriesContext(connection) as asked:
        old.send()
    assert not [one["sql"] for one in asked if 'UPDATE "token"' in one["sql"]]


def test_a_sender_is_found_by_one_prepared_statement(old: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    rotated_away = old.bearer
    new = rotated(old, 24 * HOUR)
    run: list[str] = []
    monkeypatch.setattr(
        "devops_sync.models.token.prepared.run", lambda *given: (run.append(given[0]), prepared_run(*given))[1]
    )
    new.send()
    assert len([one for one in run if "FROM token" in one]) == 1
    run.clear()
    old.send(rotated_away)
    assert len([one for one in run if "FROM token" in one]) == 2


prepared_run = prepared.run


@pytest.mark.parametrize("signed", [7, "x", [1], ["1", 2, 3]])
def test_what_was_signed_before_generations_is_not_known(old: Sender, signed: Any) -> None:
    assert old.send(signing.dumps(signed, salt="waybill.access-token")) == 401
    assert old.send(signing.dumps(signed, salt=senders._SALT) + "x") == 401


def test_a_token_that_ended_cannot_be_rotated(old: Sender, clock: Any) -> None:
    token = Token.objects.get()
    tokens.limit(token, NOW + HOUR, None, NOW)
    clock.shift(3600)
    with pytest.raises(Wrong, match="has expired"):
        tokens.rotate(token, HOUR, timezone.now())
    tokens.revoke(token, timezone.now())
    with pytest.raises(Wrong, match="was revoked"):
        tokens.rotate(token, HOUR, timezone.now())


@pytest.mark.parametrize("overlap", [-HOUR, 31 * 24 * HOUR])
def test_an_overlap_has_its_bounds(old: Sender, overlap: dt.timedelta) -> None:
    with pytest.raises(Unusable, match="0 to 720 hours"):
        tokens.rotate(Token.objects.get(), overlap, NOW)


def test_a_form_sent_twice_rotates_once(old: Sender) -> None:
    token = Token.objects.get()
    tokens.rotate(token, HOUR, NOW, generation=1)
    with pytest.raises(Wrong, match="rotated meanwhile"):
        tokens.rotate(token, HOUR, NOW, generation=1)
    assert Token.objects.get().generation == 2


def test_states_in_the_life_of_a_token(old: Sender) -> None:
    token = Token.objects.get()
    assert token.state(NOW) == "alive"
    token.expires_at = NOW + dt.timedelta(days=14)
    assert (token.state(NOW), token.state(NOW - HOUR), token.state(NOW + 24 * 14 * HOUR)) == (
        "expires_soon",
        "alive",
        "expired",
    )
    token.former_until = NOW + HOUR
    assert token.state(NOW) == "rotating"
    token.revoked_at = NOW
    assert token.state(NOW) == "revoked"
