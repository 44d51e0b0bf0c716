"""What goes wrong on purpose: the burst limit, faults by share, answers on demand, and the log of it all."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.samples import WHERE, bulk, deployment
from tests.sandbox_process import Sandbox, start_sandbox


def submit(sandbox: Sandbox, client: requests.Session, number: int = 100) -> requests.Response:
    return client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(number)), timeout=5)


def begin_a_second() -> None:
    time.sleep(1.02 - time.time() % 1)


def test_the_burst_limit_is_told_and_kept(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(rate="5/s")
    begin_a_second()
    answers = [submit(sandbox, client, number) for number in range(7)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429] * 2
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0", "0"]
    assert "X-RateLimit-NearLimit" not in answers[0].headers
    assert answers[4].headers["X-RateLimit-NearLimit"] == "true"
    last = answers[-1].headers
    assert (last["Retry-After"], last["RateLimit-Reason"], last["X-RateLimit-Limit"]) == ("1", "jira-burst-based", "5")
    assert last["X-RateLimit-Reset"].endswith("Z")
    assert client.get(sandbox.gateway + WHERE).status_code == 404, "another method has a limit of its own"
    begin_a_second()
    assert submit(sandbox, client, 9).status_code == 202
    assert len(sandbox.held()) == 6


def test_without_a_limit_there_are_no_headers_of_it(sandbox: Sandbox) -> None:
    assert "X-RateLimit-Limit" not in submit(sandbox, sandbox.client()).headers


@pytest.mark.parametrize("fault", ["500", "502", "503", "504", "429"])
def test_a_refusal_does_nothing(sandbox: Sandbox, fault: str) -> None:
    client = sandbox.client()
    sandbox.settings(faults={fault: 1})
    answer = submit(sandbox, client)
    assert (answer.status_code, sandbox.held()) == (int(fault), {})


def test_some_unavailability_says_when_to_come_back(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(faults="503=1", seed=1)
    told = {submit(sandbox, client).headers.get("Retry-After") for _ in range(20)}
    assert told == {"1", None}


def test_a_dropped_request_is_done_and_never_answered(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(faults="drop=1")
    with pytest.raises(requests.ConnectionError):
        submit(sandbox, client)
    assert len(sandbox.held()) == 1
    assert [(seen["status"], seen["fault"]) for seen in sandbox.requests()][-1] == (0, "drop")


def test_a_reset_request_is_not_done(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(faults="reset=1")
    with pytest.raises(requests.ConnectionError):
        submit(sandbox, client)
    assert sandbox.held() == {}


def test_a_timeout_is_done_and_answered_late(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(faults="timeout=1", hold=30)
    with pytest.raises(requests.ReadTimeout):
        client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment()), timeout=0.2)
    assert len(sandbox.held()) == 1
    sandbox.settings(hold=0.2)
    began = time.monotonic()
    assert submit(sandbox, client, 101).status_code == 202
    assert time.monotonic() - began >= 0.2


def test_the_same_seed_gives_the_same_faults(tmp_path: Path) -> None:
    def statuses(name: str, seed: int) -> list[int]:
        started = start_sandbox(tmp_path / name, faults="500=0.3,503=0.2", seed=seed)
        client = started.client()
        found = [submit(started, client, number).status_code for number in range(40)]
        started.stop()
        return found

    first = statuses("a", 7)
    assert first == statuses("b", 7)
    assert first != statuses("c", 8)
    assert set(first) == {202, 500, 503}


def test_tokens_and_the_control_are_spared(sandbox: Sandbox) -> None:
    sandbox.settings(faults={"500": 1}, rate="1/s")
    assert all(sandbox.token() for _ in range(3))


def test_a_forced_answer_comes_as_often_as_asked(sandbox: Sandbox) -> None:
    client = sandbox.client()
    forced = {"count": 2, "status": 413, "body": [{"message": "Too much"}], "headers": {"Retry-After": "3"}}
    sandbox.settings(answer=forced)
    answers = [submit(sandbox, client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [413, 413, 202]
    assert (answers[0].json(), answers[0].headers["Retry-After"]) == ([{"message": "Too much"}], "3")


def test_a_forced_answer_can_hide_what_was_done(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(answer={"status": 502, "body": "<html>", "after": True, "path": "/bulk"})
    assert client.get(sandbox.gateway + WHERE).status_code == 404
    assert (submit(sandbox, client).status_code, len(sandbox.held())) == (502, 1)


def test_a_token_can_be_refused_by_force(sandbox: Sandbox) -> None:
    sandbox.settings(answer={"status": 503, "path": "/oauth/token"})
    with pytest.raises(requests.HTTPError):
        sandbox.token()
    assert sandbox.token()


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": "fast"},
        {"faults": "500=2"},
        {"faults": {"418": 0.1}},
        {"faults": "500=0.6,503=0.6"},
        {"faults": "500"},
        {"delay": -1},
        {"delay": "x"},
        {"nonsense": 1},
        {"answer": {"nonsense": 1}},
        {"hold": 1e300},
    ],
)
def test_a_wrong_setting_changes_nothing_and_says_why(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    before = sandbox.settings()
    answer = requests.post(f"{sandbox.url}/_sandbox/settings", json={"token_life": 5, **changes})
    assert answer.status_code == 400
    assert answer.json()[0]["message"]
    assert sandbox.settings() == before


def test_the_log_tells_what_jira_saw(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(1), deployment(2)))
    client.get(sandbox.gateway + WHERE)
    token, post, get = sandbox.requests()
    assert (token["method"], token["path"], token["status"]) == ("POST", "/oauth/token", 200)
    assert (post["status"], post["entities"], post["client_id"]) == (202, 2, sandbox.client_id)
    assert post["size"] > 500
    assert (get["method"], get["status"], get["entities"]) == ("GET", 404, 0)
    assert sandbox.client_secret not in str([token, post, get])


def test_a_reset_leaves_nothing_but_the_settings(sandbox: Sandbox) -> None:
    client = sandbox.client()
    submit(sandbox, client)
    sandbox.settings(delay=60, answer={"status": 500})
    sandbox.settings(delay=60)
    sandbox.reset()
    assert (sandbox.held(), sandbox.requests(), sandbox.settings()["delay"]) == ({}, [], 60)
    assert submit(sandbox, client).status_code == 202
