"""Who may open a page at all. What they may do on it is asked where it is drawn or done."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from devops_sync import roles
from devops_sync.models import User

from . import live

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def readers_only(view: View[P]) -> View[P]:
    """Whoever has a role somewhere; which sites they see is up to the query."""

    @wraps(view)
    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not roles.may(request.user, "read"):
            raise PermissionDenied("Your account has no role yet. An admin can give it one.")
        return live.still(request) or view(request, *args, **kwargs)

    return inner


def person(request: HttpRequest) -> User:
    """Who asks, behind the door: nobody comes to a page without having signed in."""
    assert isinstance(request.user, User)
    return request.user


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for an address that leads nowhere. Unlike Django's own it never reads what was posted there."""
    return render(request, "404.html", status=404)
