"""`/`: what runs where, and how delivery is doing."""

import datetime as dt

from django.http import HttpRequest, HttpResponse

from devops_sync import roles
from devops_sync.models import Deployment, Run, Site
from devops_sync.models.place import Latest

from .. import adrift, chart, empty, frame, gates, health, kept, live, matrix, places, quiet, zone
from ..doors import readers_only
from ..filters import OverviewFilters
from ..methods import require_GET

EVENTS = 12
CHANGED = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}
QUIET = 8


@require_GET
@readers_only
def overview(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    filters = OverviewFilters(request.GET, around.sites)
    ids = [site.pk for site in filters.sites]
    latest = places.latest(filters.sites)
    runs = list(Run.objects.filter(site__in=ids, finished_at=None).select_related("site").order_by("pk"))
    delivery = health.read(filters.sites, around.now)
    silent, _ = quiet.read(filters.sites, around.now)
    context = {
        "filters": filters,
        "types": Deployment.EnvironmentType.choices,
        "health": delivery,
        "adrift": adrift.count(filters.sites),
        "runs": runs,
        "quiet": silent[:QUIET],
        "quiet_many": len(silent),
        "quiet_more": max(len(silent) - QUIET, 0),
        "has_sites": len(filters.sites) > 1,
        "may_try": {site.pk for site in roles.sites(request.user, "try-now")},
        **(_filled(filters, latest, around.now) if latest else empty.page(request, filters.sites, around.now)),
    }
    parts = [
        live.Part("head", "head"),
        live.Part("notices", "notices"),
        live.Part("health", "strip"),
        live.Part("quiet", "quiet"),
    ]
    if latest:
        parts += [live.Part("matrix", "matrix"), live.Part("hour", "hour"), live.Part("per-day", "perday")]
    else:
        parts += [live.Part("first", "first")]
    is_moving = delivery.is_moving or bool(runs)
    return live.page(
        request,
        "overview.html",
        context,
        parts,
        every=2 if is_moving else 5,
        status=400 if filters.problems else 200,
    )


def _filled(filters: OverviewFilters, latest: list[Latest], now: dt.datetime) -> dict[str, object]:
    sites = {site.pk: site for site in filters.sites}
    ids = list(sites)
    changed = Deployment.objects.of(filters.sites).changed_between(now - CHANGED[filters.changed], None)
    events = list(
        changed.newest_first()
        .select_related("entry__submission__token", "entry__submission__user")
        .defer("entry__payload", "entry__submission__raw")[: EVENTS + 1]
    )
    said = gates.said([*latest, *events])
    return {
        "matrix": matrix.build(
            latest,
            sites,
            said,
            filters.pipeline,
            filters.environment_type,
            needs_look=filters.needs_look,
            after=filters.text("after"),
        ),
        "events": [(one, said.get(one.pk)) for one in events[:EVENTS]],
        "more_events": len(events) > EVENTS,
        "yesterday": zone.day_of(frame.yesterday(now)),
        "chart": _chart(filters.sites, ids, now),
    }


def _chart(sites: list[Site], ids: list[int], now: dt.datetime) -> chart.Chart:
    today = zone.day_of(now)
    days = chart.days(today)
    counted = kept.figure(f"per-day:{days[-1].isoformat()}", ids, lambda: Deployment.objects.of(sites).per_day(days))
    return chart.draw(counted, today)
