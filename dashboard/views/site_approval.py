"""`/sites/<slug>/approval/…`: agreeing that fewer deletions take two admins, or keeping it as it is."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from devops_sync import approvals, roles
from devops_sync.models import Site
from devops_sync.wrong import Wrong

from .. import frame
from ..doors import person, readers_only
from ..methods import require_POST


@require_POST
@readers_only
def agree(request: HttpRequest, slug: str) -> HttpResponse:
    """Say yes to what another admin asked for; it holds at once."""
    found = _find(request, slug)
    try:
        approvals.agree(found, person(request), request.POST.get("seen", ""), frame.of(request).now)
    except Wrong as wrong:
        messages.error(request, str(wrong))
    else:
        messages.info(request, "You agreed: it holds from now on.")
    return redirect("site", slug)


@require_POST
@readers_only
def keep(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget what somebody asked for; any admin may, whoever asked."""
    found = _find(request, slug)
    try:
        approvals.keep(found, frame.of(request).now)
    except Wrong as wrong:
        messages.error(request, str(wrong))
    else:
        messages.info(request, "It stays as it is.")
    return redirect("site", slug)


def _find(request: HttpRequest, slug: str) -> Site:
    found = get_object_or_404(roles.sites(request.user), slug=slug)
    if not roles.may(request.user, "sites", found):
        raise PermissionDenied("How many admins a deletion takes is for admins.")
    return found
