"""Whoever sends or reads slowly holds no thread of the web server for long. Tried with the server that `up` starts."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from django.conf import settings

from devops_sync import patience
from devops_sync.up import parts
from devops_sync.up.part import die_with_parent
from tests import impatient, payloads, started

pytestmark = pytest.mark.slow

MORE_THAN_THREADS = impatient.THREADS + 4
FOREVER = "60"
COOKIE = f"Cookie: csrftoken={'a' * 32}"  # Without it the form is refused unread.


@dataclass
class Web:
    """A web process of its own beside `up`, on the same database."""

    up: started.Up
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bulk(self) -> str:
        return f"/jira/deployments/0.1/cloud/{self.up.up['cloud_id']}/bulk"

    @property
    def bearer(self) -> str:
        return f"Bearer {self.up.up['gateway']['token']}"

    def connect(self, path: str, *headers: str, method: str = "POST", reads: int = 0) -> socket.socket:
        """A connection on which the head of a request was sent; `reads` is how many bytes it has room for."""
        connection = socket.socket()
        if reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, reads)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.port))
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: {self.bearer}", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection


@contextlib.contextmanager
def serving(running: started.Up, folder: Path, grace: str, silence: str = FOREVER) -> Iterator[Web]:
    """The web part as `up` starts it, save for its patience and for fewer threads, each of which has a connection."""
    port = started.free_port()
    part = parts.web(settings, "a test's own", "127.0.0.1", port)
    own = {"devops_sync.wsgi:application": "tests.impatient:application"}
    command = [own.get(word, word) for word in part.command]
    command[command.index("--blocking-threads") + 1] = str(impatient.THREADS)
    environ = {**part.environ, "WAYBILL_DATA": str(running.data), impatient.GRACE: grace, impatient.SILENCE: silence}
    log = folder / "web.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env=environ,
            cwd=started.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        deadline = time.monotonic() + started.START_SECONDS
        while not part.answers():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield Web(running, port, log)
    finally:
        process.terminate()  # It ends its worker, which would outlive a kill.
        process.wait(started.STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def web(running: started.Up, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One that waits for a body for a second and a half, and for a reader for two."""
    with serving(running, tmp_path_factory.mktemp("web"), grace="1.5", silence="2") as found:
        yield found


@pytest.fixture(scope="module")
def lenient(running: started.Up, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One that waits for a body for a minute, so that nothing but the number of slow ones ends any."""
    with serving(running, tmp_path_factory.mktemp("web"), grace=FOREVER) as found:
        yield found


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    """The status and the body of what is said before the connection is closed; status 0 when nothing is."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


def submitted(web: Web, number: int, timeout: float) -> int:
    body = payloads.bulk(payloads.deployment(number))
    answer = requests.post(web.url + web.bulk, data=body, headers={"Authorization": web.bearer}, timeout=timeout)
    return answer.status_code


def test_more_slow_senders_than_threads_keep_nobody_else_waiting(lenient: Web) -> None:
    slow = [lenient.connect(lenient.bulk, "Content-Length: 60000") for _ in range(MORE_THAN_THREADS)]
    began = time.monotonic()
    assert submitted(lenient, 1, timeout=10) == 202
    assert time.monotonic() - began < 10
    ended, _, _ = select.select(slow, [], [], 0)
    assert len(ended) >= impatient.THREADS - impatient.HELD_AT_MOST
    for connection in slow:
        connection.close()


def test_few_slow_senders_are_waited_for(lenient: Web) -> None:
    body = payloads.bulk(payloads.deployment(2))
    slow = [lenient.connect(lenient.bulk, f"Content-Length: {len(body)}", "Connection: close") for _ in range(4)]
    for piece in (body[:10], body[10:20], body[20:]):
        ended, _, _ = select.select(slow, [], [], 0.5)
        assert ended == []
        for connection in slow:
            connection.sendall(piece)
    assert [answer_on(connection)[0] for connection in slow] == [202] * 4


@pytest.mark.parametrize(
    ("path", "headers", "trickle"),
    [
        ("bulk", ["Content-Length: 60000"], b""),
        ("bulk", ["Content-Length: 3000000"], b" "),
        ("bulk", ["Transfer-Encoding: chunked"], b"1\r\n \r\n"),
        ("/oauth/token", ["Content-Type: application/json", "Content-Length: 900"], b""),
        ("/login/", ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 900", COOKIE], b"a"),
    ],
)
def test_a_body_that_comes_too_slowly_is_refused(web: Web, path: str, headers: list[str], trickle: bytes) -> None:
    connection = web.connect(web.bulk if path == "bulk" else path, *headers)
    began = time.monotonic()
    with contextlib.suppress(OSError):
        while trickle and time.monotonic() - began < 10 and not select.select([connection], [], [], 0.1)[0]:
            connection.sendall(trickle)
    status, said = answer_on(connection)
    assert status == 408
    assert json.loads(said) == [{"message": "The request body came too slowly; nothing was taken."}]
    assert 1.5 < time.monotonic() - began < 10


def test_development_information_is_refused_in_its_own_shape(web: Web) -> None:
    connection = web.connect(web.bulk.replace("deployments", "devinfo"), "Content-Length: 60000")
    assert json.loads(answer_on(connection)[1]) == {
        "errorMessages": [{"message": "The request body came too slowly; nothing was taken."}]
    }


def test_the_log_says_which_token_was_given_up_on_and_nothing_of_what_it_sent(web: Web) -> None:
    connection = web.connect(web.bulk, "Content-Length: 60000")
    connection.sendall(b'{"deployments": "a payload"')
    assert answer_on(connection)[0] == 408
    log = web.log.read_text()
    assert "a body of token 1 came too slowly: given up on after " in log
    assert "a payload" not in log
    assert "Traceback" not in log


def test_a_slow_but_steady_sender_is_taken(web: Web) -> None:
    body = payloads.bulk(payloads.deployment(3))
    body += b" " * (160_000 - len(body))
    connection = web.connect(web.bulk, f"Content-Length: {len(body)}", "Connection: close")
    began = time.monotonic()
    for at in range(0, len(body), 5000):
        # The rate is what is tried: 50,000 bytes a second, which is slower than the wait that every body has.
        time.sleep(max(0.0, began + at / 50_000 - time.monotonic()))
        connection.sendall(body[at : at + 5000])
    assert time.monotonic() - began > 2.5
    assert answer_on(connection)[0] == 202


def test_readers_who_take_nothing_are_ended(web: Web) -> None:
    silent = [web.connect(impatient.ENDLESS, method="GET", reads=4096) for _ in range(impatient.THREADS)]
    for connection in silent:
        assert select.select([connection], [], [], 20)[0], "each has a thread"
    assert requests.get(f"{web.url}/healthz", timeout=20).status_code == 200
    for connection in silent:
        connection.close()


def test_production_has_half_of_its_threads_for_slow_bodies() -> None:
    assert patience.HELD_AT_MOST * 2 == parts.WEB_THREADS
    image = (started.ROOT / "Dockerfile").read_text()
    assert f'"--blocking-threads", "{parts.WEB_THREADS}"' in image
    assert '"--http", "1"' in image


@pytest.mark.parametrize(
    ("seconds", "received", "is_late"), [(19, 0, False), (21, 0, True), (21, 65536, False), (25, 65536, True)]
)
def test_each_byte_that_came_gives_more_time(seconds: float, received: int, is_late: bool) -> None:
    waiting = patience.Patience()
    body = patience.Body(waiting, Never(), None, "/")
    body.received = received
    assert (waiting.too_slow([body], body.began + seconds) == [body]) is is_late


def test_of_too_many_the_slowest_are_given_up_on() -> None:
    waiting = patience.Patience(held_at_most=2)
    bodies = [patience.Body(waiting, Never(), None, "/") for _ in range(4)]
    for received, body in zip((3, 1, 2, 4), bodies, strict=True):
        body.received, body.began = received, 0.0
    assert waiting.too_slow(bodies, patience.HASTE - 0.1) == []
    assert waiting.too_slow(bodies, patience.HASTE + 0.1) == [bodies[1], bodies[2]]


class Never:
    """A stream of which nothing comes."""

    def read(self, size: int, /) -> bytes:
        raise AssertionError("nobody reads")

    readline = read
