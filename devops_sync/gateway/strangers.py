"""What people and machines that nobody knows may take up: some records, and some of the threads.

A request's body is read by the thread that answers it. So a few sockets that send theirs slowly could hold all
threads; the API paths tell a stranger before they read, and of the others only a few read at once.
"""

import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import answers

READING_AT_ONCE = 8
_PER_SECOND = 1.0
_AT_ONCE = 20.0
_MOST_SENDERS = 1000
_READ_BY_SENDERS = ("/jira/", "/rest/", "/s/")


class _Allowance:
    """A bucket that fills with time; each record takes one out."""

    def __init__(self) -> None:
        self._left = _AT_ONCE
        self._looked_at = time.monotonic()
        self._looking = threading.Lock()

    def take(self) -> bool:
        with self._looking:
            now = time.monotonic()
            self._left = min(_AT_ONCE, self._left + (now - self._looked_at) * _PER_SECOND)
            self._looked_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


_allowances: dict[int | None, _Allowance] = {}


def may_be_recorded(token_id: int | None = None) -> bool:
    """Whether this process may put one more refusal of a stranger, or of this token, on record.

    Enough to see them, too few to fill a disk.
    """
    if len(_allowances) > _MOST_SENDERS:
        _allowances.clear()
    return _allowances.setdefault(token_id, _Allowance()).take()


class FewBodies:
    """Middleware: of the requests whose sender is known only after reading, a few are read at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self._get_response = get_response
        self._reading = threading.BoundedSemaphore(READING_AT_ONCE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.path_info.startswith(_READ_BY_SENDERS):
            return self._get_response(request)
        if not self._reading.acquire(blocking=False):
            busy = answers.refusal(503, "Too many requests are being read; try again in a moment.")
            busy["Retry-After"] = "5"
            return busy
        try:
            return self._get_response(request)
        finally:
            self._reading.release()
