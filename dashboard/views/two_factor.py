"""`/account/two-factor/`: setting two-factor up, turning it off, and new recovery codes."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync.models import User
from devops_sync.people import second_factor, signing_in
from devops_sync.wrong import Wrong

from .. import account_page, enrolment, live
from ..doors import person
from ..methods import require_GET, require_GET_or_POST, require_POST


@sensitive_post_parameters("confirm", "code")
@never_cache
@require_GET_or_POST
def set_up(request: HttpRequest) -> HttpResponse:
    """Turn it on, with the password: else whoever finds a browser signed in locks the person out with their own app."""
    user = person(request)
    if second_factor.is_on(user):
        return redirect("account")
    if not user.has_usable_password():
        return _page(request, "You sign in through the provider, and it asks for a second factor if it wants one.")
    if request.method != "POST":
        enrolment.begin(request, user)
        return _page(request)
    try:
        account_page.confirm(request, user, "confirm")
        codes = enrolment.finish(request, user, request.POST.get("code", ""))
    except Wrong as wrong:
        return _page(request, str(wrong), wrong.about)
    return _codes(request, codes, "Two-factor is on")


@sensitive_post_parameters("confirm")
@never_cache
@require_POST
def turn_off(request: HttpRequest) -> HttpResponse:
    user = person(request)
    try:
        account_page.confirm(request, user, "confirm")
        if second_factor.is_required(user):
            raise Wrong("Your account has to have two-factor here.", "confirm")
    except Wrong as wrong:
        return account_page.page(request, wrong)
    second_factor.turn_off(user)
    messages.info(request, "Two-factor is off.")
    return redirect("account")


@sensitive_post_parameters("confirm")
@never_cache
@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes; the old ones work no more."""
    user = person(request)
    if not second_factor.is_on(user):
        return redirect("account")
    try:
        account_page.confirm(request, user, "confirm")
    except Wrong as wrong:
        return account_page.page(request, wrong)
    return _codes(request, second_factor.new_recovery_codes(user), "New recovery codes")


@login_not_required
@never_cache
@require_GET
def picture(request: HttpRequest) -> HttpResponse:
    """The QR code of the secret that this browser is about to take; of nobody else's."""
    user = request.user if isinstance(request.user, User) else signing_in.half_way(request)
    drawn = enrolment.picture(request, user.get_username()) if user else None
    if drawn is None:
        raise Http404
    return HttpResponse(drawn, content_type="image/svg+xml")


def _page(request: HttpRequest, problem: str = "", about: str = "") -> HttpResponse:
    is_of_password = about == "confirm"
    context = {
        **enrolment.shown(request),
        "problem": "" if is_of_password else problem,
        "confirm": account_page.password_now(problem if is_of_password else ""),
    }
    status = 400 if problem else 200
    return live.page(request, "two_factor.html", context, [], every=None, status=status)


def _codes(request: HttpRequest, codes: list[str], title: str) -> HttpResponse:
    return live.page(request, "recovery_codes.html", {"codes": codes, "title": title}, [], every=None)
