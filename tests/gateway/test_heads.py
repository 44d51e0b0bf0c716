"""The head of a request is kept with its submission, and nothing in it lets anybody in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, override_settings

from devops_sync.gateway import heads
from devops_sync.models import Site, Submission
from tests.gateway.conftest import GATEWAY
from tests.payloads import bulk, deployment

Post = Callable[..., Any]
SECRETS = {
    "Authorization": "Bearer wbt_0123456789abcdef",
    "Proxy-Authorization": "Basic dXNlcjpwYXNz",
    "Cookie": "sessionid=deadbeef",
    "X-Api-Key": "0123456789",
    "X-Gitlab-Token": "glpat-0123456789abc",
    "X-Amz-Security-Token": "FwoGZXIvYXdzE",
    "X-Hub-Signature-256": "sha256=0123",
    "X-Forwarded-Access-Token": "0123",
    "X-Csrftoken": "0123",
    "X-Anything": "Bearer 0123456789",
    "X-Trace": "for eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
    "X-Url": "https://joe:0123@ci.example/job",
    "X-Note": "ghp_0123456789abcdef",
}


def kept() -> dict[str, Any]:
    found: dict[str, Any] = Submission.objects.get().head
    return found


def test_the_line_and_the_headers_are_kept(post: Post) -> None:
    post(bulk(deployment()), f"{GATEWAY}/bulk?a=b%20c", **{"User-Agent": "ci/1.0", "Idempotency-Key": "k-1"})
    head = kept()
    assert head["line"] == f"POST {GATEWAY}/bulk?a=b%20c HTTP/1.1"
    assert head["headers"]["Content-Type"] == "application/json"
    assert (head["headers"]["User-Agent"], head["headers"]["Idempotency-Key"]) == ("ci/1.0", "k-1")
    assert "left_out" not in head


def test_the_bearer_token_is_struck_out(post: Post, bearer: str) -> None:
    post(bulk(deployment()))
    assert kept()["headers"]["Authorization"] == "Bearer struck out"
    assert bearer not in json.dumps(kept())


@pytest.mark.parametrize("name", SECRETS)
def test_what_looks_like_a_credential_is_struck_out(name: str) -> None:
    struck = heads.value_of(name, SECRETS[name])
    assert heads.STRUCK_OUT in struck
    for secret in ("0123", "dXNl", "deadbeef", "FwoG", "eyJ", "joe", "c2ln"):
        assert secret not in struck


@pytest.mark.parametrize("value", ["ci/1.0 (Linux)", "application/json", "SHOP-1 basically done", "gzip, deflate, br"])
def test_what_is_no_credential_stays(value: str) -> None:
    assert heads.value_of("X-Anything", value) == value


def test_a_token_in_the_address_is_struck_out(post: Post) -> None:
    post(bulk(deployment()), f"{GATEWAY}/bulk?jwt=eyJhbGciOiJIUzI1NiJ9.e30.x&page=2&access_token=abc")
    assert kept()["line"] == f"POST {GATEWAY}/bulk?jwt=struck-out&page=2&access_token=struck-out HTTP/1.1"


def test_a_head_is_bounded(post: Post) -> None:
    post(bulk(deployment()), **{f"X-Many-{number}": "v" * 50 for number in range(300)})
    head = kept()
    assert len(head["headers"]) <= heads.MOST_HEADERS
    assert head["left_out"] >= 300 - heads.MOST_HEADERS
    assert len(json.dumps(head["headers"])) < heads.MOST_CHARACTERS * 2


def test_a_long_value_is_cut(post: Post) -> None:
    post(bulk(deployment()), **{"X-Long": "v" * 5000})
    assert kept()["headers"]["X-Long"].endswith("… (5,000 characters)")


def test_a_request_that_is_refused_keeps_its_head_too(post: Post, client: Client) -> None:
    post(b"{", **{"X-Job": "7"})
    assert kept()["headers"]["X-Job"] == "7"
    Submission.objects.all().delete()
    with override_settings(LARGEST_BODY=10):
        post(bulk(deployment()), **{"X-Job": "8"})
    assert kept()["headers"]["X-Job"] == "8"


def test_the_request_of_a_stranger_keeps_its_head_without_the_token(site: Site, post: Post) -> None:
    assert post(bulk(deployment()), token="wbt_guessed0123456789", **{"X-Job": "9"}).status_code == 401
    assert kept()["headers"]["X-Job"] == "9"
    assert "guessed" not in json.dumps(kept())


def test_null_characters_can_be_kept(post: Post) -> None:
    post(bulk(deployment()), **{"X-Odd": "a\0b"})
    assert kept()["headers"]["X-Odd"] == "a�b"
