"""`/login/code/`: the second half of signing in, for whose password was right: a code, or setting up two-factor."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync import audit, remote
from devops_sync.models import User
from devops_sync.people import guesses, second_factor, signing_in
from devops_sync.wrong import Wrong

from .. import enrolment, sign_in
from ..methods import require_GET_or_POST


@login_not_required
@sensitive_post_parameters("code")
@never_cache
@require_GET_or_POST
def login_code(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(sign_in.wanted(request))
    user = signing_in.half_way(request)
    if user is None:
        return redirect(sign_in.with_next("login", sign_in.wanted(request)))
    if not signing_in.needs_second_factor(user):
        # It was removed meanwhile. To say so gives nothing away: the password was right, and alone it is enough now.
        return sign_in.page(request, problem=str(second_factor.Removed()))
    if not second_factor.is_on(user):
        return _set_up(request, user)
    return _check(request, user) if request.method == "POST" else _page(request)


def _check(request: HttpRequest, user: User) -> HttpResponse:
    name = user.get_username()
    held_off = sign_in.locked(request, name)
    if held_off:
        return held_off
    try:
        guess = signing_in.count(request)
    except guesses.TooMany as too_many:
        return sign_in.held_off(request, too_many.until, sign_in.BY_ADDRESS)
    try:
        taken = second_factor.take(user, request.POST.get("code", ""))
    except second_factor.Resting as resting:
        guess.give_back()
        return sign_in.held_off(request, resting.until, sign_in.BY_CODES)
    except second_factor.Removed as removed:
        guess.give_back()
        return sign_in.page(request, problem=str(removed))
    except Wrong as wrong:
        signing_in.note_held_off(guess)
        signing_in.refuse(request, name)
        signing_in.note_refused(request, name, "wrong code")
        return sign_in.locked(request, name) or _page(request, str(wrong))
    guess.give_back()
    signing_in.enter(request, user, f"password and {taken} code")
    return redirect(sign_in.wanted(request))


def _set_up(request: HttpRequest, user: User) -> HttpResponse:
    """Two-factor is required and they have none yet: nobody is signed in before it is there."""
    if request.method != "POST":
        enrolment.begin(request, user)
        return _set_up_page(request)
    try:
        with audit.acting.by(audit.acting.user(user, remote.address_of(request))):
            codes = enrolment.finish(request, user, request.POST.get("code", ""))
    except Wrong as wrong:
        return _set_up_page(request, str(wrong))
    signing_in.enter(request, user, "password and new second factor")
    return render(request, "login_recovery_codes.html", {"codes": codes, "next": sign_in.wanted(request)})


def _set_up_page(request: HttpRequest, problem: str = "") -> HttpResponse:
    context = {**enrolment.shown(request), "next": sign_in.wanted(request, or_else=""), "problem": problem}
    return render(request, "login_set_up.html", context, status=400 if problem else 200)


def _page(request: HttpRequest, problem: str = "") -> HttpResponse:
    context = {"next": sign_in.wanted(request, or_else=""), "problem": problem}
    return render(request, "login_code.html", context, status=400 if problem else 200)
