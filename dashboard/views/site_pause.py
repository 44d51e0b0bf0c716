"""`/sites/<slug>/pause` and `/sites/<slug>/resume`: let a site rest, and go on."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from devops_sync import pauses, roles
from devops_sync.models import Site, User
from devops_sync.wrong import Wrong

from .. import frame
from ..doors import readers_only
from ..methods import require_POST


@require_POST
@readers_only
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    found = _find(request, slug)
    person = request.user if isinstance(request.user, User) else None
    try:
        pauses.pause(found, person, request.POST.get("reason", "").strip(), frame.of(request).now)
    except Wrong as wrong:
        messages.error(request, str(wrong))
    return redirect("site", slug)


@require_POST
@readers_only
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    found = _find(request, slug)
    try:
        pauses.resume(found)
    except Wrong as wrong:
        messages.error(request, str(wrong))
    else:
        messages.info(request, f"{slug} goes on: what waits leaves in the order in which it came.")
    return redirect("site", slug)


def _find(request: HttpRequest, slug: str) -> Site:
    found = get_object_or_404(roles.sites(request.user), slug=slug)
    if not roles.may(request.user, "sites", found):
        raise PermissionDenied("Pausing a site is for admins.")
    return found
