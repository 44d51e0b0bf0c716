"""`/deliveries/`: what waits in which lane, and what went out."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from devops_sync import roles
from devops_sync.models import Delivery
from devops_sync.models.lane import DeliveryQuerySet

from .. import frame, health, live, paging
from ..doors import readers_only
from ..filters import DeliveryFilters
from ..methods import require_GET

ORDER = paging.ById()


@require_GET
@readers_only
def delivery_list(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    filters = DeliveryFilters(request.GET, around.sites)
    lanes = health.lanes_of(filters.sites, around.now)
    by_lane = {stretch.lane.pk: stretch.lane for stretch in lanes}
    rows: DeliveryQuerySet = Delivery.objects.filter(lane__in=list(by_lane))
    rows = rows.filter(Q(verdict__in=filters.stored_verdicts) if filters.verdicts else Q())
    rows = rows.defer("request_body", "response_body", "request_headers").newest_first()
    page = paging.asked(request, filters, rows, ORDER)
    for row in page.rows:
        row.lane = by_lane[row.lane_id]
    is_moving = any(stretch.is_moving for stretch in lanes) or any(row.finished_at is None for row in page.rows[:5])
    return live.page(
        request,
        "delivery_list.html",
        {
            "filters": filters,
            "lanes": lanes,
            "health": health.Lanes(lanes),
            "page": page,
            "verdicts": [
                *((value, word) for value, word in Delivery.Verdict.choices if value),
                ("unanswered", "Unanswered"),
            ],
            "has_sites": len(filters.sites) > 1,
            "may_try": {site.pk for site in roles.sites(request.user, "try-now")},
        },
        [live.Part("notices", "notices"), live.Part("lanes", "lanes"), live.Part("list", "list")],
        every=None if filters.problems else 2 if is_moving else 5,
        status=400 if filters.problems else 200,
    )
