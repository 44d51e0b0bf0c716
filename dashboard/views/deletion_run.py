"""`/deletions/<id>/run/`: how a deletion runs, request by request, and the buttons that pause it and let it go on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from devops_sync import cleanups, roles
from devops_sync.models import Cleanup, User

from .. import deletion_run, deletions, frame, live
from ..doors import readers_only
from ..methods import require_GET, require_POST

PARTS = ("actions", "notices", "progress", "proof", "who")
_STEER = {"pause": cleanups.pause, "go-on": cleanups.go_on}
STEPS = tuple(_STEER)


@require_GET
@readers_only
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, deletions.find(request, pk))


@require_POST
@readers_only
def steer(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Pause it or go on with it; then back to its page."""
    found = deletions.find(request, pk, to_steer=True)
    assert isinstance(request.user, User)
    try:
        _STEER[step](found, request.user, frame.of(request).now)
    except cleanups.Wrong as wrong:
        return _page(request, deletions.find(request, pk), str(wrong))
    return redirect("deletion-run", pk)


def _page(request: HttpRequest, found: Cleanup, wrong: str = "") -> HttpResponse:
    shown = deletion_run.show(found, frame.of(request).now)
    context = {
        "run": shown,
        "history": deletion_run.history(found),
        "health": shown.lanes,
        "may_try": {site.pk for site in roles.sites(request.user, "try-now")},
        "deletion_actions": "part-actions",
        "wrong": wrong,
    }
    parts = [live.Part(f"part-{name}", name) for name in PARTS]
    return deletions.page(
        request,
        "deletion_run.html",
        found,
        "run",
        context,
        parts,
        every=shown.follows_every,
        status=409 if wrong else 200,
    )
