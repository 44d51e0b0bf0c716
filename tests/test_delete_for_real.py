"""`manage.py delete` beside a real `up`: its workers delete in the sandbox, and the command says how that came out."""

import json
import os
import re
import subprocess
import sys
import time
from hashlib import sha256

import pytest
import requests

from tests import started
from tests.payloads import branch, build, bulk_of, commit, deployment, repository
from tests.started import ROOT

pytestmark = pytest.mark.slow
SECONDS = 90


def manage(up: started.Up, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, str(ROOT / "manage.py"), "delete", "--site", up.up["site"], *arguments]
    return subprocess.run(
        command, env={**environ, "WAYBILL_DATA": str(up.data)}, capture_output=True, text=True, timeout=SECONDS
    )


def submit(up: started.Up, account: str, first: int) -> None:
    """Two deployments, a build, and a repository with a commit and a branch, through the gateway."""
    inside = {"commits": [commit()], "branches": [branch()]}
    for api, entities in {
        "deployments": (deployment(first), deployment(first + 1)),
        "builds": (build(first),),
        "devinfo": (repository(f"r-{account}", **inside),),
    }.items():
        path = f"/jira/{api}/0.1/cloud/{up.up['cloud_id']}/bulk"
        answer = requests.post(
            up.up["url"] + path,
            bulk_of(api, *entities, properties={"account": account}),
            headers={"Authorization": f"Bearer {up.up['gateway']['token']}", "Content-Type": "application/json"},
            timeout=SECONDS,
        )
        assert answer.status_code == 202, answer.text


def in_jira(up: started.Up) -> dict[str, int]:
    """How many of each account the sandbox holds, of whatever kind."""
    state = requests.get(f"{up.up['sandbox_url']}/_sandbox/state?settled=1", timeout=SECONDS).json()
    held = [one for kinds in state["credentials"].values() for rows in kinds.values() for one in rows]
    accounts = [one["properties"].get("account") for one in held]
    return {account: accounts.count(account) for account in ("gone", "kept")}


def wait_until_jira_has(up: started.Up, counts: dict[str, int]) -> None:
    until = time.monotonic() + SECONDS
    while (found := in_jira(up)) != counts:
        assert time.monotonic() < until, found
        time.sleep(0.1)


def test_it_previews_refuses_another_number_deletes_and_proves(running: started.Up) -> None:
    submit(running, "gone", 7001)
    submit(running, "kept", 7011)
    wait_until_jira_has(running, {"gone": 6, "kept": 6})

    which = ("--property", "account=gone")
    preview = manage(running, *which, "--preview", "--json")
    counts = json.loads(preview.stdout)
    assert (preview.returncode, len(counts.pop("fingerprint"))) == (0, 64)
    assert counts == {
        "deployments": 2, "builds": 1, "repositories": 1, "commits": 1, "branches": 1, "pull_requests": 0, "waiting": 0,
    }  # fmt: skip

    refused = manage(running, *which, "--yes", "5", "--reason", "The account is closed.")
    assert refused.returncode == 1
    assert "Nothing was deleted." in refused.stderr
    assert in_jira(running) == {"gone": 6, "kept": 6}

    done = manage(running, *which, "--yes", "6", "--reason", "The account is closed.")
    assert (done.returncode, in_jira(running)) == (0, {"gone": 0, "kept": 6})
    said = re.search(r"proven, 6 entities\.\nReport: (\S+)\nSHA-256: ([0-9a-f]{64})\n", done.stdout)
    assert said is not None, done.stdout
    assert sha256(report(running, said[1])).hexdigest() == said[2]


def report(up: started.Up, address: str) -> bytes:
    """What the report's address gives to somebody who is signed in."""
    session = requests.Session()
    entry = session.get(f"{up.up['url']}/login/", timeout=SECONDS)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', entry.text)
    assert token is not None
    form = {**up.up["admin"], "csrfmiddlewaretoken": token[1]}
    session.post(f"{up.up['url']}/login/", form, headers={"Referer": entry.url}, timeout=SECONDS)
    answer = session.get(up.up["url"] + address, timeout=SECONDS)
    assert answer.headers["Content-Type"] == "application/json"
    return answer.content
