"""`/deployments/<id>/`, `/builds/<id>/` and so on: one entity of any kind, and the button that reads it back."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from devops_sync import audit, ledger, roles
from devops_sync.models import Deletion, Entry, Repository
from devops_sync.models.current import Current
from devops_sync.models.reach import furthest_of_issues

from .. import export, frame, kin, live, versions, whereabouts, wire
from ..doors import readers_only
from ..kinds import KINDS, Kind
from ..methods import require_GET, require_POST
from ..own import Own, build, deployment, development, repository

VERSIONS = 50
ISSUES = 25
OWN: Mapping[str, Callable[[HttpRequest, Any], Own]] = {
    "deployment": deployment.own,
    "build": build.own,
    "repository": repository.own,
    "commit": development.own,
    "branch": development.own,
    "pull_request": development.own,
}


@require_GET
@readers_only
def entity(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    found = _find(request, KINDS[kind], pk)
    if export.is_asked(request) and isinstance(found, Repository):
        return repository.file(request, found)
    return _page(request, KINDS[kind], found)


@require_POST
@readers_only
def read_back(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    found = _find(request, KINDS[kind], pk)
    if not roles.may(request.user, "verify", found.site):
        raise PermissionDenied("Reading back takes a release manager or an admin.")
    assert request.user.is_authenticated
    ledger.ask_read_back(found.entry, request.user, frame.of(request).now)
    if live.is_pulse(request):
        return _page(request, KINDS[kind], found)
    return redirect(KINDS[kind].url(pk))


def _find(request: HttpRequest, kind: Kind, pk: int) -> Current:
    """Also what was deleted: its page says so."""
    found = kind.model._default_manager.filter(site__in=roles.sites(request.user)).select_related(
        "site",
        "property_set",
        "entry__lane",
        "entry__delivery",
        "entry__superseded_by",
        "entry__submission__token",
        "entry__submission__user",
    )
    return get_object_or_404(
        found.defer(
            "entry__submission__raw",
            "entry__superseded_by__payload",
            "entry__delivery__request_body",
            "entry__delivery__response_body",
            "site__sealed_secret",
        ),
        pk=pk,
    )


def _page(request: HttpRequest, kind: Kind, found: Any) -> HttpResponse:
    around = frame.of(request)
    may_raw = roles.may(request.user, "raw", found.site)
    where = whereabouts.of(found.entry, around.now, with_bodies=may_raw)
    if may_raw and where.delivery is not None:
        audit.raw.shown(found)
    entries = list(
        Entry.objects.of_key(found.site_id, kind.name, found.key)
        .select_related(
            "submission__token",
            "submission__user",
            "submission__errand",
            "superseded_by",
            "envelope__property_set",
        )
        .defer("submission__raw", "superseded_by__payload", "envelope__fields")
        .order_by("-pk")[: VERSIONS + 1]
    )
    unknown = {key.upper() for key in found.entry.unknown_issues}
    shown = found.issue_keys[:ISSUES]
    known = [key for key in shown if key not in unknown]
    furthest = furthest_of_issues([found.site_id], known) if known else {}
    deletion = Deletion.objects.that_took(found, kind.name)
    again = _sent_again(entries, found.entry)
    own = OWN[kind.name](request, found)
    context: dict[str, Any] = {
        "one": found,
        "kind": kind,
        "read_back_url": kind.read_back_url(found.pk),
        "url": kind.url(found.pk),
        "entry": found.entry,
        "submission": found.entry.submission,
        "where": where,
        "deletion": deletion,
        "again": again,
        "rejection": again if again and again.outcome == Entry.Outcome.REJECTED else found.entry,
        "came_back_from": _came_back_from(found, kind, again),
        "in_jira_before": _accepted_before(entries, found.entry),
        "issues": [(key, key in unknown, furthest.get(key, "")) for key in shown],
        "more_issues": found.issue_keys[ISSUES:],
        "unknown_count": len(unknown),
        # Asked for by whole pages only, not by each pulse: it is no moving part.
        "kindred": lambda: kin.of(found, kind),
        "most_kin": kin.MOST,
        "versions": versions.tell(entries, found.entry_id, VERSIONS, kind.state_field),
        "ends": versions.ends(found, kind.name, entries),
        "may_see_deletions": roles.may(request.user, "audit", found.site),
        "has_older_versions": len(entries) > VERSIONS,
        "may_raw": may_raw,
        "evidence_url": kind.evidence_url(found.pk) if roles.may_take_evidence(request.user, found.site) else "",
        "may_verify": found.deleted_at is None
        and found.entry.outcome == Entry.Outcome.ACCEPTED
        and roles.may(request.user, "verify", found.site),
        "may_resend": roles.may(request.user, "resend", found.site),
        "may_bring_back": roles.may(request.user, "delete", found.site),
        "may_try": roles.may(request.user, "try-now", found.site),
        **(_exchange(where) if may_raw else {}),
        **own.context,
    }
    shared = ["actions", "where", "versions", "wire"] + (["issues"] if kind.name != "repository" else [])
    is_moving = (deletion is not None and deletion.outcome == Deletion.Outcome.WAITING) or (
        again is not None and again.outcome == Entry.Outcome.WAITING
    )
    return live.page(
        request,
        kind.template,
        context,
        [
            *(live.Part(f"part-{name}", f"_entity.html#{name}") for name in shared),
            *(live.Part(f"part-{name}", name) for name in ("title", "sub", "facts", *own.parts)),
        ],
        every=where.follows_every or own.every or (2 if is_moving else None),
        status=own.status,
        ask=own.ask,
        url=kind.url(found.pk) if request.method == "POST" else None,
    )


def _sent_again(entries: list[Entry], current: Entry) -> Entry | None:
    """The last time that the current version was sent again."""
    copies = (one for one in entries if one.origin_id == current.pk and one.submission.errand is not None)
    return max(copies, key=lambda one: one.pk, default=None)


def _came_back_from(found: Current, kind: Kind, again: Entry | None) -> Deletion | None:
    """The deletion of what was deleted and lives again, since it was sent again."""
    if again is None or found.deleted_at is not None:
        return None
    errand = again.submission.errand
    return Deletion.objects.brought_back_from(found, kind.name, again.pk) if errand and errand.with_deleted else None


def _accepted_before(entries: list[Entry], current: Entry) -> Entry | None:
    """The version that Jira shows as long as it does not have the current one."""
    if current.outcome == Entry.Outcome.ACCEPTED:
        return None
    older = (
        one for one in entries if one.outcome == Entry.Outcome.ACCEPTED and current.pk not in (one.pk, one.origin_id)
    )
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
