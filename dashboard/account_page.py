"""The page of one's own account, and the password that some of what it offers asks for once more."""

from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse

from devops_sync.models import User
from devops_sync.people import passwords, second_factor, sessions, signing_in
from devops_sync.wrong import Wrong

from . import live
from .browsers import described
from .doors import person
from .fields import Field


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
    """The page, with what is wrong, if anything."""
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
