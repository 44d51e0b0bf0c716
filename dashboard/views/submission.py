"""`/submissions/<uuid>/`: one request that came in, its entries, its bytes."""

import uuid

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from devops_sync import answered, audit, roles
from devops_sync.models import Exposure, Submission

from .. import download, kinds, live, way, wire
from ..doors import readers_only
from ..methods import require_GET

SHOWN = 200


@require_GET
@readers_only
def submission(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _find(request, pk)
    may_raw = _may_raw(request, found)
    shows_bytes = may_raw and not live.is_pulse(request)
    if shows_bytes:
        audit.raw.shown(found)
    rows = found.entries.select_related("superseded_by").defer("payload", "superseded_by__payload")
    entries = list(rows.order_by("position")[: SHOWN + 1])
    gone = way.of(found.entries.all())
    return live.page(
        request,
        "submission.html",
        {
            "one": found,
            "way": gone,
            "waited": gone.sent_at - found.validated_at if gone.sent_at else None,
            "rows": kinds.listed(entries[:SHOWN]),
            "exposures": found.exposures.all() if found.is_exposing else (),  # type: ignore[attr-defined]
            "shown": SHOWN,
            "list_view": f"{kinds.LISTED_IN.get(found.api, 'deployment')}-list",
            "is_more": len(entries) > SHOWN,
            "may_raw": may_raw,
            "may_resend": found.site is not None
            and found.entry_count > found.refused_count
            and roles.may(request.user, "resend", found.site),
            "may_bring_back": roles.may(request.user, "delete", found.site),
            **(_exchange(found) if shows_bytes else {}),
        },
        [live.Part("steps", "steps"), live.Part("entries", "entries")],
        every=1 if gone.waiting else None,
    )


@require_GET
@readers_only
def submission_bytes(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _with_bytes(request, pk)
    if found.raw is None:
        raise Http404
    audit.raw.taken(found, "request")
    return download.of(found.raw, f"submission-{found.pk}.json")


@require_GET
@readers_only
def submission_answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _with_bytes(request, pk)
    answer = answered.to(found)
    if answer is None:
        raise Http404
    audit.raw.taken(found, "answer")
    return download.of(answer.body, f"submission-{found.pk}-answer.json")


def _find(request: HttpRequest, pk: uuid.UUID) -> Submission:
    rows = Submission.objects.of(
        roles.sites(request.user), and_of_none=roles.everywhere(request.user, "read")
    ).select_related("site", "token", "user", "envelope__property_set")
    rows = rows.annotate(is_exposing=Exists(Exposure.objects.filter(submission=OuterRef("pk"))))
    return get_object_or_404(rows.defer("raw", "answer", "site__sealed_secret"), pk=pk)


def _with_bytes(request: HttpRequest, pk: uuid.UUID) -> Submission:
    found = _find(request, pk)
    if not _may_raw(request, found):
        raise PermissionDenied("The bytes of requests are for auditors and admins.")
    return found


def _exchange(found: Submission) -> dict[str, object]:
    """What came in and what it was answered; of a large request neither is laid out."""
    is_small = found.size <= wire.SHOWN
    answer = answered.to(found) if is_small else None
    return {
        "head": wire.received_head(found.head) if found.head else "",
        "body": wire.body(found.raw) if is_small and found.sha256 is not None else "",
        "answer": answer,
        "answer_head": wire.answer_head(answer.status, answer.headers) if answer else "",
        "answer_body": wire.body(answer.body) if answer else "",
        "is_said_elsewhere": bool(found.head) and not is_small,
    }


def _may_raw(request: HttpRequest, found: Submission) -> bool:
    """Of one that belongs to no site, whoever may see those of all."""
    if found.site is None:
        return roles.everywhere(request.user, "raw")
    return roles.may(request.user, "raw", found.site)
