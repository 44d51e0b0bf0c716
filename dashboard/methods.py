"""Which method a page takes; the wrong one gets a page that says so."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def _require(*allowed: str) -> Callable[[View[P]], View[P]]:
    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method in allowed:
                return view(request, *args, **kwargs)
            answer: HttpResponseBase = render(request, "405.html", {"allowed": allowed}, status=405)
            answer["Allow"] = ", ".join(allowed)
            return answer

        return inner

    return wrap


require_GET = _require("GET", "HEAD")
require_POST = _require("POST")
require_GET_or_POST = _require("GET", "HEAD", "POST")
