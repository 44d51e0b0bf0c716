"""`/errands/`: what was planned to be sent again or read back, and how far it is."""

from django.http import HttpRequest, HttpResponse

from devops_sync.models import Errand

from .. import errands, frame, listing, live, paging
from ..doors import readers_only
from ..errand_filters import ErrandFilters
from ..methods import require_GET

ORDER = paging.ById()
State = Errand.State


@require_GET
@readers_only
def errand_list(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    filters = ErrandFilters(request.GET, around.sites)
    rows = filters.apply().select_related("site", "user").defer("site__sealed_secret").newest_first()
    page = paging.asked(request, filters, rows, ORDER)
    # How far the others are changes no more, and is on their own pages.
    moving = {row.pk: errands.show(row, around.now) for row in page.rows if row.state in (State.RUNNING, State.PAUSED)}
    return live.page(
        request,
        "errand_list.html",
        {
            "filters": filters,
            "page": page,
            "rows": [(row, moving.get(row.pk)) for row in page.rows],
            "purposes": Errand.Purpose.choices,
            "states": State.choices,
            **listing.about(request, "errand"),
        },
        [live.Part("list", "list")],
        every=None if filters.problems else 2 if moving else 5,
        status=400 if filters.problems else 200,
    )
