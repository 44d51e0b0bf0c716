"""`/lanes/<id>/try-now`: let a held or sleeping lane go on."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from devops_sync import ledger, roles
from devops_sync.models import Lane

from .. import frame
from ..doors import readers_only
from ..methods import require_POST


@require_POST
@readers_only
def try_now(request: HttpRequest, pk: int) -> HttpResponse:
    lane = get_object_or_404(Lane.objects.filter(site__in=roles.sites(request.user)).select_related("site"), pk=pk)
    if not roles.may(request.user, "try-now", lane.site):
        raise PermissionDenied("Letting a lane go on takes a release manager or an admin.")
    ledger.try_now(lane, frame.of(request).now)
    messages.info(request, f"The {lane.api} lane of {lane.site} tries again now.")
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours and back.startswith("/") else reverse("delivery-list"))
