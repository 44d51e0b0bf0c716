"""A load of requests over kept connections, light enough that the server is what is measured."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Done:
    """How many requests were answered with 202, and in how many seconds."""

    requests: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def post(url: str, bodies: Iterator[bytes], *, senders: int, seconds: float = float("inf"), token: str = "") -> Done:
    """Post bodies from some threads, all or for so many seconds. Raises `RuntimeError` for any answer but 202."""
    drawing = threading.Lock()
    counts: list[int] = []
    failures: list[str] = []
    started = time.perf_counter()
    until = started + seconds

    def send() -> None:
        count = 0
        connection = _Connection(url, token)
        while time.perf_counter() < until and not failures:
            with drawing:
                body = next(bodies, None)
            if body is None:
                break
            status = connection.post(body)
            if status != 202:
                failures.append(f"answered {status}")
            count += 1
        connection.close()
        counts.append(count)

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{url} {failures[0]}")
    return Done(sum(counts), time.perf_counter() - started)


class _Connection:
    """One kept connection that posts bodies."""

    def __init__(self, url: str, token: str):
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"{authorization}Content-Length: "
        ).encode()

    def post(self, body: bytes) -> int:
        self._socket.sendall(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        status = int(self._file.readline().split()[1])
        length = 0
        chunked = False
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                length = int(value)
            chunked = chunked or (name == b"transfer-encoding" and b"chunked" in value)
        self._skip_chunks() if chunked else self._file.read(length)
        return status

    def _skip_chunks(self) -> None:
        while size := int(self._file.readline(), 16):
            self._file.read(size + 2)
        self._file.readline()

    def close(self) -> None:
        self._file.close()
        self._socket.close()
