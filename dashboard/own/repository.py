"""What only a repository's page shows: its commits, branches and pull requests, a page of one of them at a time.

Each tab is a list as others are: filtered, sorted, its columns hidden, its rows selected, all of it as a file.
"""

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devops_sync.models import PullRequest, Repository
from devops_sync.models.development import Contents, InRepository, contents_of

from .. import columns, counting, export, inside_filters, listing, paging, saved_views, selection
from ..inside_filters import TABS, InsideFilters
from ..kinds import Kind
from . import Own

ORDER = paging.ByChange()


def own(request: HttpRequest, found: Repository) -> Own:
    counts = _counts(found)
    show = _show(request, counts)
    kind = TABS[show]
    filters = inside_filters.of(kind, request.GET, found)
    rows = _rows(kind, filters, found)
    page = _page(request, filters, _with_all(rows))
    acts = listing.acts(request)
    return Own(
        {
            "tabs": [(name, of, counts[name], name == show) for name, of in TABS.items()],
            "show": show,
            "here": f"?show={show}",
            "shown": kind,
            "filters": filters,
            "page": page,
            "count": cache(lambda: counting.of_page(filters, rows, page)),
            "outcomes": listing.OUTCOMES,
            "statuses": PullRequest.Status.choices,
            **listing.about(request, kind.name, _query(request, show), found.site),
            "hidden": columns.hidden(request, kind.name),
            "selection": selection.read(request, page.rows),
            "acts": acts,
            "may_act": acts["may_act"],
        },
        parts=("tabs", "inside", "pager"),
        every=2 if any(row.entry.outcome == "waiting" for row in page.rows) else 5 if page.is_first else None,
        ask={"selected": ""},
        status=400 if filters.problems else 200,
    )


def file(request: HttpRequest, found: Repository) -> HttpResponseBase:
    """All that the tab shows as a file."""
    kind = TABS[_show(request, _counts(found))]
    filters = inside_filters.of(kind, request.GET, found)
    slices = paging.slices(_with_all(_rows(kind, filters, found)), ORDER)
    return export.answer(request, kind.folder, filters, columns.shown(request, kind.name), slices)


def _counts(found: Repository) -> dict[str, int]:
    if found.deleted_at is not None:
        return {name: _with_deleted(kind, found)[: Contents.MOST].count() for name, kind in TABS.items()}
    contents = contents_of([found.pk])[found.pk]
    return dict(zip(TABS, (contents.commits, contents.branches, contents.pull_requests), strict=True))


def _with_deleted(kind: Kind, found: Repository) -> Any:
    rows: Any = kind.model._default_manager
    return rows.in_repository(found).order_by()


def _show(request: HttpRequest, counts: dict[str, int]) -> str:
    """The tab that the address asks for, else the first that has anything."""
    show = request.GET.get("show", "")
    return show if show in TABS else next((name for name, count in counts.items() if count), "commits")


def _query(request: HttpRequest, show: str) -> str:
    """The filters, the order and the tab, also where nobody named it: in another repository another may be first."""
    given = request.GET.copy()
    given["show"] = show
    return saved_views.clean(given)


def _rows(kind: Kind, filters: InsideFilters, found: Repository) -> Any:
    rows = filters.apply(kind, found)
    return rows.found_then_newest_first() if filters.issue else rows.newest_first()


def _with_all(rows: Any) -> Any:
    """With what a row shows, and without the payloads."""
    return rows.select_related("entry", "site").defer("entry__payload", "entry__errors", "site__sealed_secret")


def _page(request: HttpRequest, filters: InsideFilters, rows: Any) -> paging.Page[InRepository]:
    """The page that the address asks for; a place that cannot be one means the newest."""
    places = [place for place in (request.GET.get("after"), request.GET.get("before")) if place]
    try:
        for place in places:
            ORDER.older(rows, place)
    except paging.WrongCursor:
        return paging.cut(rows.none() if filters.problems else rows, ORDER)
    return paging.asked(request, filters, rows, ORDER)
