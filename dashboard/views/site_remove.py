"""`/sites/<slug>/remove/`: what a removal ends, what Jira keeps, and the typed name that does it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from devops_sync import roles, site_removal
from devops_sync.models import Site, User, properties
from devops_sync.wrong import Wrong

from .. import frame, live
from ..doors import readers_only
from ..kinds import KINDS
from ..methods import require_GET_or_POST

MOST_KEYS = 20


@require_GET_or_POST
@readers_only
def site_remove(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(roles.sites(request.user), slug=slug)
    if not roles.may(request.user, "sites", found):
        raise PermissionDenied("Removing a site is for admins.")
    if found.is_removed:
        return redirect("site", slug)
    if request.method != "POST":
        return _page(request, found)
    person = request.user if isinstance(request.user, User) else None
    typed, frees_name = request.POST.get("typed", "").strip(), request.POST.get("name") == "free"
    try:
        site_removal.remove(found, person, typed, frame.of(request).now, frees_name=frees_name)
    except Wrong as wrong:
        return _page(request, found, wrong, {"typed": typed[:60], "frees_name": frees_name})
    messages.info(request, f"{slug} was removed. What the ledger has of it stays here.")
    return redirect("site", found.slug)


def _page(
    request: HttpRequest, found: Site, wrong: Wrong | None = None, given: dict[str, Any] | None = None
) -> HttpResponse:
    alive = site_removal.alive(found)
    context = {
        "one": found,
        "left": site_removal.look(found),
        "most_entries": site_removal.COUNTED,
        "keys": properties.keys([found.pk], "", MOST_KEYS),
        "alive": sum(one.many for one in alive),
        "counted": site_removal.ALIVE,
        "without": [(KINDS[one.kind], one.without) for one in alive if one.without],
        "wrong": wrong,
        "given": given or {},
        "may_delete": roles.may(request.user, "delete", found),
    }
    return live.page(request, "site_remove.html", context, [], every=None, status=400 if wrong else 200)
