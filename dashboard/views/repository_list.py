"""`/repositories/`: the latest changed first, by filters in the address."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from devops_sync.models import Repository
from devops_sync.models.development import contents_of, counts_of

from .. import frame, listing
from ..doors import readers_only
from ..filters import RepositoryFilters
from ..kinds import KINDS
from ..methods import require_GET


@require_GET
@readers_only
def repository_list(request: HttpRequest) -> HttpResponseBase:
    filters = RepositoryFilters(request.GET, frame.of(request).sites)
    if elsewhere := listing.straight_to(request, filters):
        return redirect(elsewhere)
    return listing.answer(request, KINDS["repository"], filters, filters.apply(), dict, _contents, _exactly)


def _contents(rows: list[Repository]) -> dict[int, dict[str, Any]]:
    found = contents_of([row.pk for row in rows])
    return {pk: {"contents": contents} for pk, contents in found.items()}


def _exactly(rows: list[Repository]) -> dict[int, dict[str, Any]]:
    """What is in each, counted to the end: a file says how many there are."""
    counts = counts_of(rows)
    return {row.pk: {"many": counts[row.pk]} for row in rows}
