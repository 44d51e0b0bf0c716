"""`/settings/`: in which zone and in which colours somebody reads and by which keys, kept for the person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from devops_sync.models import User

from .. import zone
from ..methods import require_GET_or_POST


@require_GET_or_POST
def settings(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    if request.method != "POST":
        return _page(request, request.user, "")
    time_zone, scheme = request.POST.get("time_zone"), request.POST.get("color_scheme")
    if time_zone and zone.find(time_zone) is None:
        return _page(request, request.user, f"“{time_zone[:64]}” is no time zone that is known here. Pick one.")
    if scheme is not None and scheme not in User.ColorScheme.values:
        return _page(request, request.user, "There are light, dark, and as the system has it.")
    keys = request.POST.get("single_keys")
    if keys not in (None, "on", "off"):
        return _page(request, request.user, "Single keys are on or off.")
    request.user.read_in(time_zone=time_zone, color_scheme=scheme)
    if keys is not None:
        request.user.press(single_keys=keys == "on")
    return redirect(_back(request))


def _page(request: HttpRequest, user: User, problem: str) -> HttpResponse:
    context = {
        "zones": zone.known(),
        "chosen": user.time_zone,
        "browser_zone": request.COOKIES.get(zone.COOKIE, "") if not problem else "",
        "schemes": User.ColorScheme.choices,
        "problem": problem,
    }
    return render(request, "settings.html", context, status=400 if problem else 200)


def _back(request: HttpRequest) -> str:
    """The page that they came from, when it is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, None) and asked.startswith("/")
    return asked if is_ours else reverse("settings")
