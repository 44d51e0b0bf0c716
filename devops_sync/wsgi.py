"""What the web server runs."""

import os
import resource
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")
get_wsgi_application()  # It sets Django up, which our own modules need.

from . import patience  # noqa: E402

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

# The connections that a web process takes at once (`--backpressure`), and as much again for all else that it opens.
FILES = 4096


class Request(WSGIRequest):
    """A request whose address and forms are UTF-8, whatever charset it declares.

    Django decodes them by that charset. One that is no charset of texts would fail before any of our code runs, and
    others bring halves of characters into what no page can carry.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {}

    def _load_post_and_files(self) -> None:
        charset = (self.content_params or {}).get("charset", "utf-8").lower()
        if self.method == "POST" and charset not in ("utf-8", "utf8"):
            self._mark_post_parse_error()  # type: ignore[attr-defined]
            raise BadRequest("Forms are read as UTF-8.")
        super()._load_post_and_files()


class Application(WSGIHandler):
    """Django's handler with our requests, whose bodies are not waited for longer than we have patience."""

    request_class = Request

    def __init__(self, bodies: patience.Patience | None = None, silence: float = patience.SILENCE):
        super().__init__()
        self._bodies = bodies or patience.Patience()
        self._silence: float | None = silence

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> HttpResponseBase:
        if self._silence is not None and patience.protocol_of_caller() is not None:
            # Only now is it known that this process listens, and by which server.
            patience.end_silent_connections(self._silence)
            self._silence = None
        if environ.get("CONTENT_LENGTH", "0") == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return super().__call__(environ, start_response)
        protocol = patience.protocol_of_caller()
        if protocol is not None:
            environ["wsgi.input"] = self._bodies.body(environ["wsgi.input"], protocol, environ["PATH_INFO"])
        try:
            return super().__call__(environ, start_response)
        except patience.Ended:
            said = HttpResponse(status=408)  # The server sends none of it: its sender has been answered.
            said.close()
            start_response("408 Request Timeout", [])
            return said


def have_room(files: int) -> None:
    """Let this process have so many files open, or as many as it may.

    Many systems start processes with 1,024. With fewer than there are connections, whoever opens that many and says
    nothing leaves no file for the database, and granian tries without a pause to take the next connection.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


have_room(FILES)
application = Application()
