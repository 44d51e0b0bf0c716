"""`/sites/<slug>/`: one site, what its credential may do, and how to give it another."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync import approvals, roles, sites
from devops_sync.models import Delivery, Site, Token
from devops_sync.people import settled

from .. import credential, frame, health, live
from ..doors import person, readers_only
from ..fields import Field
from ..methods import require_GET, require_POST

ANSWERS = 8


@require_GET
@readers_only
def site(request: HttpRequest, slug: str) -> HttpResponse:
    found = _find(request, slug)
    return _page(request, found, credential.fields(is_app=found.is_app, client_id=found.client_id))


@require_POST
@readers_only
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask Jira what the credential may do, while the person waits."""
    found = _find_for_admin(request, slug)
    sites.examine(found, frame.of(request).now)
    messages.info(request, "Jira was asked what the credential may do.")
    return redirect("site", slug)


@sensitive_post_parameters("secret")
@require_POST
@readers_only
def replace_credential(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the site another credential, once Jira has taken it. The person waits."""
    found = _find_for_admin(request, slug)
    client_id, secret = request.POST.get("client_id", "").strip(), request.POST.get("secret", "").strip()
    try:
        sites.replace_credential(found, client_id, secret, frame.of(request).now)
    except sites.Wrong as wrong:
        fields = credential.fields(is_app=found.is_app, client_id=client_id, about=wrong.about, problem=str(wrong))
        return _page(request, found, fields, wrong=wrong)
    messages.info(request, "The credential works and has replaced the old one.")
    return redirect("site", slug)


@require_POST
@readers_only
def change_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Say how much is read back by itself, when older versions need not be sent, and which deletions take two."""
    found = _find_for_admin(request, slug)
    names = ("sample_one_in", "superseding", "approval_above")
    one_in, superseding, above = (request.POST.get(name, "").strip() for name in names)
    now = frame.of(request).now
    try:
        sites.change_settings(found, one_in, superseding, above, person(request), now)
    except sites.Wrong as wrong:
        fields = credential.fields(is_app=found.is_app, client_id=found.client_id)
        problems = {wrong.about: str(wrong)}
        settings = [_sampling(one_in, problems.get("sample_one_in", ""))]
        settings.append(_approval(above, problems.get("approval_above", "")))
        return _page(request, found, fields, settings=settings)
    waits = " Less approval of deletions has to wait: see below the settings." if found.is_loosening(now) else ""
    messages.info(request, f"The settings hold for what comes from now on.{waits}")
    return redirect("site", slug)


def _sampling(one_in: object, problem: str = "") -> Field:
    return Field(
        name="sample_one_in",
        label="Read back one in",
        hint="Of what Jira accepted. New deployments to production are always read; 0 reads nothing by itself.",
        value=str(one_in),
        problem=problem,
        most=5,
        has_focus=bool(problem),
    )


def _approval(above: object, problem: str = "") -> Field:
    return Field(
        name="approval_above",
        label="A second admin approves deletions above",
        hint="Entities; nobody approves their own. Empty: never. Less approval than now holds a day later, or once"
        " another admin agrees.",
        value="" if above is None else str(above),
        problem=problem,
        most=11,
        is_required=False,
        has_focus=bool(problem),
    )


def _find(request: HttpRequest, slug: str) -> Site:
    return get_object_or_404(roles.sites(request.user), slug=slug)


def _find_for_admin(request: HttpRequest, slug: str) -> Site:
    found = _find(request, slug)
    if not roles.may(request.user, "sites", found):
        raise PermissionDenied("Testing a site, its credential and its settings are for admins.")
    if found.is_removed:
        raise PermissionDenied(f"{found.slug} was removed: there is nothing to set or to try any more.")
    return found


def _unsettled(request: HttpRequest, found: Site, now: dt.datetime) -> str:
    """Why the reader cannot agree to what waits, in a sentence; empty where they can."""
    reader = person(request)
    if reader.pk == found.loosened_by_id:
        return "You asked for it, so you cannot agree to it."
    return settled.problem(reader, found, now) or settled.problem(found.loosened_by, found, now)


def _tokens(found: Site, now: dt.datetime) -> list[tuple[Token, str]]:
    return [(token, f"token_{token.state(now)}") for token in found.tokens.order_by("name")]


def _page(
    request: HttpRequest,
    found: Site,
    fields: list[Field],
    *,
    wrong: sites.Wrong | None = None,
    settings: list[Field] | None = None,
) -> HttpResponse:
    around = frame.of(request)
    lanes = health.lanes_of([found], around.now)
    by_lane = {stretch.lane.pk: stretch.lane for stretch in lanes}
    if found.is_removed:
        by_lane = {lane.pk: lane for lane in found.lanes.select_related("site")}
    answers = Delivery.objects.filter(lane__in=list(by_lane)).newest_first()
    rows = list(answers.defer("request_body", "response_body", "request_headers")[:ANSWERS])
    for row in rows:
        row.lane = by_lane[row.lane_id]
    may_sites, may_tokens = (roles.may(request.user, act, found) for act in ("sites", "tokens"))
    here = reverse("site", args=[found.slug])
    loosens = may_sites and found.is_loosening(around.now)
    return live.page(
        request,
        "site.html",
        {
            "one": found,
            "here": here,
            "scopes": credential.SCOPES,
            "uses": credential.uses(found),
            "lanes": lanes,
            "rows": rows,
            "tokens": _tokens(found, around.now) if may_tokens else [],
            "rest": health.Lanes(lanes).paused,
            "fields": fields,
            "wrong": wrong,
            "settings": settings or [_sampling(found.sample_one_in), _approval(found.approves_above(around.now))],
            "loosens": loosens,
            "seen": approvals.seen_as(found),
            "unsettled": loosens and _unsettled(request, found, around.now),
            "supersedings": Site.Superseding.choices,
            "now": around.now,
            "may_sites": may_sites and not found.is_removed,
            "may_tokens": may_tokens,
            "may_resend": roles.may(request.user, "resend", found),
            "may_bring_back": roles.may(request.user, "delete", found),
            "may_verify": roles.may(request.user, "verify", found),
            "may_try": roles.may(request.user, "try-now", found),
        },
        [
            live.Part("rest", "rest"),
            live.Part("uses", "uses"),
            live.Part("lanes", "lanes"),
            live.Part("answers", "answers"),
        ],
        every=2 if any(stretch.is_moving for stretch in lanes) else 5,
        status=400 if wrong or settings else 200,
        url=here,
    )
