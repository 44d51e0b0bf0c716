"""The README's tutorial, run from its own text with real curl against a started Waybill."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.payloads import TUTORIAL

README = Path(__file__).resolve().parent.parent / "README.md"


def tutorial() -> str:
    """The shell text of the README that begins with JIRA_BASE_URL."""
    (found,) = re.findall(r"```sh\n(export JIRA_BASE_URL.*?)```", README.read_text(), re.DOTALL)
    return str(found)


def with_credentials(text: str, up: dict[str, Any]) -> str:
    text = text.replace("http://127.0.0.1:8000", up["url"])
    text = re.sub(r"(export CLIENT_ID=).*", rf"\g<1>{up['gateway']['client_id']}", text)
    return re.sub(r"(export CLIENT_SECRET=).*", rf"\g<1>{up['gateway']['client_secret']}", text)


def commands(text: str) -> list[str]:
    """The text cut before each curl that shows its answer, so that the answers can be told apart."""
    return re.split(r"\n(?=curl )", text)


@pytest.mark.needs("curl")
def test_the_tutorial_works_from_the_readmes_own_text(running: Any, tmp_path: Path) -> None:
    first, *shown = commands(with_credentials(tutorial(), running.up))
    script = first + "\necho '<>'\n" + "\necho '<>'\n".join(shown)
    run = subprocess.run(["sh", "-eu", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    _, gateway, site, held = run.stdout.split("<>\n")
    key = {
        "pipelineId": TUTORIAL["pipeline"]["id"],
        "environmentId": TUTORIAL["environment"]["id"],
        "deploymentSequenceNumber": TUTORIAL["deploymentSequenceNumber"],
    }
    for answer in (gateway, site):
        assert json.loads(answer) == {
            "acceptedDeployments": [key],
            "rejectedDeployments": [],
            "unknownIssueKeys": [],
            "unknownAssociations": [],
        }
    assert json.loads(held) == TUTORIAL
    assert json.loads((tmp_path / "deployment.json").read_text()) == {"deployments": [TUTORIAL]}


@pytest.mark.needs("curl")
def test_what_the_tutorial_sent_arrives_in_jira(running: Any) -> None:
    """Whether this test's own deployment gets from the gateway through the worker into the sandbox."""
    import requests

    from tests.payloads import bulk, deployment

    up = running.up
    headers = {"Authorization": f"Bearer {up['gateway']['token']}", "Content-Type": "application/json"}
    base = f"{up['url']}/rest/deployments/0.1"
    answer = requests.post(f"{base}/bulk", data=bulk(deployment(4711)), headers=headers, timeout=30)
    assert answer.status_code == 202
    path = "/pipelines/checkout-api/environments/staging/deployments/4711"
    until = time.monotonic() + 20
    while time.monotonic() < until:
        state = requests.get(base + path, headers=headers, timeout=30).headers["Waybill-State"]
        if state != "pending":
            break
        time.sleep(0.05)
    assert state == "accepted"
