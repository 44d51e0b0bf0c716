"""Signing in as a Connect app, and what a credential may do."""

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from devops_sync.sandbox import connect, store
from devops_sync.sandbox.messages import Request
from tests.sandbox.samples import WHERE, build, builds, bulk, deployment, devinfo, repository
from tests.sandbox_process import Sandbox, start_sandbox
from tests.sandbox_signing import Signed, qsh


def read(sandbox: Sandbox, path: str = WHERE, **claims: Any) -> requests.Response:
    """Read a deployment that is not there with such a token: 404 when it holds, 401 when not."""
    key, secret = sandbox.connect_app()
    signed = Signed(key, claims.pop("secret", secret), claims.pop("algorithm", "HS256"), **claims)
    return requests.get(sandbox.site("deployments") + path, auth=signed)


@pytest.mark.parametrize(
    ("method", "target", "wanted"),
    [
        # Atlassian's own examples of a canonical request.
        ("GET", "/?param=foo", "GET&/&param=foo"),
        ("POST", "/user", "POST&/user&"),
        ("get", "/", "GET&/&"),
        ("GET", "/path/", "GET&/path&"),
        ("GET", "/rest/project&a=b?x=y", "GET&/rest/project%26a=b&x=y"),
        (
            "GET",
            "/path/to/service?zee_last=param&repeated=parameter 1&first=param&repeated=parameter 2",
            "GET&/path/to/service&first=param&repeated=parameter%201,parameter%202&zee_last=param",
        ),
        ("GET", "/p?jwt=abc&a=*&b=x%2By&c=~&d=a+b&e=%c3%bc&f", "GET&/p&a=%2A&b=x%2By&c=~&d=a%20b&e=%C3%BC&f="),
        ("GET", "/p?ids=%2C%2F&ids=%21", "GET&/p&ids=%21,%2C%2F"),
    ],
)
def test_the_canonical_request(method: str, target: str, wanted: str) -> None:
    asked = Request(method, target, {})
    assert connect.canonical(asked) == wanted
    assert connect.query_string_hash(asked) == hashlib.sha256(wanted.encode()).hexdigest()


def test_an_app_submits_reads_and_deletes_on_the_site(sandbox: Sandbox) -> None:
    app, base = sandbox.connect_client(), sandbox.site("deployments")
    assert app.post(f"{base}/bulk", json=bulk(deployment(), properties={"a b": "1/2"})).status_code == 202
    assert app.get(base + WHERE).status_code == 200
    assert (len(sandbox.held(sandbox.connect_app()[0])), sandbox.held()) == (1, {})
    answer = app.delete(f"{base}/bulkByProperties", params={"a b": "1/2", "_updateSequenceNumber": "5"})
    assert (answer.status_code, sandbox.held(sandbox.connect_app()[0])) == (202, {})


@pytest.mark.parametrize("api", ["builds", "devinfo"])
def test_an_app_reaches_every_api(sandbox: Sandbox, api: str) -> None:
    body = builds(build()) if api == "builds" else devinfo(repository())
    assert sandbox.connect_client().post(f"{sandbox.site(api)}/bulk", json=body).status_code == 202


@pytest.mark.parametrize(
    "claims",
    [
        {"secret": "another"},
        {"algorithm": "none"},
        {"algorithm": "HS512"},
        {"iss": "nobody"},
        {"iss": None},
        {"iss": 5},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 10**11},
        {"iat": None},
        {"qsh": None},
        {"qsh": "context-qsh"},
        {"qsh": "\u00fc"},
        {"qsh": qsh("POST", f"http://x/rest/deployments/0.1{WHERE}")},
        {"qsh": qsh("GET", "http://x/rest/deployments/0.1/other")},
        {"qsh": qsh("GET", f"http://x/rest/deployments/0.1{WHERE}?a=1")},
    ],
)
def test_a_token_that_does_not_hold_is_refused(sandbox: Sandbox, claims: dict[str, Any]) -> None:
    assert read(sandbox).status_code == 404, "the usual one holds"
    answer = read(sandbox, **claims)
    assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})


def test_a_token_is_good_for_its_own_query_only(sandbox: Sandbox) -> None:
    assert read(sandbox, f"{WHERE}?b=2&a=1").status_code == 404
    signed_for = f"http://x/rest/deployments/0.1{WHERE}?a=1"
    assert read(sandbox, f"{WHERE}?a=2", qsh=qsh("GET", signed_for)).status_code == 401


def test_a_token_holds_until_it_expires(sandbox: Sandbox) -> None:
    now = int(time.time())
    assert read(sandbox, iat=now + 20, exp=now + 100).status_code == 404
    assert read(sandbox, iat=now - 100, exp=now).status_code == 401


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "...", "e30.e30.e30", "\u00e9.\u00e9.\u00e9", "W10.W10.W10"]
)
def test_garbage_is_refused(sandbox: Sandbox, token: str) -> None:
    headers = {"Authorization": f"JWT {token}".encode()}
    assert requests.get(sandbox.site("deployments") + WHERE, headers=headers).status_code == 401


def test_apps_do_not_pass_the_gateway_and_clients_do_not_sign(sandbox: Sandbox) -> None:
    assert sandbox.connect_client().get(sandbox.gateway + WHERE).status_code == 401
    signed = Signed(sandbox.client_id, sandbox.client_secret)
    assert requests.get(sandbox.site("deployments") + WHERE, auth=signed).status_code == 401
    key, secret = sandbox.connect_app()
    asked = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    assert requests.post(f"{sandbox.url}/oauth/token", json=asked).status_code == 401


def test_the_app_is_made_once_and_kept(tmp_path: Path) -> None:
    made = store.connect_app(tmp_path)
    started = start_sandbox(tmp_path, connect=(("own-app", "own-secret"),))
    assert started.connect_app() == (made.client_id, made.secret)
    assert made.secret not in repr(made)
    where = started.site("deployments") + WHERE
    assert requests.get(where, auth=Signed("own-app", "own-secret")).status_code == 404
    started.stop()


APIS = {"deployments": bulk(deployment()), "builds": builds(build()), "devinfo": devinfo(repository())}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("method", "scope"), [("POST", "WRITE"), ("GET", "READ"), ("DELETE", "DELETE")])
def test_a_credential_may_do_what_it_is_permitted(sandbox: Sandbox, api: str, method: str, scope: str) -> None:
    path = {"POST": "/bulk", "DELETE": "/bulkByProperties?a=1"}.get(method, "/nothing/here")
    client = sandbox.client()

    def status(*permissions: str) -> int:
        sandbox.permit(*permissions)
        return client.request(method, sandbox.base(api) + path, json=APIS[api]).status_code

    may = 404 if method == "GET" else 202
    assert status(api, scope) == may
    assert status(api, *({"READ", "WRITE", "DELETE"} - {scope})) == 403
    assert status(*(set(APIS) - {api}), scope) == 403
    assert status() == 403


def test_the_refusal_says_what_is_missing(sandbox: Sandbox) -> None:
    sandbox.permit("builds", "READ")
    answer = sandbox.client().post(f"{sandbox.base('builds')}/bulk", json=builds(build()))
    assert answer.json()["code"] == 403
    assert "jiraBuildInfoProvider" in answer.json()["message"]
    assert "'WRITE' scope" in answer.json()["message"]


def test_permissions_are_each_credentials_own_and_are_told_with_the_token(sandbox: Sandbox) -> None:
    key, _secret = sandbox.connect_app()
    sandbox.permit("deployments", "READ", client_id=key)
    assert sandbox.connect_client().post(f"{sandbox.site('builds')}/bulk", json=builds(build())).status_code == 403
    assert sandbox.client().post(f"{sandbox.base('builds')}/bulk", json=builds(build())).status_code == 202
    sandbox.permit("deployments", "devinfo", "READ", "DELETE")
    asked = {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    assert requests.post(f"{sandbox.url}/oauth/token", json=asked).json()["scope"].split() == [
        "read:deployment-info:jira",
        "delete:deployment-info:jira",
        "read:dev-info:jira",
        "delete:dev-info:jira",
    ]


@pytest.mark.parametrize("body", [{"permissions": ["read"]}, {"permissions": [], "credential": "nobody"}, {}, []])
def test_a_wrong_permission_is_refused(sandbox: Sandbox, body: Any) -> None:
    assert requests.post(f"{sandbox.url}/_sandbox/permissions", json=body).status_code == 400
