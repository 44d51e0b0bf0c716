"""Which method a page takes; the wrong one gets a page that says so."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _require(*allowed: str) -> Callable[[View[P]], View[P]]:
    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method in allowed:
                return view(request, *args, **kwargs)
            answer = render(request, "405.html", {"allowed": allowed}, status=405)
            answer["Allow"] = ", ".join(allowed)
            return answer

        return inner

    return wrap


require_GET = _require("GET", "HEAD")
require_POST = _require("POST")
