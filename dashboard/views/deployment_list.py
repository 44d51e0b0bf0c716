"""`/deployments/`: newest first, by filters in the address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from devops_sync.models import Confirmation, Deployment, Entry, Site
from devops_sync.models.deployment import DeploymentQuerySet, latest_by_place

from .. import empty, frame, kept, live, paging
from ..doors import readers_only
from ..filters import DeploymentFilters, Known
from ..methods import require_GET

COUNTED = 1000
OFFERED = 60
ORDER = paging.ByChange()
OUTCOMES = [choice for choice in Entry.Outcome.choices if choice[0] not in ("refused", "out_of_order")]


@require_GET
@readers_only
def deployment_list(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    filters = DeploymentFilters(request.GET, around.sites)
    if elsewhere := _straight_to(request, filters):
        return redirect(elsewhere)
    known = _known(filters.sites)
    rows = filters.apply(known).newest_first()
    if live.is_pulse(request):
        return _follow(request, filters, rows)
    page = _page(request, filters, rows)
    if not (page.rows or filters.problems or filters.is_narrowed or page.is_paged):
        context = {"filters": filters, **empty.page(request, filters.sites, around.now)}
        return live.page(request, "deployment_list.html", context, [live.Part("first", "first")], every=5)
    top = ORDER.write(page.rows[0]) if page.rows else f"{around.now.isoformat()},0"
    return _answer(
        request,
        page.rows,
        {
            "filters": filters,
            "page": page,
            "count": _count(filters, rows, page),
            "counted": COUNTED,
            "has_sites": len(filters.sites) > 1,
            "states": Deployment.State.choices,
            "types": Deployment.EnvironmentType.choices,
            "outcomes": OUTCOMES,
            **_picks(known, filters),
        },
        top=top if page.is_first and not filters.problems else "",
        newer=0,
        status=400 if filters.problems else 200,
    )


def _straight_to(request: HttpRequest, filters: DeploymentFilters) -> str:
    """Where a search leads that names one thing: an issue's deployments, or a submission."""
    if filters.submission:
        return reverse("submission", args=[filters.submission])
    if filters.is_issue_search:
        query = request.GET.copy()
        del query["q"]
        query["issue"] = filters.q.upper()
        return f"{request.path}?{query.urlencode()}"
    return ""


def _page(request: HttpRequest, filters: DeploymentFilters, rows: DeploymentQuerySet) -> paging.Page[Deployment]:
    try:
        return paging.cut(
            _with_all(rows.none() if filters.problems else rows),
            ORDER,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )
    except paging.WrongCursor:
        filters.problems.append("It names a place in the list that cannot be one. Go back to the newest.")
        return paging.cut(rows.none(), ORDER)


def _follow(request: HttpRequest, filters: DeploymentFilters, rows: DeploymentQuerySet) -> HttpResponse:
    """The rows that the page shows as they are now, and how many came in above them."""
    ids = [int(text) for text in request.GET.get("_rows", "").split(",") if text.isascii() and text.isdigit()]
    ids = [pk for pk in ids[: paging.SIZE] if pk < 2**63]
    shown = Deployment.objects.of(frame.of(request).sites).filter(pk__in=ids)
    by_id = {row.pk: row for row in _with_all(shown)}
    top, newer = request.GET.get("_top", ""), 0
    if top:
        try:
            newer = ORDER.newer(rows.exclude(pk__in=ids), top).order_by()[: COUNTED + 1].count()
        except paging.WrongCursor:
            top = ""
    found = [by_id[pk] for pk in ids if pk in by_id]
    return _answer(
        request, found, {"filters": filters, "has_sites": len(filters.sites) > 1}, top=top, newer=newer, status=200
    )


def _answer(
    request: HttpRequest, rows: list[Deployment], context: dict[str, object], *, top: str, newer: int, status: int
) -> HttpResponse:
    reading = set(
        Confirmation.objects.unanswered()
        .filter(entry__in=[row.entry_id for row in rows])
        .values_list("entry_id", flat=True)
    )
    parts = [
        live.Part(f"row-{row.pk}", "row", {"row": row, "is_reading": row.entry_id in reading}, is_row=True)
        for row in rows
    ]
    is_moving = reading or any(row.entry.outcome == Entry.Outcome.WAITING for row in rows)
    return live.page(
        request,
        "deployment_list.html",
        {**context, "rows": [part.id for part in parts], "newer": newer},
        [live.Part("newer", "newer"), *parts],
        every=2 if is_moving else 5 if top else None,
        status=status,
        ask={"_top": top, "_rows": ",".join(str(row.pk) for row in rows)},
    )


def _with_all(rows: DeploymentQuerySet) -> DeploymentQuerySet:
    """With what a row shows, and without the payloads."""
    return rows.select_related("entry", "site").defer("entry__payload", "entry__errors", "site__sealed_secret")


def _count(filters: DeploymentFilters, rows: DeploymentQuerySet, page: paging.Page[Deployment]) -> int:
    """How many match, counted to the end only where that is near."""
    if filters.problems or (page.is_first and page.older is None):
        return len(page.rows)
    return rows.order_by()[: COUNTED + 1].count()


def _known(sites: list[Site]) -> list[Known]:
    ids = [site.pk for site in sites]
    return kept.figure(
        "known",
        ids,
        lambda: [
            Known(one.pipeline_id, one.pipeline_name, one.environment_id, one.environment_name)
            for one in latest_by_place(ids)
        ],
    )


def _picks(known: list[Known], filters: DeploymentFilters) -> dict[str, object]:
    """What the pick lists offer: what exists, and what is asked for. Too many make a field to write in."""
    pipelines = {one.pipeline_id: one.pipeline_name for one in known}
    pipelines |= {name: name for name in filters.pipelines if name not in pipelines}
    environments = {one.environment_id: one.environment_name for one in known}
    environments |= {name: name for name in filters.environments if name not in environments}
    return {
        "pipelines": sorted(pipelines.items(), key=lambda item: item[1].casefold()),
        "environments": sorted(environments.items(), key=lambda item: item[1].casefold()),
        "offered": OFFERED,
    }
