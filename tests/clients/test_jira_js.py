"""jira.js, a client that many use, against a running Waybill: only the host is another."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.payloads import branch, build, commit, deployment, pull_request, repository
from tests.started import Up

HERE = Path(__file__).resolve().parent / "jira_js"
ISSUES = {"issueKeys": ["EXAMPLE-1"]}


@pytest.fixture(scope="session")
def jira_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the client, as the lock file says."""
    folder = tmp_path_factory.mktemp("jira-js")
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(HERE / name, folder)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error")
    installed = subprocess.run(["npm", "ci", *quiet], cwd=folder, capture_output=True, text=True, timeout=180)
    assert installed.returncode == 0, installed.stderr
    return folder


@pytest.mark.needs("node")
@pytest.mark.slow
def test_it_submits_reads_and_deletes_each_kind(jira_js: Path, running: Up) -> None:
    entities = {
        "deployment": deployment(
            4711, pipeline={"id": "group/project", "displayName": "p", "url": "https://ci.example/p"}
        ),
        "build": build(4711, pipelineId="group/project", **ISSUES),
        "repository": repository(
            "jira-js",
            commits=[commit(**ISSUES)],
            branches=[branch(lastCommit=commit("def456", **ISSUES), **ISSUES)],
            pullRequests=[pull_request(**ISSUES)],
        ),
    }
    told = {"HOST": running.up["url"], "TOKEN": running.up["gateway"]["token"], "ENTITIES": json.dumps(entities)}
    done = subprocess.run(
        ["node", "client.js"], cwd=jira_js, env={**os.environ, **told}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["deployment"]["receipt"]["acceptedDeployments"][0]["pipelineId"] == "group/project"
    assert said["build"]["receipt"]["acceptedBuilds"] == [{"pipelineId": "group/project", "buildNumber": 4711}]
    assert said["repository"]["receipt"]["acceptedDevinfoEntities"] == {
        "jira-js": {"commits": ["abc123"], "branches": ["main"], "pullRequests": ["7"]}
    }
    assert said["deployment"]["held"]["pipeline"]["id"] == "group/project"
    assert said["build"]["held"]["testInfo"]["totalNumber"] == 150
    assert [len(said["repository"]["held"][name]) for name in ("commits", "branches", "pullRequests")] == [1, 1, 1]
    assert {kind: trip["gone"] for kind, trip in said.items()} == {"deployment": 404, "build": 404, "repository": 404}


@pytest.mark.slow
@pytest.mark.parametrize("ident", ["group/project", "a/builds/b", "a b+c&d", "ä#?%", "a%2Fb", "../x", "x" * 255])
def test_any_pipeline_can_be_read_and_deleted_through_the_real_server(running: Up, ident: str) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {running.up['gateway']['token']}"
    base = f"{running.up['url']}/jira/builds/0.1/cloud/{running.up['cloud_id']}"
    body: dict[str, Any] = {"builds": [build(1, pipelineId=ident, **ISSUES)]}
    assert session.post(f"{base}/bulk", json=body, timeout=30).json()["rejectedBuilds"] == []
    address = f"{base}/pipelines/{requests.utils.quote(ident, safe='')}/builds/1"
    found = session.get(address, timeout=30)
    assert (found.status_code, found.json()["pipelineId"]) == (200, ident)
    assert session.delete(address, timeout=30).status_code == 202
    assert session.get(address, timeout=30).headers["Waybill-State"] == "deleted"
