"""The page at the door: what is wrong, for how long somebody is held off, and where they wanted to go."""

import datetime as dt
import math
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from devops_sync.people import openid, signing_in

BY_NAME = "There were too many failures. Nobody can sign in by this name from here for {wait}. Then try again."
BY_ADDRESS = "There were too many failures from your address. Nobody can sign in from it for {wait}. Then try again."
BY_CODES = (
    "There were too many wrong codes: none is looked at for {wait}. If they were not yours, somebody knows your"
    " password. An admin can give you another, which ends the wait."
)


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
