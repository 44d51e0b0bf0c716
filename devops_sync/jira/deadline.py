"""A deadline for a whole exchange. Time-outs of sockets count from byte to byte, so a peer that drips never meets one.

A timer shuts the socket down when the time is over; whoever waits for it then meets the end of the stream.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

_of_thread = threading.local()


class Deadline:
    """The time that one exchange has; `passed` once it is over."""

    def __init__(self) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._changing = threading.Lock()

    def watch(self, opened: socket.socket | None) -> None:
        """Take this socket for the one to shut down."""
        with self._changing:
            self._socket = opened
        if self.passed:
            self.end()

    def end(self) -> None:
        with self._changing:
            self.passed = True
            if self._socket is not None:
                with suppress(OSError):
                    # Not TLS's own shutdown: it would change an object that another thread is reading with.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """Give this thread's exchange so many seconds."""
    deadline = Deadline()
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    timer.start()
    _of_thread.deadline = deadline
    try:
        yield deadline
    finally:
        timer.cancel()
        _of_thread.deadline = None


class Watched:
    """A connection whose socket is known to the deadline of the thread that uses it."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._tell()

    def request(self, *arguments: Any, **options: Any) -> None:
        self._tell()
        super().request(*arguments, **options)  # type: ignore[misc]

    def _tell(self) -> None:
        deadline: Deadline | None = getattr(_of_thread, "deadline", None)
        if deadline is not None:
            deadline.watch(self.sock)


class WatchedHTTP(Watched, HTTPConnection):
    """Over plain HTTP."""


class WatchedHTTPS(Watched, HTTPSConnection):
    """Over TLS."""
