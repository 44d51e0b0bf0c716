"""A deadline for a whole exchange. Time-outs of sockets count from byte to byte, so a peer that drips never meets one.

A timer shuts the socket down when the time is over; whoever waits for it then meets the end of the stream. Where a
person waits for several exchanges, they have one time together.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

_of_thread = threading.local()


class Deadline:
    """The time that one exchange has, in seconds; `passed` once it is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = seconds <= 0
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
    """Give this thread's exchange so many seconds, or what is left of the time of all."""
    deadline = Deadline(min(seconds, _left()))
    timer = threading.Timer(max(deadline.seconds, 0), deadline.end)
    timer.daemon = True
    timer.start()
    _of_thread.deadline = deadline
    try:
        yield deadline
    finally:
        timer.cancel()
        _of_thread.deadline = None


@contextmanager
def all_within(seconds: float) -> Iterator[None]:
    """Give everything that this thread asks in here so many seconds together. Looking up a name may take longer."""
    outer: float | None = getattr(_of_thread, "until", None)
    until = time.monotonic() + seconds
    _of_thread.until = until if outer is None else min(until, outer)
    try:
        yield
    finally:
        _of_thread.until = outer


def _left() -> float:
    until: float | None = getattr(_of_thread, "until", None)
    return float("inf") if until is None else until - time.monotonic()


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
