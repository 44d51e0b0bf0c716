"""`/deliveries/`: what waits in which lane, and what went out."""

from collections.abc import Iterable

from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devops_sync import roles
from devops_sync.models import Delivery, Lane
from devops_sync.models.lane import DeliveryQuerySet

from .. import export, frame, health, live, paging
from ..columns import COLUMNS
from ..doors import readers_only
from ..filters import DeliveryFilters
from ..methods import require_GET

ORDER = paging.ById()
_BODIES = ("request_body", "response_body", "request_headers")


@require_GET
@readers_only
def delivery_list(request: HttpRequest) -> HttpResponseBase:
    around = frame.of(request)
    filters = DeliveryFilters(request.GET, around.sites)
    if export.is_asked(request):
        own = Lane.objects.filter(site__in=filters.sites).values_list("pk", flat=True)
        rows = _rows(filters, own).select_related("lane__site").defer("lane__site__sealed_secret", *_BODIES)
        slices = paging.slices(rows, ORDER)
        return export.answer(request, "deliveries", filters, COLUMNS["delivery"], slices)
    lanes = health.with_flow(health.lanes_of(filters.sites, around.now))
    by_lane = {stretch.lane.pk: stretch.lane for stretch in lanes}
    page = paging.asked(request, filters, _rows(filters, by_lane), ORDER)
    for row in page.rows:
        row.lane = by_lane[row.lane_id]
    balance = health.balance_of(filters.sites)
    is_moving = any(stretch.is_moving for stretch in lanes) or any(row.finished_at is None for row in page.rows[:5])
    return live.page(
        request,
        "delivery_list.html",
        {
            "filters": filters,
            "lanes": lanes,
            "health": health.Lanes(lanes),
            "balance": balance,
            "missing_word": health.missing_word(balance),
            "page": page,
            "verdicts": [
                *((value, word) for value, word in Delivery.Verdict.choices if value),
                ("unanswered", "Unanswered"),
            ],
            "has_sites": len(filters.sites) > 1,
            "may_try": {site.pk for site in roles.sites(request.user, "try-now")},
        },
        [
            live.Part("notices", "notices"),
            live.Part("lanes", "lanes"),
            live.Part("balance", "balance"),
            live.Part("list", "list"),
        ],
        every=None if filters.problems else 2 if is_moving else 5,
        status=400 if filters.problems else 200,
    )


def _rows(filters: DeliveryFilters, lanes: Iterable[int]) -> DeliveryQuerySet:
    rows: DeliveryQuerySet = Delivery.objects.filter(lane__in=list(lanes)).defer(*_BODIES).newest_first()
    return rows.filter(Q(verdict__in=filters.stored_verdicts) if filters.verdicts else Q(), filters.within)
