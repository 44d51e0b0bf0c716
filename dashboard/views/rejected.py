"""`/deliveries/rejected/<id>/`: what Jira rejected for one cause; `…/correct`: mending it, seen before it is done."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from devops_sync import corrections, digits, rejections, roles
from devops_sync.models import Cause, Entry, Site

from .. import frame, live, paging, versions, zone
from ..doors import readers_only
from ..methods import require_GET, require_GET_or_POST
from ..rejected_filters import SINCE, RejectedFilters, keep
from ..rejections import LOOKED_AT, examples, pieces, remedy, show

ORDER = paging.ById()
FEW = 10
_LARGEST = 2**63 - 1


@require_GET
@readers_only
def rejected(request: HttpRequest, pk: int) -> HttpResponse:
    around = frame.of(request)
    cause = _find(request, pk)
    filters = RejectedFilters(request.GET, around.sites)
    scope = filters.scope(around.now)
    now = zone.local(around.now)
    group = next((one for one in rejections.groups(scope, now) if one.cause == pk), None)
    entries = scope.entries(pk)
    page = paging.asked(request, filters, entries.select_related("submission__token", "submission__user"), ORDER)
    shown = next(iter(show([group], scope, now)), None) if group else None
    looked_at = shown.newest if shown else list(entries[:LOOKED_AT])
    return live.page(
        request,
        "rejected.html",
        {
            "cause": cause,
            "parts_of_cause": pieces(cause.text),
            "filters": filters,
            "since": SINCE.items(),
            "shown": shown,
            "remedy": remedy(looked_at, filters.sites),
            "page": page,
            "rows": examples(page.rows),
            "may_correct": roles.sites(request.user, "submit").filter(pk__in=scope.sites).exists(),
            "with_deployments": any(entry.kind == "deployment" for entry in looked_at),
            "keep": keep(request),
            "environment_types": corrections.ENVIRONMENT_TYPES,
        },
        [],
        every=None,
        status=400 if filters.problems else 200,
    )


@require_GET_or_POST
@readers_only
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would be written, and write it when that is posted."""
    cause = _find(request, pk)
    asked = _Asked.of(request)
    sites = _sites(request, "resend" if asked.changes.is_empty else "submit")
    filters = RejectedFilters(request.GET, sites)
    scope = filters.scope(frame.of(request).now)
    found = [] if filters.problems else asked.up_to(scope, pk)
    entries = rejections.themselves(found)
    if request.method == "POST" and not (asked.problem or filters.problems):
        return _apply(request, cause, sites, entries, asked)
    drafts = [] if asked.problem else corrections.preview(entries, asked.changes)
    sound = [draft for draft in drafts if not draft.obstacle]
    obstacles = Counter(draft.obstacle for draft in drafts if draft.obstacle)
    context: dict[str, Any] = {
        "cause": cause,
        "parts_of_cause": pieces(cause.text),
        "filters": filters,
        "asked": asked,
        "count": len(sound),
        "rows": _before_and_after(sound[:FEW]),
        "obstacles": obstacles.most_common(),
        "passed_over": sum(obstacles.values()),
        "is_cut": len(entries) >= corrections.MOST,
        "most": corrections.MOST,
        "last": max((entry.pk for entry in found), default=0),
        "keep": keep(request),
        "environment_types": corrections.ENVIRONMENT_TYPES,
        "with_deployments": any(entry.kind == "deployment" for entry in entries[:LOOKED_AT]),
    }
    is_wrong = bool(asked.problem or filters.problems)
    return live.page(request, "rejected_correction.html", context, [], every=None, status=400 if is_wrong else 200)


def _apply(
    request: HttpRequest, cause: Cause, sites: list[Site], entries: list[Entry], asked: "_Asked"
) -> HttpResponse:
    assert request.user.is_authenticated
    by_site: dict[int, list[Entry]] = {}
    for entry in entries:
        by_site.setdefault(entry.site_id, []).append(entry)
    now = frame.of(request).now
    outcomes = [
        corrections.apply(site, by_site[site.pk], asked.changes, request.user, now)
        for site in sites
        if site.pk in by_site
    ]
    written = sum(outcome.written for outcome in outcomes)
    passed_over = Counter[str]()
    for outcome in outcomes:
        passed_over.update(outcome.passed_over)
    if written:
        messages.info(request, f"{_counted(written)} on the way to Jira.")
    for sentence, many in passed_over.most_common(5):
        messages.warning(request, f"{many:,} passed over. {sentence}")
    if not entries:
        messages.info(request, "Nothing of this group stands any more, so nothing was written.")
    submissions = [one for outcome in outcomes for one in outcome.submissions]
    if len(submissions) == 1:
        return redirect("submission", submissions[0].pk)
    return redirect(reverse("rejected", args=[cause.pk]) + keep(request))


def _counted(many: int) -> str:
    return (
        "One entry was written under your name and is"
        if many == 1
        else f"{many:,} entries were written under your name and are"
    )


@dataclass(frozen=True)
class _Asked:
    """What is to be changed, up to which entry, and what is wrong with it."""

    changes: corrections.Changes
    last: int = _LARGEST
    problem: str = ""
    field: str = ""
    is_resend: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> "_Asked":
        given = request.POST if request.method == "POST" else request.GET
        find, put, type_ = (given.get(name, "").strip()[:300] for name in ("find", "with", "environment_type"))
        is_resend = given.get("do") == "resend"
        changes = corrections.Changes() if is_resend else corrections.Changes(find, put, type_)
        last = given.get("last", "")
        asked = cls(changes, int(last) if digits.only(last) else _LARGEST, is_resend=is_resend)
        try:
            changes.check()
        except corrections.Wrong as wrong:
            return replace(asked, problem=wrong.message, field=wrong.field)
        if changes.is_empty and not is_resend:
            return replace(asked, problem="Say what is to be replaced, or send it again unchanged.", field="find")
        return asked

    def up_to(self, scope: rejections.Scope, cause: int) -> list[Entry]:
        """What stands of the cause, up to the last entry that was seen when it was asked."""
        return list(scope.entries(cause).filter(pk__lte=self.last)[: corrections.MOST])


@dataclass(frozen=True)
class _Row:
    """One entity before and after."""

    name: str
    url: str
    kind: Any
    issues: list[str]
    put: list[str]
    type: str
    put_type: str


def _before_and_after(drafts: list[corrections.Draft]) -> list[_Row]:
    rows = []
    for draft, example in zip(drafts, examples([draft.entry for draft in drafts]), strict=True):
        before, after = versions.read(draft.entry.payload), versions.read(draft.payload)
        rows.append(
            _Row(
                example.name,
                example.url,
                example.kind,
                example.issues,
                versions.issues_of(after),
                _type(before),
                _type(after),
            )
        )
    return rows


def _type(payload: dict[str, Any]) -> str:
    environment = payload.get("environment")
    found = environment.get("type") if isinstance(environment, dict) else ""
    return versions.clean(found)[:100] if isinstance(found, str) else ""


def _find(request: HttpRequest, pk: int) -> Cause:
    """The cause, if anything that the person may see was rejected for it."""
    cause = get_object_or_404(Cause, pk=pk)
    sites = roles.sites(request.user)
    if not Entry.objects.filter(cause=pk, outcome=Entry.Outcome.REJECTED, site__in=sites).exists():
        raise Http404
    return cause


def _sites(request: HttpRequest, act: str) -> list[Site]:
    found = list(roles.sites(request.user, act).order_by("slug"))
    if not found:
        raise PermissionDenied("Sending again and correcting take a release manager or an admin.")
    return found
