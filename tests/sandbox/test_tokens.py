"""Signing in: client credentials, tokens that run out, and whose data is whose."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from devops_sync.sandbox import store
from tests.sandbox.samples import WHERE, bulk, deployment
from tests.sandbox_process import Sandbox, start_sandbox


def ask(sandbox: Sandbox, **changes: Any) -> requests.Response:
    asked = {
        "audience": "api.atlassian.com",
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    body = {name: value for name, value in {**asked, **changes}.items() if value is not None}
    return requests.post(f"{sandbox.url}/oauth/token", json=body)


def read(sandbox: Sandbox, authorization: str) -> requests.Response:
    return requests.get(sandbox.gateway + WHERE, headers={"Authorization": authorization})


def test_the_cloud_id_is_public_and_lasting(sandbox: Sandbox, tmp_path: Path) -> None:
    assert requests.get(f"{sandbox.url}/_edge/tenant_info").json() == {"cloudId": sandbox.cloud_id}
    sandbox.stop()
    again = start_sandbox(sandbox.folder)
    assert (again.cloud_id, again.client_id) == (sandbox.cloud_id, sandbox.client_id)
    again.stop()


def test_a_token_lasts_fifteen_minutes(sandbox: Sandbox) -> None:
    answer = ask(sandbox)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["expires_in"], told["token_type"], bool(told["scope"])) == (900, "Bearer", True)
    assert read(sandbox, f"Bearer {told['access_token']}").status_code == 404


def test_the_audience_does_not_matter(sandbox: Sandbox) -> None:
    assert ask(sandbox, audience=None).status_code == 200


def test_a_form_is_taken_too(sandbox: Sandbox) -> None:
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    assert requests.post(f"{sandbox.url}/oauth/token", data=form).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied"),
        ({"client_id": "nobody"}, 401, "access_denied"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": 5}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_gets_an_oauth_error(
    sandbox: Sandbox, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = ask(sandbox, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_body_that_is_not_json_gets_an_oauth_error(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.url}/oauth/token", data=b"\xff{")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "Bearer x.y", "Bearer .", "Bearer \u00e9.\u00e9", "Basic eDp5", "JWT x"]
)
def test_without_a_token_nothing_is_told(sandbox: Sandbox, authorization: str) -> None:
    answer = requests.get(sandbox.gateway + WHERE, headers={"Authorization": authorization.encode()})
    assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})


def test_a_token_that_was_tampered_with_is_void(sandbox: Sandbox) -> None:
    claims, _, signature = sandbox.token().partition(".")
    assert read(sandbox, f"Bearer {claims}.{signature[::-1]}").status_code == 401


def test_a_token_runs_out(sandbox: Sandbox) -> None:
    sandbox.settings(token_life=0)
    assert read(sandbox, f"Bearer {sandbox.token()}").status_code == 401
    sandbox.settings(token_life=60)
    assert read(sandbox, f"Bearer {sandbox.token()}").status_code == 404


def test_revoked_tokens_are_void_and_new_ones_are_not(sandbox: Sandbox) -> None:
    before = sandbox.token()
    sandbox.revoke_tokens()
    assert read(sandbox, f"Bearer {before}").status_code == 401
    assert read(sandbox, f"Bearer {sandbox.token()}").status_code == 404


def test_a_token_outlives_a_restart(sandbox: Sandbox) -> None:
    token = sandbox.token()
    sandbox.stop()
    again = start_sandbox(sandbox.folder)
    assert read(again, f"Bearer {token}").status_code == 404
    again.stop()


def test_another_sites_cloud_id_leads_nowhere(sandbox: Sandbox) -> None:
    elsewhere = sandbox.gateway.replace(sandbox.cloud_id, "11111111-2222-3333-4444-555555555555")
    assert sandbox.client().post(f"{elsewhere}/bulk", json=bulk(deployment())).status_code == 404
    assert sandbox.held() == {}


def test_the_credential_can_be_read_before_the_first_start(tmp_path: Path) -> None:
    made = store.credential(tmp_path / "sandbox")
    started = start_sandbox(tmp_path / "sandbox")
    assert (started.client_id, started.client_secret, started.cloud_id) == (made.client_id, made.secret, made.cloud_id)
    assert (tmp_path / "sandbox" / store.FILE).stat().st_mode & 0o077 == 0
    assert made.secret not in repr(made)
    started.stop()


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Sandbox]:
    """A stand-in with two credentials."""
    started = start_sandbox(tmp_path / "sandbox", credentials=(("second", "its-secret"),))
    yield started
    started.stop()


def test_a_credential_neither_sees_nor_deletes_what_another_sent(shared: Sandbox) -> None:
    first, second = shared.client(), shared.client("second", "its-secret")
    first.post(f"{shared.gateway}/bulk", json=bulk(deployment(sequence=5), properties={"a": "1"}))
    assert second.get(shared.gateway + WHERE).status_code == 404
    second.delete(shared.gateway + WHERE)
    second.delete(f"{shared.gateway}/bulkByProperties?a=1")
    assert first.get(shared.gateway + WHERE).status_code == 200
    second.post(f"{shared.gateway}/bulk", json=bulk(deployment(sequence=4)))
    assert second.get(shared.gateway + WHERE).json()["updateSequenceNumber"] == 4
    assert [held["sequence"] for held in shared.held().values()] == [5]
