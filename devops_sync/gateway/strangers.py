"""What people and machines that nobody knows may take up: some records, and some of the threads.

A request's body is read by the thread that answers it. So a few sockets that send theirs slowly could hold all
threads; the API paths tell a stranger before they read, and of the others only a few are read at once.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .. import digits, remote
from ..allowances import Allowance
from ..people import sessions
from . import answers

# Of the 16 bodies that `devops_sync.patience` lets hold threads for long, four are left to slow senders with a token.
READING_AT_ONCE = 12
READING_OF_ONE = 8  # Of them, at most so many from one address: whoever sends slowly leaves the others some.
ANSWERED_AT_ONCE = 8
_MOST_SENDERS = 1000
_READ_BY_SENDERS = ("/jira/", "/rest/", "/s/")
# An access token is given out in no time, and many clients of one build server ask for theirs in the same moment.
_QUICKLY_ANSWERED = "/oauth/"
_SMALL = 64 * 1024  # Bytes of a body that is read whole first, so that only its reading counts as such.


_allowances: dict[int | None, Allowance] = {}


def may_be_recorded(token_id: int | None = None) -> bool:
    """Whether this process may put one more refusal of a stranger, or of this token, on record.

    Enough to see them, too few to fill a disk.
    """
    if len(_allowances) > _MOST_SENDERS:
        _allowances.clear()
    return _allowances.setdefault(token_id, Allowance()).take()


class FewBodies:
    """Middleware: of the requests whose sender is known only after reading, a few are read and answered at once.

    Whoever is signed in is known before that: they go on while strangers have all the places.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self._get_response = get_response
        self._reading: Counter[str | None] = Counter()
        self._counting = threading.Lock()
        self._answering = threading.BoundedSemaphore(ANSWERED_AT_ONCE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or 503 where there are too many."""
        if request.method in ("GET", "HEAD", "OPTIONS") or request.path_info.startswith(_READ_BY_SENDERS):
            return self._get_response(request)
        with self._place_for_reading(request) as may_read:
            if not may_read:
                return _busy()
            if not _is_small(request):
                return self._get_response(request)  # Read meanwhile, so that it counts as being read until then.
            _ = request.body  # Kept with the request, whoever asks for it then.
        return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(_QUICKLY_ANSWERED):
            return self._get_response(request)
        has_place = self._answering.acquire(blocking=False)
        if not has_place and not _is_signed_in(request):
            return _busy()
        try:
            return self._get_response(request)
        finally:
            if has_place:
                self._answering.release()

    @contextlib.contextmanager
    def _place_for_reading(self, request: HttpRequest) -> Iterator[bool]:
        address = remote.network_of(request)
        with self._counting:
            has_place = self._reading.total() < READING_AT_ONCE and (
                address is None or self._reading[address] < READING_OF_ONE
            )
            if has_place:
                self._reading[address] += 1
        try:
            yield has_place or _is_signed_in(request)
        finally:
            if has_place:
                with self._counting:
                    self._reading[address] -= 1
                    if not self._reading[address]:
                        del self._reading[address]


def _is_small(request: HttpRequest) -> bool:
    """Whether the request says that its body is small; one that comes in chunks says nothing."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not declared:
        return "HTTP_TRANSFER_ENCODING" not in request.META
    # What is larger than pages take they tell by themselves, without reading it.
    return digits.only(declared) and int(declared) <= min(_SMALL, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or _SMALL)


def _is_signed_in(request: HttpRequest) -> bool:
    return sessions.is_of_somebody(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))


def _busy() -> HttpResponse:
    busy = answers.refusal(503, "Too many requests are being read; try again in a moment.")
    busy["Retry-After"] = "5"
    return busy
