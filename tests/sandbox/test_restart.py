"""A process of its own: what it holds outlives its end, however sudden, and it ends when it is told."""

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests import sandbox_signing
from tests.sandbox.samples import bulk, deployment
from tests.sandbox_process import ROOT, SECONDS, start_sandbox_process


def test_what_was_accepted_outlives_a_kill(tmp_path: Path) -> None:
    first = start_sandbox_process(tmp_path)
    client = first.client()
    client.post(f"{first.gateway}/bulk", json=bulk(deployment(1)))
    first.settings(delay=60)
    client.post(f"{first.gateway}/bulk", json=bulk(deployment(2)))
    first.kill()
    second = start_sandbox_process(tmp_path)
    assert (second.cloud_id, second.client_id) == (first.cloud_id, first.client_id)
    assert sorted(key[-1] for key in second.held()) == [1, 2]
    second.stop()


def test_it_ends_at_once_even_while_it_holds_an_answer(tmp_path: Path) -> None:
    started = start_sandbox_process(tmp_path, "--faults=timeout=1", "--hold=60")
    client = started.client()
    with pytest.raises(requests.ReadTimeout):
        client.post(f"{started.gateway}/bulk", json=bulk(deployment()), timeout=0.2)
    began = time.monotonic()
    started.stop()
    assert time.monotonic() - began < 3
    assert started._process is not None
    assert started._process.returncode == 0


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "sandbox", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)


def test_the_command_prints_the_credential_that_works(tmp_path: Path) -> None:
    printed = json.loads(run(f"--data={tmp_path}", "--print-credential").stdout)
    started = start_sandbox_process(tmp_path, "--projects=ABC:7", "--credential=second:its-secret")
    assert printed["cloud_id"] == started.cloud_id
    client = started.client(printed["client_id"], printed["client_secret"])
    answer = client.post(f"{started.gateway}/bulk", json=bulk(deployment(issueKeys=["ABC-7", "SHOP-1"])))
    assert answer.json()["unknownIssueKeys"] == ["SHOP-1"]
    assert started.token("second", "its-secret")
    started.stop()


def test_the_line_it_prints_leads_to_its_own_credential(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    command = [sys.executable, "manage.py", "sandbox", "--port=0", f"--data={folder}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _, line = process.stdout.readline(), process.stdout.readline()
        process.terminate()
    _, *arguments = shlex.split(line.split("manage.py ")[1])
    assert json.loads(run(*arguments).stdout) == json.loads(run(f"--data={folder}", "--print-credential").stdout)


def test_the_command_prints_a_connect_app_that_works(tmp_path: Path) -> None:
    started = start_sandbox_process(tmp_path, "--connect=own-app:own-secret")
    printed = json.loads(run(f"--data={tmp_path}", "--print-connect").stdout)
    assert (printed["key"], printed["cloud_id"]) == ("own-app", started.cloud_id)
    signed = sandbox_signing.Signed(printed["key"], printed["shared_secret"])
    answer = requests.post(f"{started.site('deployments')}/bulk", json=bulk(deployment()), auth=signed)
    assert answer.status_code == 202
    started.stop()


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--rate=fast", "100/s"),
        ("--faults=500", "500=0.05"),
        ("--projects=shop", "SHOP:1-2000"),
        ("--credential=nobody", "ID:SECRET"),
        ("--connect=nobody", "KEY:SECRET"),
        ("--delay=-1", "--delay"),
    ],
)
def test_a_wrong_option_says_what_is_right(tmp_path: Path, argument: str, says: str) -> None:
    ended = run(f"--data={tmp_path}", argument)
    assert (ended.returncode, says in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)


def test_a_taken_port_is_said_in_a_line(tmp_path: Path) -> None:
    first = start_sandbox_process(tmp_path / "a")
    ended = run(f"--data={tmp_path / 'b'}", f"--port={first.url.rpartition(':')[2]}")
    assert (ended.returncode, "cannot be used" in ended.stderr) == (1, True)
    first.stop()
