"""HTTP/1.1 on sockets: one thread per connection, one write per answer.

The standard library's server does, since a stand-in for tests needs no further dependency.
"""

import contextlib
import re
import signal
import socket
import sys
import threading
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .messages import BANNER, Answer, Request, refused, trace_id
from .sandbox import Sandbox

IDLE_SECONDS = 75.0
LARGEST_READ = 64 * 1024 * 1024
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\r?\n")


class Unreadable(Exception):
    """The rest of the connection cannot be understood: say so and close it."""


class Server(ThreadingHTTPServer):
    """The listening socket. Threads die with the process, so a held answer never delays the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox):
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.sandbox = sandbox
        super().__init__(address, Connection)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family == socket.AF_INET6 else str(host)
        return f"http://{name}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; a fault of ours is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Waybill-Sandbox"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def _exchange(self) -> None:
        try:
            body = self._body()
        except Unreadable as unreadable:
            self.close_connection = True
            self._write(refused(400, str(unreadable)))
            return
        if body is None:
            self.close_connection = True
            self._write(refused(413, "Data is too large. Submit fewer deployments in each payload."))
            return
        headers = {name.title(): text for name, text in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        try:
            answer = self.server.sandbox.answer(request)
        except Exception:  # noqa: BLE001, a fault of ours is an answer too
            traceback.print_exc()
            answer = refused(500, "An unknown error has occurred.")
        self._give(answer)

    def _give(self, answer: Answer) -> None:
        if answer.hold and self.server.sandbox.stopping.wait(answer.hold):
            answer = Answer(503, dropped=True)
        if answer.dropped:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        reason = HTTPStatus(answer.status).phrase if answer.status in _STATUSES else ""
        headers = {
            "Server": self.version_string(),
            "Date": self.date_time_string(),
            "X-Sandbox": BANNER,
            "Atl-Traceid": trace_id(),
            "X-Content-Type-Options": "nosniff",
            "Content-Type": answer.content_type,
            **answer.headers,
        }
        if answer.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(answer.body))
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {_line(text)}" for name, text in headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self.wfile.write(head if self.command == "HEAD" else head + answer.body)

    def _body(self) -> bytes | None:
        """The request's body, or None when it is larger than anybody should send. Raises `Unreadable`."""
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if codings:
            if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
                raise Unreadable("Only one Content-Length or Transfer-Encoding: chunked can tell where a body ends.")
            return self._chunked()
        if not lengths:
            return b""
        if len(set(lengths)) > 1 or not lengths[0].isascii() or not lengths[0].isdigit() or len(lengths[0]) > 12:
            raise Unreadable("The Content-Length is not a number.")
        return self._exactly(int(lengths[0])) if int(lengths[0]) <= LARGEST_READ else None

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionError("the client went away in the middle of its request")
        return body

    def _chunked(self) -> bytes | None:
        parts: list[bytes] = []
        total = 0
        while True:
            found = _CHUNK.fullmatch(self.rfile.readline(1024))
            if not found:
                raise Unreadable("A chunk of the body has no size.")
            size = int(found.group(1), 16)
            total += size
            if total > LARGEST_READ:
                return None
            if size == 0:
                break
            parts.append(self._exactly(size))
            if self.rfile.readline(3).strip():
                raise Unreadable("A chunk of the body is longer than its size.")
        while self.rfile.readline(8192).strip():
            pass
        return b"".join(parts)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library finds wrong with a request line or a header, in the API's shape."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self._write(refused(code, message or HTTPStatus(code).phrase))

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page and `/_sandbox/requests` show the requests."""


_STATUSES = frozenset(status.value for status in HTTPStatus)


def _line(text: str) -> str:
    return re.sub(r"[\r\n\0]", " ", text)


def serve_until_told(server: Server) -> None:
    """Serve until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
        server.sandbox.close()
