"""Paths with "." and ".." in them, through the real server: what they leave out or step over is not what they do."""

import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.payloads import build, commit, repository
from tests.started import Up

ISSUES = {"issueKeys": ["EXAMPLE-1"]}
STEPS = ["..", "%2E%2E", "%2e.", ".", "%2E", "x/../..", "x%2F..%2F.."]

pytestmark = pytest.mark.slow


@pytest.fixture
def base(running: Up) -> str:
    return f"{running.up['url']}/jira/{{}}/0.1/cloud/{running.up['cloud_id']}"


def ask(up: Up, method: str, target: str, body: bytes = b"") -> int:
    """The status of a request with just this target, which no client tidies up."""
    url, token = urlsplit(up.up["url"]), up.up["gateway"]["token"]
    head = f"{method} {target} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        return int(connection.makefile("rb").readline().split()[1])


def is_held(up: Up, address: str) -> bool:
    answer = requests.get(address, headers={"Authorization": f"Bearer {up.up['gateway']['token']}"}, timeout=30)
    return answer.status_code == 200


@pytest.mark.parametrize("step", STEPS)
def test_deleting_a_commit_by_a_step_spares_its_repository(running: Up, base: str, step: str) -> None:
    devinfo = base.format("devinfo")
    sent = {"repositories": [repository("steps", commits=[commit(**ISSUES)])]}
    headers = {"Authorization": f"Bearer {running.up['gateway']['token']}"}
    assert requests.post(f"{devinfo}/bulk", json=sent, headers=headers, timeout=30).status_code == 202
    path = urlsplit(devinfo).path
    for target in (f"/repository/steps/commit/{step}", f"/repository/steps/commit/abc123/{step}"):
        assert ask(running, "DELETE", path + target) in (202, 400, 404)
    assert is_held(running, f"{devinfo}/repository/steps")
    assert is_held(running, f"{devinfo}/repository/steps/commit/abc123")


@pytest.mark.parametrize("step", STEPS)
def test_deleting_a_build_by_a_step_spares_the_others(running: Up, base: str, step: str) -> None:
    builds = base.format("builds")
    headers = {"Authorization": f"Bearer {running.up['gateway']['token']}"}
    sent = {"builds": [build(1, pipelineId="steps", **ISSUES)]}
    assert requests.post(f"{builds}/bulk", json=sent, headers=headers, timeout=30).status_code == 202
    path = urlsplit(builds).path
    for target in (f"/pipelines/{step}/builds/1", f"/pipelines/x/{step}/steps/builds/1"):
        assert ask(running, "DELETE", path + target) in (202, 404)
    assert is_held(running, f"{builds}/pipelines/steps/builds/1")


@pytest.mark.parametrize("step", STEPS)
def test_no_step_leads_to_another_operation(running: Up, base: str, step: str) -> None:
    path = urlsplit(base.format("deployments")).path
    for target in (f"/pipelines/{step}/bulk", f"/pipelines/x/{step}/{step}/bulk"):
        assert ask(running, "POST", path + target, b'{"deployments":[]}') in (404, 405)
    assert ask(running, "DELETE", f"{path}/pipelines/x/{step}/{step}/bulkByProperties?account=1") == 404
