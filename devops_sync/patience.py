"""How long the web server waits for the other side of a connection, which granian itself does not limit.

A thread that reads a body waits inside granian until bytes come, however long the sender takes, and nothing but the end
of the connection frees it. So every body under way is noted here, and one thread looks over what is noted: whoever is
too slow is answered 408, and the connection ends. docs/decisions/0019 says why it is done in this way.
"""

import contextlib
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from . import answered
from .audit import acting

log = logging.getLogger(__name__)

GRACE = 20.0  # Seconds that every body has.
FLOOR = 20_000  # Bytes a second: each that came gives its sender that much more time.
HASTE = 2.0  # Seconds after which a body counts among those that hold threads.
HELD_AT_MOST = 16  # Threads that such bodies may hold at once: half of those that a web process has.
SILENCE = 60.0  # Seconds in which whoever is answered has to take something of the answer.

_LOOK_EVERY = 0.25
_PARTING = 1.0  # Seconds that the last word has for leaving, before the connection ends.
_PIECE = 64 * 1024  # Bytes that are read at once: how exactly it is known how much has come.
_SENTENCE = "The request body came too slowly; nothing was taken."


class Stream(Protocol):
    """What granian gives as `wsgi.input`."""

    def read(self, size: int, /) -> bytes:
        """Wait for so many bytes; fewer only where the body or its connection has ended."""

    def readline(self, size: int | None = None, /) -> bytes:
        """Wait for a line, which may be longer."""


class Ended(BaseException):
    """The sender was given up on and has been told: nobody in between is to make an answer of it."""


def protocol_of_caller() -> Any:
    """What granian answers the current request with, None under any other server.

    For the callable that granian calls. It hands this to its own function that calls us, and to nobody else.
    """
    found = sys._getframe(2).f_locals.get("proto")
    return found if type(found).__name__ == "WSGIProtocol" else None


class Patience:
    """Gives up on the bodies that are too slow: all of one process."""

    def __init__(
        self, grace: float = GRACE, floor: float = FLOOR, haste: float = HASTE, held_at_most: int = HELD_AT_MOST
    ):
        self.grace, self.floor, self.haste, self.held_at_most = grace, floor, haste, held_at_most
        # Whoever takes a body out has it: the one who read it, or the one who gives up on it. Never both.
        self.waited_for: dict[Body, bool] = {}
        self._starting = threading.Lock()
        self._looks = False

    def body(self, stream: Stream, protocol: Any, path: str) -> "Body":
        """The body of a request at this path, to be read in place of the stream."""
        if not self._looks:
            with self._starting:
                if not self._looks:
                    threading.Thread(target=self._look_on, name="patience", daemon=True).start()
                    self._looks = True
        return Body(self, stream, protocol, path)

    def too_slow(self, bodies: list["Body"], now: float) -> list["Body"]:
        """Those that are over their time and, where more hold threads than may, the slowest of the others."""
        late = [body for body in bodies if now > body.began + self.grace + body.received / self.floor]
        holding = [body for body in bodies if body not in late and now > body.began + self.haste]
        holding.sort(key=lambda body: body.received / (now - body.began))
        return late + holding[: max(0, len(holding) - self.held_at_most)]

    def _look_on(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            # A list of a dictionary is made in one step, whatever other threads do to it.
            for body in self.too_slow(list(self.waited_for), time.monotonic()):
                if self.waited_for.pop(body, None) is not None:
                    threading.Thread(target=body.part, name="parting", daemon=True).start()


class Body:
    """The body of one request: read as granian's own, but not for ever. Raises `Ended` when its sender is too slow."""

    def __init__(self, patience: Patience, stream: Stream, protocol: Any, path: str):
        self.began = time.monotonic()
        self.received = 0  # Bytes, counted by pieces.
        self._patience, self._stream, self._protocol, self._path = patience, stream, protocol, path

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all; fewer only where the body or its connection has ended."""
        if 0 <= size <= _PIECE:
            return self._wait(lambda: self._stream.read(size))
        pieces: list[bytes] = []
        left = sys.maxsize if size < 0 else size
        while left:
            wanted = min(left, _PIECE)
            pieces.append(self.read(wanted))
            left = left - wanted if len(pieces[-1]) == wanted else 0
        return b"".join(pieces)

    def readline(self, size: int | None = None) -> bytes:
        """The next line."""
        return self._wait(lambda: self._stream.readline(size))

    def part(self) -> None:
        """Answer 408 and end the connection. Takes as long as the answer has for leaving.

        The answer declares one byte more than it has: granian then closes the connection, and so lets go of the
        thread that reads. After a whole answer it would go on waiting for the body.
        """
        text = answered.refusal(408, _SENTENCE, "devinfo" if "/devinfo/" in self._path else "")
        headers = [("Content-Type", answered.JSON), ("Content-Length", str(len(text) + 1)), ("Connection", "close")]
        self._protocol.response_iter(408, headers, _parting(text))

    def _wait(self, read: Callable[[], bytes]) -> bytes:
        waited_for = self._patience.waited_for
        waited_for[self] = True
        try:
            piece = read()
        finally:
            was_ours = waited_for.pop(self, False)
        if not was_ours:
            sender, seconds = acting.current().token_id, time.monotonic() - self.began
            who = "a sender without a token" if sender is None else f"token {sender}"
            log.warning("a body of %s came too slowly: given up on after %.0f s", who, seconds)
            raise Ended
        self.received += len(piece)
        return piece


def _parting(text: bytes) -> Iterator[bytes]:
    yield text
    time.sleep(_PARTING)


def end_silent_connections(seconds: float = SILENCE) -> None:
    """Let the kernel end connections whose other side takes nothing of its answer for so many seconds.

    Without it a thread waits with the rest of the answer for ever. Connections have this from the socket that they came
    in by (Linux's tcp(7), TCP_USER_TIMEOUT), which granian opens and does not show, so it is looked for.
    """
    if sys.platform != "linux":
        return
    for path in Path("/proc/self/fd").iterdir():
        with (
            contextlib.suppress(OSError),
            socket.fromfd(int(path.name), socket.AF_INET, socket.SOCK_STREAM) as found,
        ):
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
