"""`/evidence/<kind>/<id>/`: everything that the ledger holds of one thing, as a zip, for auditors and admins."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from devops_sync import evidence, roles
from devops_sync.models import Cleanup, Site, User

from .. import download
from ..doors import readers_only
from ..kinds import KINDS
from ..methods import require_GET


@require_GET
@readers_only
def of_entity(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    rows: Any = KINDS[kind].model._default_manager.filter(site__in=roles.sites(request.user))
    found = get_object_or_404(rows.select_related("site", "entry"), pk=pk)
    _must(request, found.site)
    return _answer(request, evidence.of_entity(found, kind))


@require_GET
@readers_only
def of_deletion(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(Cleanup.objects.of(roles.sites(request.user)).select_related("site"), pk=pk)
    _must(request, found.site)
    return _answer(request, evidence.of_deletion(found))


@require_GET
@readers_only
def of_issue(request: HttpRequest, key: str) -> HttpResponseBase:
    """Of the sites that the person may audit, and of no others."""
    assert isinstance(request.user, User)
    if not roles.may_take_evidence(request.user):
        raise PermissionDenied("Evidence is for auditors and admins.")
    try:
        return _answer(request, evidence.of_issue(key, roles.evidence_sites(request.user)))
    except evidence.NotThere:
        raise Http404 from None


def _must(request: HttpRequest, site: Site) -> None:
    if not roles.may_take_evidence(request.user, site):
        raise PermissionDenied("Evidence is for auditors and admins.")


def _answer(request: HttpRequest, subject: evidence.Subject) -> HttpResponseBase:
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type="application/zip")
    else:
        answer = StreamingHttpResponse(evidence.Making(subject).pieces(), content_type="application/zip")
    return download.saved(answer, subject.file_name)
