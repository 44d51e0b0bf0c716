"""`/deployments/`: newest first, by filters in the address."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from devops_sync.models import Deployment

from .. import frame, gates, listing, places
from ..doors import readers_only
from ..filters import DeploymentFilters
from ..kinds import KINDS
from ..methods import require_GET


@require_GET
@readers_only
def deployment_list(request: HttpRequest) -> HttpResponseBase:
    filters = DeploymentFilters(request.GET, frame.of(request).sites)
    if elsewhere := listing.straight_to(request, filters):
        return redirect(elsewhere)
    known = places.known(filters.sites)
    return listing.answer(
        request, KINDS["deployment"], filters, filters.apply(known), lambda: _offers(known, filters), _beside
    )


def _beside(rows: list[Deployment]) -> dict[int, dict[str, object]]:
    """What Jira says of the gates that rows wait at."""
    return {pk: {"said": said} for pk, said in gates.said(rows).items()}


def _offers(known: places.Places, filters: DeploymentFilters) -> dict[str, object]:
    return {"states": Deployment.State.choices, **listing.places_offered(known, filters)}
