"""`/account/`: one's own password, second factor and sessions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync import audit
from devops_sync.models import User
from devops_sync.people import giving, passwords, second_factor, sessions, signing_in
from devops_sync.wrong import Wrong

from .. import live
from ..browsers import described
from ..fields import Field
from ..methods import require_GET, require_POST


@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return page(request)


@sensitive_post_parameters("current", "password", "again")
@never_cache
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Give oneself another password. All other sessions end with it."""
    user = person(request)
    try:
        confirm(request, user, "current")
        if request.POST.get("password") != request.POST.get("again"):
            raise Wrong("The two new passwords are not the same.", "again")
        giving.change_password(user, request.POST.get("password", ""))
    except Wrong as wrong:
        return page(request, wrong)
    # The row of this session went with those of the others; this browser stays signed in, under a new key.
    update_session_auth_hash(request, user)
    messages.info(request, "Your password is changed. You are signed out everywhere else.")
    return redirect("account")


@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one session, or all but this."""
    user, named = person(request), request.POST.get("session", "")
    if named == sessions.name(request.session.session_key or ""):
        signing_in.leave(request)
        return redirect("login")
    ended = int(sessions.end(user, named)) if named else sessions.end_all(user, but=request.session.session_key)
    if ended:
        audit.note("session.ended", on=user, after={"by": "the person", "sessions": ended})
    messages.info(request, f"{ended} session{'' if ended == 1 else 's'} ended.")
    return redirect("account")


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def confirm(request: HttpRequest, user: User, field: str) -> None:
    """Have the person give their password once more, however lately they signed in.

    Raises `Wrong`, also while they are held off, and for whoever comes through the provider and has none.
    """
    if not user.has_usable_password():
        raise Wrong("You sign in through the provider and have no password here.", field)
    name = user.get_username()
    if authenticate(request, username=name, password=request.POST.get(field, "")) is not None:
        return
    signing_in.note_refused(request, name, "wrong password")
    if signing_in.locked_until(request, name):
        raise Wrong("There were too many wrong passwords. Try again in a while.", field)
    raise Wrong("This is not your password.", field)


def password_now(problem: str = "") -> Field:
    """The field for it."""
    return Field("confirm", "Your password", type="password", problem=problem, has_focus=bool(problem), is_present=True)


def page(request: HttpRequest, wrong: Wrong | None = None) -> HttpResponse:
    user = person(request)
    context: dict[str, Any] = {
        "has_password": user.has_usable_password(),
        "fields": _fields(wrong),
        "policy": passwords.policy(),
        "second_factor": second_factor.find(user),
        "codes_left": second_factor.codes_left(user),
        "is_required": second_factor.is_required(user),
        "confirm": password_now(str(wrong) if wrong and wrong.about == "confirm" else ""),
        "sessions": [
            {
                "name": sessions.name(one.pk),
                "is_this": one.pk == request.session.session_key,
                "browser": described(one.browser),
                "row": one,
            }
            for one in sessions.of(user)
        ],
        "grants": user.grants.select_related("site").order_by("role", "site__slug"),
    }
    return live.page(request, "account.html", context, [], every=None, status=400 if wrong else 200)


def _fields(wrong: Wrong | None) -> list[Field]:
    labels = {"current": "Password now", "password": "New password", "again": "New password, once more"}
    about, problem = (wrong.about, str(wrong)) if wrong else ("", "")
    return [
        Field(
            name,
            label,
            type="password",
            most=passwords.LONGEST,
            problem=problem if about == name else "",
            has_focus=about == name,
            is_present=name == "current",
        )
        for name, label in labels.items()
    ]
