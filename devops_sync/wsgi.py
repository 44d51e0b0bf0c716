"""What the web server runs."""

import os
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")


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
    """Django's handler with our requests."""

    request_class = Request


get_wsgi_application()  # It sets Django up.
application = Application()
