"""HTTP itself: what is no request, bodies of every kind, many requests on one connection."""

import json
import socket
import time

import pytest

from tests.sandbox.samples import bulk, deployment
from tests.sandbox_process import Sandbox


def exchange(sandbox: Sandbox, sent: bytes) -> bytes:
    """Send bytes, end the sending, and read until the other side closes."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % number for number in range(200)) + b"\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_garbage_is_refused_in_the_apis_shape(sandbox: Sandbox, sent: bytes) -> None:
    head, _, body = exchange(sandbox, sent).partition(b"\r\n\r\n")
    assert b" 4" in head[:14] or b" 5" in head[:14]
    assert b"X-Sandbox: " in head
    assert body.startswith(b'[{"message":')
    assert b"Traceback" not in body


@pytest.mark.parametrize(
    "target", ["//", "/%", "/%ff", "/a%00b", "/rest", "/rest//", "/jira/deployments/0.1/cloud", "*", "x"]
)
def test_any_address_gets_an_answer(sandbox: Sandbox, target: str) -> None:
    answer = exchange(sandbox, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4"))


def test_a_client_that_goes_away_in_the_middle_disturbs_nobody(sandbox: Sandbox) -> None:
    assert exchange(sandbox, b"POST /oauth/token HTTP/1.1\r\nContent-Length: 50\r\n\r\nabc") == b""
    assert sandbox.token()


def test_a_chunked_body_is_read(sandbox: Sandbox) -> None:
    client = sandbox.client()
    body = json.dumps(bulk(deployment())).encode()
    parts = iter([body[:100], body[100:]])
    answer = client.post(f"{sandbox.gateway}/bulk", data=parts)
    assert (answer.status_code, len(sandbox.held())) == (202, 1)


def test_a_body_beyond_reason_is_too_large(sandbox: Sandbox) -> None:
    sent = b"POST /oauth/token HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"
    assert exchange(sandbox, sent).startswith(b"HTTP/1.1 413 ")


def test_requests_in_one_go_are_answered_in_order(sandbox: Sandbox) -> None:
    asked = b"GET /_edge/tenant_info HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /_edge/tenant_info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert exchange(sandbox, asked * 3 + last).count(sandbox.cloud_id.encode()) == 4


def test_every_answer_says_that_this_is_no_jira_and_has_a_trace_id(sandbox: Sandbox) -> None:
    client = sandbox.client()
    for path in ("/", "/_edge/tenant_info", "/rest/deployments/0.1/bulk", "/nowhere", "/_sandbox/state"):
        answer = client.get(sandbox.url + path)
        assert answer.headers["X-Sandbox"] == "Waybill's stand-in for Jira, not Jira"
        assert len(answer.headers["Atl-Traceid"]) == 32


def test_answers_on_a_kept_connection_do_not_stall(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.get(f"{sandbox.url}/_edge/tenant_info")
    began = time.monotonic()
    for _ in range(50):
        client.get(f"{sandbox.url}/_edge/tenant_info")
    assert (time.monotonic() - began) / 50 < 0.02, "a delayed acknowledgement takes 0.04 s"
