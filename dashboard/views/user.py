"""`/users/<id>/`: one person, what they may do, and whether they are let in."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from devops_sync import digits
from devops_sync.models import Grant, User
from devops_sync.people import giving, passwords, second_factor, sessions
from devops_sync.wrong import Wrong

from .. import live, people
from ..browsers import described
from ..doors import person, readers_only
from ..methods import require_GET, require_POST


@require_GET
@readers_only
def user(request: HttpRequest, pk: int) -> HttpResponse:
    people.refuse_others(request)
    return _page(request, get_object_or_404(User, pk=pk))


@never_cache
@require_POST
@readers_only
def steer(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Do one of the acts on a person."""
    people.refuse_others(request)
    found = get_object_or_404(User, pk=pk)
    try:
        return STEPS[step](request, found) or redirect("user", pk)
    except Wrong as wrong:
        return _page(request, User.objects.get(pk=pk), str(wrong))


def _give(request: HttpRequest, found: User) -> None:
    giving.give(found, request.POST.get("role", ""), people.site_of(request))
    messages.info(request, "The role holds from their next page on.")


def _take(request: HttpRequest, found: User) -> None:
    number = request.POST.get("grant", "")
    grant = found.grants.select_related("site").filter(pk=number if digits.only(number) else 0).first()
    if grant is None:
        raise Wrong("They do not have this role any more.")
    giving.take(found, grant)
    messages.info(request, "The role is taken away.")


def _deactivate(request: HttpRequest, found: User) -> None:
    giving.deactivate(found, by=person(request))
    messages.info(request, f"{found.get_username()} is let in no more, and signed out everywhere.")


def _activate(request: HttpRequest, found: User) -> None:
    giving.activate(found)
    messages.info(request, f"{found.get_username()} can sign in again.")


def _reset_two_factor(request: HttpRequest, found: User) -> None:
    giving.reset_second_factor(found)
    messages.info(request, f"{found.get_username()} signs in without a second factor until they set one up.")


def _reset_password(request: HttpRequest, found: User) -> HttpResponse:
    """Make a password up, shown in this answer and kept nowhere."""
    if not found.has_usable_password():
        raise Wrong("This person signs in through the provider and has no password here.")
    password = passwords.generated()
    giving.change_password(found, password)
    return live.page(
        request, "user_password.html", {"one": found, "password": password, "is_new": False}, [], every=None
    )


STEPS: dict[str, Callable[[HttpRequest, User], HttpResponse | None]] = {
    "give": _give,
    "take": _take,
    "deactivate": _deactivate,
    "activate": _activate,
    "reset-two-factor": _reset_two_factor,
    "reset-password": _reset_password,
}


def _page(request: HttpRequest, found: User, problem: str = "") -> HttpResponse:
    context = {
        "one": found,
        "problem": problem,
        "grants": found.grants.select_related("site").order_by("role", "site__slug"),
        "roles": Grant.Role.choices,
        "second_factor": second_factor.find(found),
        "has_password": found.has_usable_password(),
        "sessions": [(one, described(one.browser)) for one in sessions.of(found)],
        "is_oneself": found.pk == request.user.pk,
    }
    return live.page(request, "user.html", context, [], every=None, status=400 if problem else 200)
