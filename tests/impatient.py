"""What `up` has its web server run, but with less patience, and an answer that never ends: for a test's own server."""

import itertools
import os

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from devops_sync.wsgi import Application, patience  # By it, which sets Django up before.

ENDLESS = "/endless"
THREADS, HELD_AT_MOST = 8, 4
GRACE, SILENCE = "IMPATIENT_GRACE", "IMPATIENT_SILENCE"


class WithEndless(Application):
    """The application, and an answer that goes on for as long as it is read."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == ENDLESS:
            return StreamingHttpResponse(itertools.repeat(bytes(64 * 1024)))
        return super().get_response(request)


application = WithEndless(
    patience.Patience(grace=float(os.environ.get(GRACE, "1")), haste=0.5, held_at_most=HELD_AT_MOST),
    silence=float(os.environ.get(SILENCE, "1")),
)
