"""Signing in with a name and a password, and out."""

import datetime as dt
import math
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRefresh

from devops_sync.models import User
from devops_sync.people import guesses, openid, signing_in

from ..methods import require_GET_or_POST, require_POST

BY_NAME = "There were too many failures. Nobody can sign in by this name from here for {wait}. Then try again."
BY_ADDRESS = "There were too many failures from your address. Nobody can sign in from it for {wait}. Then try again."
BY_CODES = (
    "There were too many wrong codes: none is looked at for {wait}. If they were not yours, somebody knows your"
    " password. An admin can give you another, which ends the wait."
)


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_GET_or_POST
def login(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Trigger") == "pulse":
        # A page that follows keeps what it shows and says in its foot that it stands still.
        return HttpResponse("You are signed out.\n", status=401, content_type="text/plain; charset=utf-8")
    if "HX-Request" in request.headers:
        # A page was left open longer than the session: have it load whole, so that nobody sees a form inside it.
        return HttpResponseClientRefresh()
    if request.user.is_authenticated:
        return redirect(wanted(request))
    return _check(request) if request.method == "POST" else page(request)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    signing_in.leave(request)
    return redirect("login")


def _check(request: HttpRequest) -> HttpResponse:
    try:
        guess = signing_in.count(request)
    except guesses.TooMany as too_many:
        return held_off(request, too_many.until, BY_ADDRESS)
    form = AuthenticationForm(request, request.POST)
    name = request.POST.get("username", "")
    if form.is_valid():
        guess.give_back()
        user = form.get_user()
        assert isinstance(user, User)
        if not signing_in.needs_second_factor(user):
            signing_in.enter(request, user, "password")
            return redirect(wanted(request))
        signing_in.wait_for_second_factor(request, user)
        return redirect(with_next("login-code", wanted(request)))
    problem = "User name and password do not match."
    if not {"username", "password"} <= form.cleaned_data.keys():
        # Nothing was tried, so nothing counts it: noted, it would fill the log without end.
        guess.give_back()
        return page(request, name=name, problem=problem)
    tried = form.cleaned_data["username"]
    if signing_in.was_looked_at(request):
        signing_in.note_held_off(guess)
    else:
        # An impatient person whose name is held off must not hold off their office.
        guess.give_back()
    signing_in.note_refused(request, tried, "wrong password")
    return locked(request, tried) or page(request, name=name, problem=problem)


def page(request: HttpRequest, *, name: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    """The sign-in page, with what is wrong, if anything."""
    context = {
        "name": name,
        "problem": problem,
        "next": (next_ := wanted(request, or_else="")),
        "next_query": urlencode({"next": next_}),
        "provider": openid.host(),
    }
    return render(request, "login.html", context, status=status)


def locked(request: HttpRequest, name: str) -> HttpResponse | None:
    """The page for somebody who is held off, with how long; None where they are not."""
    until = signing_in.locked_until(request, name)
    return held_off(request, until, BY_NAME) if until else None


def held_off(request: HttpRequest, until: dt.datetime, why: str) -> HttpResponse:
    """429, with how long to wait. `why` is the sentence, with a place for that."""
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
    answer = page(request, problem=why.format(wait=_wait(seconds)), status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def _wait(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes > 90:
        return f"{math.ceil(minutes / 60)} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def wanted(request: HttpRequest, or_else: str | None = None) -> str:
    """Where they wanted to go, when that is a page of ours; else the overview."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, None) and asked.startswith("/")
    leads_away = is_ours and not asked.startswith(reverse("login"))
    return asked if leads_away else reverse("overview") if or_else is None else or_else


def with_next(view: str, next_: str) -> str:
    """The address of a page at the door that leads on to another."""
    return reverse(view) + (f"?{urlencode({'next': next_})}" if next_ != reverse("overview") else "")
