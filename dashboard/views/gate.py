"""`/deployments/<id>/gate`: the button that lets a worker ask Jira for a gate at once."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from devops_sync import ledger, roles
from devops_sync.models import Deployment, Gate

from .. import frame
from ..doors import readers_only
from ..methods import require_POST


@require_POST
@readers_only
def read_again(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Deployment.objects.of(roles.sites(request.user)).select_related("site"), pk=pk)
    if not roles.may(request.user, "refresh-gate", found.site):
        raise PermissionDenied("Reading a gate again takes a release manager or an admin.")
    ledger.follow_gate(get_object_or_404(Gate.objects.of_key(found.site_id, found.key)), frame.of(request).now)
    messages.info(request, "Jira is asked for the gate now.")
    return redirect("deployment", pk)
