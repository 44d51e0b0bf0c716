"""`/builds/`: newest first, by filters in the address."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from devops_sync.models import Build
from devops_sync.models.build import pipelines_of

from .. import frame, kept, listing
from ..doors import readers_only
from ..filters import BuildFilters
from ..kinds import KINDS
from ..methods import require_GET


@require_GET
@readers_only
def build_list(request: HttpRequest) -> HttpResponseBase:
    filters = BuildFilters(request.GET, frame.of(request).sites)
    if elsewhere := listing.straight_to(request, filters):
        return redirect(elsewhere)
    return listing.answer(request, KINDS["build"], filters, filters.apply(), lambda: _offers(filters))


def _offers(filters: BuildFilters) -> dict[str, object]:
    ids = [site.pk for site in filters.sites]
    known = kept.figure("build-pipelines", ids, lambda: pipelines_of(ids))
    pipelines = sorted({*known, *filters.pipelines}, key=str.casefold)
    return {"states": Build.State.choices, "pipelines": [(name, name) for name in pipelines]}
