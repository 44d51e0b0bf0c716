"""`/pipelines/<site>/<pipeline id>/`: what runs where, and how it came there."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from devops_sync import roles
from devops_sync.models import Build, Deployment, Site
from devops_sync.models import pipeline as over_time
from devops_sync.models.pipeline import Environment

from .. import answers, frame, gates, live, matrix, places, swimlanes, zone
from ..doors import readers_only
from ..filters import PLACE
from ..listing import OFFERED
from ..methods import require_GET
from ..pipeline_filters import SPANS, PipelineFilters

LANES = 12
EVENTS = 50
BUILDS = 6
MOVING = (Deployment.State.PENDING, Deployment.State.IN_PROGRESS)


@require_GET
@readers_only
def pipeline(request: HttpRequest, slug: str, ident: str = "") -> HttpResponse:
    site = get_object_or_404(roles.sites(request.user), slug=slug)
    ident = ident or request.GET.get("id", "")
    if not ident or "\0" in ident:
        raise Http404
    known = over_time.environments(site.pk, ident)
    builds = list(Build.objects.of([site]).filter(pipeline_id=ident).newest_first()[: BUILDS + 1])
    if not (known or builds):
        raise Http404
    filters = PipelineFilters(request.GET, [site])
    return _page(request, site, ident, filters, known, builds)


def _page(
    request: HttpRequest,
    site: Site,
    ident: str,
    filters: PipelineFilters,
    known: list[Environment],
    builds: list[Build],
) -> HttpResponse:
    now = frame.of(request).now
    newest = max(known, key=lambda one: one.changed_at, default=None)
    walk = _walk(request, site, ident, filters, known) if "after" in request.GET else None
    asked = walk.shown if walk else _asked(site, ident, filters, known)
    shown = _in_order(asked) if walk else _lanes(asked)
    rows = Deployment.objects.in_bulk([one.latest for one in (*shown, *([newest] if newest else []))])
    latest = [rows[one.latest] for one in shown if one.latest in rows]
    said = gates.said(latest)
    laid_out = matrix.build(latest, {site.pk: site}, said, "", "", needs_look=False)
    drawn = swimlanes.window(filters.span.length, now)
    ids = [one.id for one in shown]
    tallies = over_time.tally(site.pk, ident, ids, drawn.since, drawn.until)
    found = over_time.newest(site.pk, ident, ids, drawn.since, EVENTS + 1)
    events = _events(found[:EVENTS])
    head = rows.get(newest.latest) if newest else None
    name = head.pipeline_name if head else ident
    url = places.url_of(site.slug, ident)
    context = {
        "site": site,
        "ident": ident,
        "name": name or ident,
        "pipeline_url": head.pipeline_url if head else "",
        "here": url,
        "filters": filters,
        "spans": SPANS.values(),
        "types": Deployment.EnvironmentType.choices,
        "environments": sorted({one.id: one.name for one in known}.items(), key=lambda item: item[1].casefold()),
        "offered": OFFERED,
        "known": len(known),
        "asked": len(asked),
        "left_out": len(asked) - len(shown),
        "is_more": len(known) >= over_time.WALKED,
        "walk": walk,
        "matrix": laid_out,
        "answer": answers.of([cell for row in laid_out.rows for _, cell in row.cells if cell]),
        "projects": laid_out.rows[0].projects if laid_out.rows else [],
        "newest_at": newest.changed_at if newest else None,
        "timeline": swimlanes.draw(shown, tallies, drawn, now) if shown else None,
        "drawn": swimlanes.counted(tallies),
        "cuts": swimlanes.cuts(shown, tallies),
        "days": _by_day(events),
        "more_events": len(found) > EVENTS,
        "since_day": zone.day_of(drawn.since),
        "today": zone.day_of(now),
        "builds": builds[:BUILDS],
        "more_builds": len(builds) > BUILDS,
    }
    is_moving = any(one.state in MOVING for one in latest) or any(one.state in MOVING for one in builds[:1])
    return live.page(
        request,
        "pipeline.html",
        context,
        [live.Part(f"part-{name}", name) for name in ("where", "line", "events", "builds")],
        every=None if filters.problems else 2 if is_moving else 5,
        status=400 if filters.problems else 200,
        url=_address(request, url),
    )


@dataclass(frozen=True)
class Walk:
    """A page of all its environments by id: from the one after the id in the address on, and where the next begins."""

    shown: list[Environment]
    next: str | None
    is_later: bool

    @property
    def first(self) -> str:
        return self.shown[0].id

    @property
    def last(self) -> str:
        return self.shown[-1].id


def _walk(request: HttpRequest, site: Site, ident: str, filters: PipelineFilters, known: list[Environment]) -> Walk:
    """The page that the address asks for. What matches nothing is walked over, `WALKED` of them at a time."""
    after = filters.text("after")
    found = over_time.environments(site.pk, ident, after) if after else known
    asked = [] if filters.problems else filters.narrow(found)
    if len(asked) > LANES:
        return Walk(asked[:LANES], asked[LANES - 1].id, bool(after))
    return Walk(asked, found[-1].id if len(found) >= over_time.WALKED else None, bool(after))


def _asked(site: Site, ident: str, filters: PipelineFilters, known: list[Environment]) -> list[Environment]:
    """Those that are asked for; by their ids also those beyond the ones that are known."""
    if filters.problems:
        return []
    ids = {one.id for one in known}
    missed = [name for name in filters.environments if name not in ids]
    if len(known) >= over_time.WALKED and missed:
        known = [*known, *over_time.named(site.pk, ident, missed)]
    return filters.narrow(known)


def _lanes(environments: Iterable[Environment]) -> list[Environment]:
    """As many as are drawn, from development to production; of more those that changed last."""
    by_time = sorted(environments, key=lambda one: one.changed_at, reverse=True)
    return _in_order(matrix.by_turns(by_time)[:LANES])


def _in_order(environments: Iterable[Environment]) -> list[Environment]:
    """From development to production."""
    return sorted(environments, key=lambda one: (matrix.TYPES.index(one.type), one.name.casefold(), one.id))


def _events(ids: Sequence[int]) -> list[Deployment]:
    rows = (
        Deployment.objects.filter(pk__in=ids)
        .select_related("entry__submission__token", "entry__submission__user")
        .defer("entry__payload", "entry__errors", "entry__submission__raw")
    )
    return sorted(rows, key=lambda one: ids.index(one.pk))


def _by_day(events: Sequence[Deployment]) -> list[tuple[dt.date, list[tuple[Deployment, gates.Said | None]]]]:
    """The events by the days that they changed on, with what Jira says of the gates that they wait at."""
    said = gates.said(events)
    days: dict[dt.date, list[tuple[Deployment, gates.Said | None]]] = {}
    for one in events:
        days.setdefault(zone.day_of(one.changed_at), []).append((one, said.get(one.pk)))
    return list(days.items())


def _address(request: HttpRequest, url: str) -> str:
    """Where the page's pulse asks: the path as it has to be written, with the address's own query."""
    own = request.GET.copy()
    for name in {*PLACE, "id"} - {"after"}:
        own.pop(name, None)
    if not own:
        return url
    return f"{url}{'&' if '?' in url else '?'}{own.urlencode()}"
