"""Signing in with a name and a password, and out."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRefresh

from devops_sync.models import User
from devops_sync.people import guesses, signing_in

from .. import sign_in
from ..methods import require_GET_or_POST, require_POST


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
        return redirect(sign_in.wanted(request))
    return _check(request) if request.method == "POST" else sign_in.page(request)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    signing_in.leave(request)
    return redirect("login")


def _check(request: HttpRequest) -> HttpResponse:
    try:
        guess = signing_in.count(request)
    except guesses.TooMany as too_many:
        return sign_in.held_off(request, too_many.until, sign_in.BY_ADDRESS)
    form = AuthenticationForm(request, request.POST)
    name = request.POST.get("username", "")
    if form.is_valid():
        guess.give_back()
        user = form.get_user()
        assert isinstance(user, User)
        if not signing_in.needs_second_factor(user):
            signing_in.enter(request, user, "password")
            return redirect(sign_in.wanted(request))
        signing_in.wait_for_second_factor(request, user)
        return redirect(sign_in.with_next("login-code", sign_in.wanted(request)))
    problem = "User name and password do not match."
    if not {"username", "password"} <= form.cleaned_data.keys():
        # Nothing was tried, so nothing counts it: noted, it would fill the log without end.
        guess.give_back()
        return sign_in.page(request, name=name, problem=problem)
    tried = form.cleaned_data["username"]
    if signing_in.was_looked_at(request):
        signing_in.note_held_off(guess)
    else:
        # An impatient person whose name is held off must not hold off their office.
        guess.give_back()
    signing_in.note_refused(request, tried, "wrong password")
    return sign_in.locked(request, tried) or sign_in.page(request, name=name, problem=problem)
