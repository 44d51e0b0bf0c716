"""`/tokens/<id>/`: one token, how it is used, and what can be done with it."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from devops_sync import digits, roles, tokens
from devops_sync.models import Submission, Token
from devops_sync.wrong import Unusable, Wrong

from .. import frame, live, token_form, token_secrets
from ..doors import readers_only
from ..fields import Field
from ..methods import require_GET, require_POST

SUBMISSIONS = 8
DAY = dt.timedelta(hours=24)
OVERLAPS = ((0, "They end at once"), (1, "1 hour"), (24, "24 hours"), (72, "3 days"), (168, "7 days"))


@require_GET
@readers_only
def token(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@readers_only
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """New secrets, shown by this answer and by nothing else."""
    found = _find(request, pk)
    hours, generation = request.POST.get("overlap", ""), request.POST.get("generation", "")
    try:
        if not digits.only(hours, 4):
            raise Unusable("Say for how many hours the old secrets go on.", "overlap")
        if not digits.only(generation, 9):
            raise Unusable("This form has no number of the token's generation. Open the page again.")
        secret, bearer = tokens.rotate(found, dt.timedelta(hours=int(hours)), frame.of(request).now, int(generation))
    except Wrong as wrong:
        return _page(request, found, wrong=wrong)
    return token_secrets.page(request, found, secret, bearer)


@require_POST
@readers_only
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    try:
        tokens.revoke(found, frame.of(request).now)
    except Wrong as wrong:
        return _page(request, found, wrong=wrong)
    messages.info(request, f"{found.name} is revoked: nothing of it is taken any more.")
    return redirect("token", pk)


@require_POST
@readers_only
def limits(request: HttpRequest, pk: int) -> HttpResponse:
    """When it ends, and how many requests a minute it may send."""
    found, now = _find(request, pk), frame.of(request).now
    given = {name: request.POST.get(name, "").strip() for name in ("ends", "rate")}
    try:
        rate = token_form.number(given["rate"], tokens.MOST_A_MINUTE, "rate_limit", "The limit")
        tokens.limit(found, token_form.end_of(given["ends"], found, now), rate, now)
    except Wrong as wrong:
        return _page(request, found, wrong=wrong, given=given)
    messages.info(request, "The limits hold from now on.")
    return redirect("token", pk)


def _find(request: HttpRequest, pk: int) -> Token:
    seen = Token.objects.filter(site__in=roles.sites(request.user)).select_related("site")
    found = get_object_or_404(seen, pk=pk)
    if not roles.may(request.user, "tokens", found.site):
        raise PermissionDenied("Tokens are for admins.")
    return found


def _page(
    request: HttpRequest, found: Token, *, wrong: Wrong | None = None, given: dict[str, str] | None = None
) -> HttpResponse:
    now = frame.of(request).now
    rows = Submission.objects.filter(token=found).newest_first().defer("raw")[:SUBMISSIONS]
    here = reverse("token", args=[found.pk])
    return live.page(
        request,
        "token.html",
        {
            "one": found,
            "state": f"token_{found.state(now)}",
            "is_over": found.is_over(now),
            "is_revoked": found.revoked_at is not None,
            "overlaps": found.overlaps(now),
            "offered": OVERLAPS,
            "scopes": " and ".join(filter(None, [", ".join(found.scopes[:-1]), found.scopes[-1]])),
            "counted": _counted(found, now),
            "rows": list(rows),
            "wrong": wrong,
            "fields": _fields(found, wrong, given or {}),
        },
        [live.Part("state", "state"), live.Part("use", "use"), live.Part("submissions", "submissions")],
        every=5,
        status=400 if wrong else 200,
        url=here,
    )


def _counted(found: Token, now: dt.datetime) -> dict[str, int] | None:
    """The requests of the last day, and those turned away; None where nothing counts them."""
    if found.rate_limit is None:
        return None
    recent = found.minutes.filter(minute__gt=now - DAY)
    said = recent.aggregate(requests=Sum("requests", default=0), refused=Sum("refused", default=0))
    last = recent.filter(minute__gt=now - dt.timedelta(minutes=1)).aggregate(one=Sum("requests", default=0))
    return {**said, "now": last["one"]}


def _fields(found: Token, wrong: Wrong | None, given: dict[str, str]) -> list[Field]:
    about, problem = (wrong.about, str(wrong)) if wrong else ("", "")
    rate = given.get("rate", str(found.rate_limit or ""))
    day = given.get("ends", token_form.day_of(found))
    return [
        token_form.rate(rate, problem if about == "rate_limit" else ""),
        token_form.ends(day, problem if about == "ends" else ""),
    ]
