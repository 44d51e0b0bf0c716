"""Whatever a peer answers, the lane comes to an end or to a pause, and nothing that it said breaks the ledger."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from devops_sync.jira import client as jira
from devops_sync.jira import exchange
from devops_sync.models import Delivery, Entry, Lane
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment
from tests.sandbox_process import Sandbox


@pytest.mark.parametrize("said", ["x \\u0000 y", "x \0 y", "\ud800", "“quoted”", "x" * 5000])
def test_a_message_with_odd_characters_is_kept(lane: Lane, submit: Submit, sandbox: Sandbox, said: str) -> None:
    submit(deployment())
    body = '[{"message": ' + repr_json(said) + "}]"
    sandbox.settings(answer={"path": "/bulk", "status": 400, "body": body})
    deliver(lane)
    entry = Entry.objects.get()
    assert (entry.outcome, len(entry.messages)) == ("rejected", 1)


def repr_json(text: str) -> str:
    import json

    return json.dumps(text)


def test_a_refusal_with_odd_characters_holds_the_lane(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    submit(deployment())
    sandbox.settings(answer={"path": "/bulk", "status": 403, "body": '[{"message": "no\\u0000pe"}]'})
    deliver(lane)
    assert lane.held_reason.endswith("It says: “nope”.")


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ('{"access_token": "€"}', False),
        ('{"access_token": "a\\r\\nb"}', False),
        ('{"access_token": 1}', False),
        ("[]", False),
        ('{"access_token": "x", "expires_in": -5}', False),
    ],
)
def test_an_odd_token_costs_a_pause(lane: Lane, submit: Submit, sandbox: Sandbox, body: str, held: bool) -> None:
    submit(deployment())
    sandbox.settings(answer={"path": "/oauth/token", "status": 200, "body": body, "count": 2})
    deliver(lane)
    assert outcomes() == ["waiting"]
    assert lane.failures == 1 or lane.held_at is not None


def test_a_refused_credential_with_odd_characters_holds_the_lane(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    submit(deployment())
    answer = {"path": "/oauth/token", "status": 401, "body": '{"error_description": "bad\\u0000cred"}'}
    sandbox.settings(answer=answer)
    deliver(lane)
    assert "badcred" in lane.held_reason
    assert not Delivery.objects.exists()


@contextlib.contextmanager
def dripping(head: bytes, drip: bytes) -> Iterator[str]:
    """A server that sends a head at once and then a drip ten times a second, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            peer, _ = listening.accept()
            peer.recv(65536)
            peer.sendall(head)
            while not stop.wait(0.1):
                peer.sendall(drip)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        listening.close()
        thread.join(2)


@pytest.mark.parametrize(
    ("head", "drip"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP", b""),
    ],
)
def test_a_peer_that_drips_is_left_in_time(monkeypatch: pytest.MonkeyPatch, head: bytes, drip: bytes) -> None:
    monkeypatch.setattr(exchange, "WHOLE_SECONDS", 1.0)
    with dripping(head, drip) as url:
        session: Any = exchange.new_session(True)
        began = time.monotonic()
        with pytest.raises(jira.Unreachable, match="no whole answer within 1 s"):
            exchange.send(session, jira.Request("GET", url, {}), {})
        assert time.monotonic() - began < 3
