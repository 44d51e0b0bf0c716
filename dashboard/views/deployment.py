"""`/deployments/<id>/`: one deployment, and the button that reads it back from Jira."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from devops_sync import ledger, roles
from devops_sync.models import Deployment, Entry
from devops_sync.models.deployment import furthest_of_issues

from .. import frame, gates, live, versions, whereabouts, wire
from ..doors import readers_only
from ..methods import require_GET, require_POST

VERSIONS = 50
ISSUES = 25


@require_GET
@readers_only
def deployment(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@readers_only
def read_back(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    if not roles.may(request.user, "verify", found.site):
        raise PermissionDenied("Reading back takes a release manager or an admin.")
    assert request.user.is_authenticated
    ledger.ask_read_back(found.entry, request.user, frame.of(request).now)
    if live.is_pulse(request):
        return _page(request, found)
    return redirect("deployment", pk)


def _find(request: HttpRequest, pk: int) -> Deployment:
    found = Deployment.objects.of(roles.sites(request.user)).select_related(
        "site",
        "property_set",
        "entry__lane",
        "entry__delivery",
        "entry__submission__token",
        "entry__submission__user",
    )
    return get_object_or_404(
        found.defer(
            "entry__submission__raw",
            "entry__delivery__request_body",
            "entry__delivery__response_body",
            "site__sealed_secret",
        ),
        pk=pk,
    )


def _page(request: HttpRequest, found: Deployment) -> HttpResponse:
    around = frame.of(request)
    may_raw = roles.may(request.user, "raw", found.site)
    where = whereabouts.of(found.entry, around.now, with_bodies=may_raw)
    all_here = Deployment.objects.in_place_of(found)
    entries = list(
        Entry.objects.of_key(found.site_id, "deployment", found.key)
        .select_related("submission__token", "submission__user")
        .defer("submission__raw")
        .order_by("-pk")[: VERSIONS + 1]
    )
    unknown = {key.upper() for key in found.entry.unknown_issues}
    shown = found.issue_keys[:ISSUES]
    furthest = furthest_of_issues([found.site_id], [key for key in shown if key not in unknown])
    told = versions.tell(entries, found.entry_id, VERSIONS)
    context: dict[str, Any] = {
        "one": found,
        "entry": found.entry,
        "submission": found.entry.submission,
        "where": where,
        "runs": all_here.filter(state=Deployment.State.SUCCESSFUL, number__lt=found.number).order_by("-number").first(),
        "later": all_here.filter(number__gt=found.number).order_by("-number").first(),
        "in_jira_before": _accepted_before(entries, found.entry),
        "issues": [(key, key in unknown, furthest.get(key, "")) for key in shown],
        "more_issues": found.issue_keys[ISSUES:],
        "unknown_count": len(unknown),
        "versions": told,
        "has_older_versions": len(entries) > VERSIONS,
        "gate": gates.of(found),
        "elsewhere": whereabouts.elsewhere(found),
        "may_raw": may_raw,
        "may_verify": roles.may(request.user, "verify", found.site) and found.entry.outcome == Entry.Outcome.ACCEPTED,
        "may_try": roles.may(request.user, "try-now", found.site),
        **(_exchange(where) if may_raw else {}),
    }
    names = ("title", "sub", "actions", "where", "issues", "versions", "wire", "gate", "elsewhere", "facts")
    return live.page(
        request,
        "deployment.html",
        context,
        [live.Part(f"part-{name}", name) for name in names],
        every=where.follows_every or (5 if found.state in ("pending", "in_progress") else None),
        url=reverse("deployment", args=[found.pk]),
    )


def _accepted_before(entries: list[Entry], current: Entry) -> Entry | None:
    """The version that Jira shows as long as it does not have the current one."""
    if current.outcome == Entry.Outcome.ACCEPTED:
        return None
    older = (one for one in entries if one.outcome == Entry.Outcome.ACCEPTED and one.pk != current.pk)
    return max(older, key=lambda one: one.sequence or 0, default=None)


def _exchange(where: whereabouts.Whereabouts) -> dict[str, Any]:
    """The request that carried the entry and its answer, laid out. Of a large one only the entry's own part."""
    delivery = where.delivery
    if delivery is None:
        return {}
    is_large = len(delivery.request_body) > wire.SHOWN
    answered = bytes(delivery.response_body or b"")
    return {
        "request_head": wire.request_head(delivery.method, delivery.url, delivery.request_headers),
        "request_body": wire.laid_out(where.entry.payload) if is_large else wire.body(delivery.request_body),
        "request_size": len(delivery.request_body),
        "request_is_large": is_large,
        "answer_head": wire.answer_head(delivery.status, delivery.response_headers),
        "answer_body": wire.body(answered[: wire.SHOWN]),
        "answer_size": len(answered),
        "answer_is_large": len(answered) > wire.SHOWN,
    }
