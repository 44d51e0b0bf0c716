"""`/errands/plan/`: what a form chose becomes a planned errand, one for each site that it is on."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from devops_sync import errands, roles
from devops_sync.models import Errand, Site, User

from .. import frame, live
from ..choosing import Choice, Unclear, choose
from ..doors import readers_only
from ..methods import require_GET_or_POST

ACTS = (Errand.Purpose.RESEND.value, Errand.Purpose.VERIFY.value)


@require_GET_or_POST
@readers_only
def plan(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _say(request, "Nothing was chosen. Tick rows in a list, then plan what is to be done with them.", 400)
    act = request.POST.get("do", "")
    if act not in ACTS:
        return _say(request, "Say what is to be done: send again, or verify.", 400)
    try:
        choice = choose(request.POST, frame.of(request).sites)
    except Unclear as unclear:
        return _say(request, str(unclear), 400)
    allowed = set(roles.sites(request.user, act).values_list("pk", flat=True))
    if "with_deleted" in request.POST:
        # What an admin deleted, only an admin brings back.
        allowed &= set(roles.sites(request.user, "delete").values_list("pk", flat=True))
    sites = [site for site in choice.sites if site.pk in allowed]
    if not allowed or (choice.sites and not sites):
        raise PermissionDenied(
            "Bringing back what was deleted takes an admin."
            if "with_deleted" in request.POST
            else "Sending again and reading back take a release manager or an admin."
        )
    planned, nothing = _plan(request, act, choice, sites)
    if not planned:
        return _say(request, nothing, 409)
    if left_out := [site.slug for site in choice.sites if site.pk not in allowed]:
        messages.warning(request, f"Left out, since you may not do that there: {', '.join(left_out)}.")
    if len(planned) == 1:
        return redirect("errand", planned[0].pk)
    numbers = urlencode([("number", errand.pk) for errand in planned])
    return redirect(f"{reverse('errand-list')}?{numbers}")


def _plan(request: HttpRequest, act: str, choice: Choice, sites: list[Site]) -> tuple[list[Errand], str]:
    """The errands, one for each site; and the sentence that says why there is none."""
    assert isinstance(request.user, User)
    now = frame.of(request).now
    ticks: dict[str, Any] = {name: name in request.POST for name in ("with_history", "with_deleted")}
    planned, nothing = [], "Nothing of that is there any more."
    for site in sites:
        try:
            if act == Errand.Purpose.RESEND:
                planned.append(errands.plan_resend(site, choice.chosen, request.user, choice.what, now, **ticks))
            else:
                planned.append(errands.plan_verify(site, choice.chosen, request.user, choice.what, now))
        except errands.Nothing as none:
            nothing = str(none)
    return planned, nothing


def _say(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return live.page(request, "errand_plan.html", {"sentence": sentence}, [], every=None, status=status)
