"""How a Connect app's requests are signed."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import time_machine

from devops_sync.jira import client as jira
from devops_sync.jira.signing import canonical, query_string_hash
from tests import sandbox_signing
from tests.sandbox_process import Sandbox

SITE = "https://retail.example"
SECRET = "a shared secret of more than thirty-two bytes"
KEY = ("group/project", "prod&eu", 7)
READS: dict[str, Callable[[jira.Client], jira.Request]] = {
    "deployment": lambda client: client.reading("deployments", "deployment", ("group/project", "prod eu & us", 7)),
    "gate": lambda client: client.gate(KEY),
    "build": lambda client: client.reading("builds", "build", ("a,b;c=d+é~*'", 3)),
    "repository": lambda client: client.reading("devinfo", "repository", ("päth/~hex",)),
}
SWEEPS: dict[str, dict[str, str]] = {
    "one": {"team": "checkout"},
    "sorted by their encoded names": {"b": "2", "a b": "1", "ä": "3", "A": "4"},
    "hostile": {"a&b": "c=d", "plus": "1+1 %2B", "tilde": "~*'()"},
}


def app(secret: str = SECRET, key: str = "waybill", url: str = SITE, *, allow_private: bool = False) -> jira.Client:
    return jira.Client(jira.Credential(url, url, "c", key, secret, is_app=True), allow_private=allow_private)


@pytest.mark.parametrize(
    ("method", "url", "base", "expected"),
    [
        ("get", f"{SITE}/rest/builds/0.1/bulk", SITE, "GET&/rest/builds/0.1/bulk&"),
        ("POST", f"{SITE}/jira/rest/x/", f"{SITE}/jira", "POST&/rest/x&"),
        ("GET", f"{SITE}/a%2Fb/c&d", SITE, "GET&/a%2Fb/c%26d&"),
        ("GET", SITE, SITE, "GET&/&"),
        ("GET", f"{SITE}/x?b=2&a=1&jwt=token", SITE, "GET&/x&a=1&b=2"),
        ("GET", f"{SITE}/x?a=2&a=10&a=", SITE, "GET&/x&a=,10,2"),
        ("GET", f"{SITE}/x?a+b=c%20d&e=%7E*", SITE, "GET&/x&a%20b=c%20d&e=~%2A"),
    ],
)
def test_a_request_is_hashed_in_its_canonical_form(method: str, url: str, base: str, expected: str) -> None:
    assert canonical(method, url, base) == expected


@pytest.mark.parametrize("request_of", READS.values(), ids=READS)
def test_the_hash_of_a_path_is_as_somebody_else_works_it_out(request_of: Callable[[jira.Client], jira.Request]) -> None:
    request = request_of(app())
    assert query_string_hash(request.method, request.url, SITE) == sandbox_signing.qsh(request.method, request.url)


@pytest.mark.parametrize("pairs", SWEEPS.values(), ids=SWEEPS)
def test_the_hash_of_a_query_is_as_somebody_else_works_it_out(pairs: dict[str, str]) -> None:
    request = app().sweep("devinfo", pairs, until=5)
    assert query_string_hash(request.method, request.url, SITE) == sandbox_signing.qsh(request.method, request.url)


def test_a_token_is_for_one_request_and_three_minutes() -> None:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        client = app()
        request = client.gate(KEY)
        claims: dict[str, Any] = jwt.decode(client.authorize(request).token, SECRET, ["HS256"])
    assert claims == {
        "iss": "waybill",
        "iat": 1795262400,
        "exp": 1795262400 + 180,
        "qsh": query_string_hash("GET", request.url, SITE),
    }


def test_a_connect_app_uses_the_sites_own_paths_and_versions() -> None:
    client = app()
    assert [client.submission(api, b"").url for api in ("deployments", "builds", "devinfo")] == [
        f"{SITE}/rest/deployments/0.1/bulk",
        f"{SITE}/rest/builds/0.1/bulk",
        f"{SITE}/rest/devinfo/0.10/bulk",
    ]


@pytest.mark.parametrize("request_of", READS.values(), ids=READS)
def test_jira_takes_the_signature_of_every_read(
    sandbox: Sandbox, request_of: Callable[[jira.Client], jira.Request]
) -> None:
    client = signed_in(sandbox)
    assert client.ask(request_of(client)).status == 404


@pytest.mark.parametrize("pairs", SWEEPS.values(), ids=SWEEPS)
def test_jira_takes_the_signature_of_a_query(sandbox: Sandbox, pairs: dict[str, str]) -> None:
    client = signed_in(sandbox)
    assert client.ask(client.sweep("builds", pairs)).status == 202


@pytest.mark.parametrize("seconds", [-240, 120])
def test_a_clock_that_is_wrong_is_refused_and_not_asked_again(sandbox: Sandbox, seconds: int) -> None:
    client = signed_in(sandbox)
    request = client.gate(KEY)
    with time_machine.travel(time.time() + seconds, tick=False):
        late_or_early = client.authorize(request)
    assert client.send(request, late_or_early).status == 401
    assert not late_or_early.can_be_renewed


def test_a_signature_holds_for_no_other_request(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    signed = client.authorize(client.gate(KEY))
    assert client.send(client.reading("builds", "build", ("x", 1)), signed).status == 401


@pytest.mark.parametrize("wrong", ["key", "secret"])
def test_a_wrong_key_or_secret_is_refused_once(sandbox: Sandbox, wrong: str) -> None:
    key, secret = sandbox.connect_app()
    mine = {"key": key, "secret": secret} | {wrong: SECRET}
    client = app(**mine, url=sandbox.url, allow_private=True)
    assert client.ask(client.gate(KEY)).status == 401
    assert len(sandbox.requests()) == 1


@pytest.mark.parametrize("secret", ["ssh-rsa planted", "-----BEGIN PUBLIC KEY-----\nplanted\n-----END PUBLIC KEY-----"])
def test_a_public_key_in_place_of_the_secret_is_refused(secret: str) -> None:
    client = app(secret)
    with pytest.raises(jira.Denied, match="a public key or a certificate") as refusal:
        client.ask(client.gate(KEY))
    assert "planted" not in str(refusal.value)


def test_neither_secret_nor_token_is_in_any_repr() -> None:
    client = app("planted-secret-of-more-than-thirty-two-bytes")
    authorization = client.authorize(client.gate(KEY))
    said = repr([client.__dict__, vars(client._sign_in), authorization, authorization.on_record])
    assert "planted-secret" not in said
    assert authorization.token not in said
    assert authorization.on_record == "JWT struck out"


def signed_in(sandbox: Sandbox) -> jira.Client:
    key, secret = sandbox.connect_app()
    return app(secret, key, sandbox.url, allow_private=True)
