"""`/submissions/<uuid>/`: one request that came in, its entries, its bytes."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from devops_sync import roles
from devops_sync.models import Submission

from .. import download, kinds, live, way, wire
from ..doors import readers_only
from ..methods import require_GET

SHOWN = 200


@require_GET
@readers_only
def submission(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _find(request, pk)
    may_raw = _may_raw(request, found)
    rows = found.entries.select_related("superseded_by").defer("payload", "superseded_by__payload")
    entries = list(rows.order_by("position")[: SHOWN + 1])
    is_shown = may_raw and found.sha256 is not None and found.size <= wire.SHOWN
    gone = way.of(found.entries.all())
    return live.page(
        request,
        "submission.html",
        {
            "one": found,
            "way": gone,
            "waited": gone.sent_at - found.validated_at if gone.sent_at else None,
            "rows": kinds.listed(entries[:SHOWN]),
            "shown": SHOWN,
            "list_view": f"{kinds.LISTED_IN.get(found.api, 'deployment')}-list",
            "is_more": len(entries) > SHOWN,
            "may_raw": may_raw,
            "may_resend": found.site is not None
            and found.entry_count > found.refused_count
            and roles.may(request.user, "resend", found.site),
            "may_bring_back": roles.may(request.user, "delete", found.site),
            "body": wire.body(found.raw) if is_shown else "",
        },
        [live.Part("steps", "steps"), live.Part("entries", "entries")],
        every=1 if gone.waiting else None,
    )


@require_GET
@readers_only
def submission_bytes(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _find(request, pk)
    if not _may_raw(request, found):
        raise PermissionDenied("The bytes of requests are for auditors and admins.")
    if found.raw is None:
        raise Http404
    return download.of(found.raw, f"submission-{found.pk}.json")


def _find(request: HttpRequest, pk: uuid.UUID) -> Submission:
    rows = Submission.objects.of(
        roles.sites(request.user), and_of_none=roles.everywhere(request.user, "read")
    ).select_related("site", "token", "user", "envelope__property_set")
    return get_object_or_404(rows.defer("raw", "site__sealed_secret"), pk=pk)


def _may_raw(request: HttpRequest, found: Submission) -> bool:
    """Of one that belongs to no site, whoever may see those of all."""
    if found.site is None:
        return roles.everywhere(request.user, "raw")
    return roles.may(request.user, "raw", found.site)
