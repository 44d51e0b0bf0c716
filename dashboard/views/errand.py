"""`/errands/<id>/`: one resend or check, its plan and its progress; and the buttons that steer it."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from devops_sync import errands as ledger_errands
from devops_sync import roles
from devops_sync.models import Errand, User

from .. import errands, frame, live
from ..doors import readers_only
from ..methods import require_GET, require_POST

_STEER: dict[str, Callable[..., None]] = {
    "start": ledger_errands.start,
    "pause": ledger_errands.pause,
    "go-on": ledger_errands.go_on,
    "cancel": ledger_errands.cancel,
}
STEPS = tuple(_STEER)


@require_GET
@readers_only
def errand(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@readers_only
def steer(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Start it, pause it, go on with it or cancel it; then back to its page."""
    found = _find(request, pk)
    if not roles.may(request.user, found.purpose, found.site):
        raise PermissionDenied("Sending again and reading back take a release manager or an admin.")
    assert isinstance(request.user, User)
    try:
        _STEER[step](found, request.user, frame.of(request).now)
    except ledger_errands.WrongState as wrong:
        return _page(request, _find(request, pk), str(wrong))
    return redirect("errand", pk)


def _find(request: HttpRequest, pk: int) -> Errand:
    rows = Errand.objects.of(roles.sites(request.user)).select_related("site", "user").defer("site__sealed_secret")
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, found: Errand, wrong: str = "") -> HttpResponse:
    now = frame.of(request).now
    shown = errands.show(found, now)
    is_moving = found.state in (Errand.State.RUNNING, Errand.State.PAUSED)
    return live.page(
        request,
        "errand.html",
        {
            "one": found,
            "shown": shown,
            "progress": shown.progress,
            "may_resend": roles.may(request.user, "resend", found.site),
            "may_steer": roles.may(request.user, found.purpose, found.site),
            "health": errands.lanes_of(found, now) if is_moving else None,
            "may_try": {site.pk for site in roles.sites(request.user, "try-now")},
            "wrong": wrong,
        },
        [live.Part(f"part-{name}", name) for name in ("title", "actions", "notices", "progress", "facts")],
        every=shown.follows_every,
        status=409 if wrong else 200,
        url=reverse("errand", args=[found.pk]),
    )
