"""`/deliveries/`: what waits in which lane, and what went out."""

from collections.abc import Iterable, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devops_sync import roles
from devops_sync.models import Delivery, Lane
from devops_sync.models.lane import DeliveryQuerySet

from .. import columns, counting, export, frame, health, listing, live, paging, places, selection
from ..carried_filters import APIS, DeliveryFilters
from ..doors import readers_only
from ..filters import Known
from ..methods import require_GET

ORDER = paging.ById()
_BODIES = ("request_body", "response_body", "request_headers")


@require_GET
@readers_only
def delivery_list(request: HttpRequest) -> HttpResponseBase:
    around = frame.of(request)
    filters = DeliveryFilters(request.GET, around.sites)
    known = places.known(filters.sites)
    if export.is_asked(request):
        own = _lanes(filters, Lane.objects.filter(site__in=filters.sites))
        rows = _rows(filters, own, known).select_related("lane__site").defer("lane__site__sealed_secret", *_BODIES)
        slices = paging.slices(rows, ORDER)
        return export.answer(request, "deliveries", filters, columns.shown(request, "delivery"), slices)
    lanes = health.with_flow(health.lanes_of(filters.sites, around.now))
    by_lane = {stretch.lane.pk: stretch.lane for stretch in lanes}
    rows = _rows(filters, _lanes(filters, by_lane.values()), known)
    page = paging.asked(request, filters, rows, ORDER)
    for row in page.rows:
        row.lane = by_lane[row.lane_id]
    hidden = columns.hidden(request, "delivery")
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
            "count": None if live.is_pulse(request) else counting.of_page(filters, rows, page),
            "verdicts": [
                *((value, word) for value, word in Delivery.Verdict.choices if value),
                ("unanswered", "Unanswered"),
            ],
            "apis": APIS,
            "hidden": hidden,
            "selection": selection.read(request, page.rows),
            **listing.places_offered(known, filters),
            **listing.about(request, "delivery"),
            **listing.acts(request),
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
        ask={"_hidden": ",".join(sorted(hidden)), "selected": ""},
    )


def _lanes(filters: DeliveryFilters, lanes: Iterable[Lane]) -> list[int]:
    """The lanes whose requests are asked for."""
    return [lane.pk for lane in lanes if not filters.apis or lane.api in filters.apis]


def _rows(filters: DeliveryFilters, lanes: list[int], known: Sequence[Known]) -> DeliveryQuerySet:
    rows: DeliveryQuerySet = Delivery.objects.filter(lane__in=lanes).defer(*_BODIES).newest_first()
    return rows.filter(filters.narrow(known))
