"""Client credentials: tokens for a quarter of an hour."""

import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from devops_sync import tokens
from devops_sync.models import Site, Token
from tests.gateway.conftest import GATEWAY
from tests.payloads import bulk, deployment


@pytest.fixture
def credentials(site: Site) -> dict[str, str]:
    token, secret, _ = tokens.create("ci", site, ["read", "write"], timezone.now())
    return {
        "audience": "api.atlassian.com",
        "grant_type": "client_credentials",
        "client_id": token.client_id,
        "client_secret": secret,
    }


def ask(client: Client, body: Any) -> Any:
    return client.post("/oauth/token", json.dumps(body), content_type="application/json")


def send(client: Client, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    return client.post(
        f"{GATEWAY}/bulk", bulk(deployment()), content_type="application/json", headers=headers
    ).status_code


def test_a_token_lasts_a_quarter_of_an_hour(client: Client, credentials: dict[str, str]) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        answer = ask(client, credentials).json()
        assert (answer["expires_in"], answer["token_type"]) == (900, "Bearer")
        clock.shift(899)
        assert send(client, answer["access_token"]) == 202
        clock.shift(2)
        assert send(client, answer["access_token"]) == 401


def test_a_token_given_out_dies_with_the_one_it_came_from(client: Client, credentials: dict[str, str]) -> None:
    bearer = ask(client, credentials).json()["access_token"]
    Token.objects.update(revoked_at=timezone.now() - dt.timedelta(seconds=1))
    assert send(client, bearer) == 401
    assert ask(client, credentials).status_code == 401


@pytest.mark.parametrize(
    "change", [{"client_secret": "wrong"}, {"client_id": "nobody"}, {"client_id": "\0"}, {"client_secret": None}]
)
def test_a_wrong_credential_gets_401(client: Client, credentials: dict[str, str], change: dict[str, Any]) -> None:
    answer = ask(client, {**credentials, **change})
    assert (answer.status_code, answer.json()["error"]) == (401, "access_denied")


@pytest.mark.parametrize("body", [None, [], 1, {"grant_type": "password"}, {}])
def test_another_grant_gets_400(client: Client, site: Site, body: Any) -> None:
    answer = ask(client, body)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_form_is_taken_too(client: Client, credentials: dict[str, str]) -> None:
    assert client.post("/oauth/token", credentials).status_code == 400  # multipart is neither JSON nor a form
    form = "&".join(f"{name}={value}" for name, value in credentials.items())
    answer = client.post("/oauth/token", form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


def test_the_secrets_are_not_in_the_database(client: Client, credentials: dict[str, str], site: Site) -> None:
    token = Token.objects.get()
    assert credentials["client_secret"].encode() not in bytes(token.secret_hash)
    assert b"a secret of the site" not in bytes(site.sealed_secret)
    assert site.secret == "a secret of the site"
