"""`/quiet/`: pipelines and tokens that used to report and have stopped, and what people said of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from devops_sync import retirements, roles
from devops_sync.models import Retirement

from .. import frame, live, quiet
from ..doors import readers_only
from ..filters import Filters
from ..methods import require_GET, require_POST

SHOWN = 500
EVERY = 15


@require_GET
@readers_only
def quiet_list(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    filters = Filters(request.GET, around.sites)
    found, retired = quiet.read([] if filters.problems else filters.sites, around.now)
    return live.page(
        request,
        "quiet.html",
        {
            "filters": filters,
            "quiet": found[:SHOWN],
            "many": len(found),
            "retired": retired[:SHOWN],
            "many_retired": len(retired),
            "more": len(found) > SHOWN or len(retired) > SHOWN,
            "may_retire": {site.pk for site in roles.sites(request.user, "sites")},
        },
        [live.Part("list", "list"), live.Part("retired", "retired")],
        every=None if filters.problems else EVERY,
        status=400 if filters.problems else 200,
    )


@require_POST
@readers_only
def retire(request: HttpRequest) -> HttpResponse:
    """Say of one that has stopped that it is not expected any more."""
    around = frame.of(request)
    site = get_object_or_404(roles.sites(request.user), slug=request.POST.get("site", "").replace("\0", ""))
    if not roles.may(request.user, "sites", site):
        raise PermissionDenied("Saying who is not expected to report any more is for admins.")
    found = quiet.find([site], request.POST.get("what", ""), request.POST.get("ident", ""), around.now)
    if found is None:
        raise Http404
    retirements.retire(found.silent, found.what, request.user, around.now)
    messages.info(request, f"{found.silent.name} is not expected any more, until it reports again.")
    return _back(request)


@require_POST
@readers_only
def expect(request: HttpRequest, pk: int) -> HttpResponse:
    """Take that back."""
    found = get_object_or_404(Retirement.objects.of(roles.sites(request.user)).select_related("site"), pk=pk)
    if not roles.may(request.user, "sites", found.site):
        raise PermissionDenied("Saying who is expected to report is for admins.")
    retirements.take_back(found)
    messages.info(request, "It is expected to report again.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(reverse("quiet-list") + frame.of(request).site_query)
