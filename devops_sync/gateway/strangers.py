"""What people and machines that nobody knows may take up: some records, and some of the threads.

A request's body is read by the thread that answers it. So a few sockets that send theirs slowly could hold all
threads; the API paths tell a stranger before they read, and of the others only a few read at once.
"""

import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ..allowances import Allowance
from . import answers

READING_AT_ONCE = 8
_MOST_SENDERS = 1000
_READ_BY_SENDERS = ("/jira/", "/rest/", "/s/")


_allowances: dict[int | None, Allowance] = {}


def may_be_recorded(token_id: int | None = None) -> bool:
    """Whether this process may put one more refusal of a stranger, or of this token, on record.

    Enough to see them, too few to fill a disk.
    """
    if len(_allowances) > _MOST_SENDERS:
        _allowances.clear()
    return _allowances.setdefault(token_id, Allowance()).take()


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
