"""`/deliveries/<id>/`: one request that went out, and Jira's answer."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from devops_sync import audit, roles
from devops_sync.models import Delivery, Entry

from .. import download, kinds, live, way, wire
from ..doors import readers_only
from ..methods import require_GET

SHOWN = 200


@require_GET
@readers_only
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    may_raw = roles.may(request.user, "raw", found.lane.site)
    if may_raw:
        audit.raw.shown(found, found.lane.site)
    ids = found.entry_ids[:SHOWN]
    entries = Entry.objects.filter(pk__in=ids).select_related("superseded_by").order_by("pk")
    entries = entries.defer("payload", "superseded_by__payload")
    gone = way.of(Entry.objects.filter(pk__in=found.entry_ids))
    received_at = found.deletion.received_at if found.deletion else gone.received_at
    return live.page(
        request,
        "delivery.html",
        {
            "one": found,
            "way": gone,
            "verdict": found.verdict_name,
            "waited": found.started_at - received_at if received_at else None,
            "rows": kinds.listed(entries),
            "shown": SHOWN,
            "may_raw": may_raw,
            **(_exchange(found) if may_raw else {}),
        },
        [
            live.Part("head", "head"),
            live.Part("steps", "steps"),
            live.Part("entries", "entries"),
            live.Part("wire", "wire"),
        ],
        every=1 if found.finished_at is None else None,
    )


@require_GET
@readers_only
def delivery_request(request: HttpRequest, pk: int) -> HttpResponse:
    found = _with_bytes(request, pk)
    audit.raw.taken(found, "request", found.lane.site)
    return download.of(found.request_body, f"delivery-{pk}-request.json")


@require_GET
@readers_only
def delivery_answer(request: HttpRequest, pk: int) -> HttpResponse:
    found = _with_bytes(request, pk)
    if found.response_body is None:
        raise Http404
    audit.raw.taken(found, "answer", found.lane.site)
    return download.of(found.response_body, f"delivery-{pk}-answer.bin")


def _find(request: HttpRequest, pk: int) -> Delivery:
    rows = Delivery.objects.of(roles.sites(request.user)).select_related(
        "lane__site", "deletion__token", "deletion__user"
    )
    return get_object_or_404(rows.defer("request_body", "response_body", "lane__site__sealed_secret"), pk=pk)


def _with_bytes(request: HttpRequest, pk: int) -> Delivery:
    found = _find(request, pk)
    if not roles.may(request.user, "raw", found.lane.site):
        raise PermissionDenied("The bytes of requests are for auditors and admins.")
    return found


def _exchange(found: Delivery) -> dict[str, object]:
    sent, answered = bytes(found.request_body), bytes(found.response_body or b"")
    return {
        "request_head": wire.request_head(found.method, found.url, found.request_headers),
        "request_body": wire.body(sent[: wire.SHOWN]),
        "request_size": len(sent),
        "answer_head": wire.answer_head(found.status, found.response_headers),
        "answer_body": wire.body(answered[: wire.SHOWN]),
        "answer_size": len(answered),
        "most": wire.SHOWN,
    }
