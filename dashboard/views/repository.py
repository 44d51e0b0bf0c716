"""What only a repository's page shows: its commits, branches and pull requests, a page of one of them at a time."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from devops_sync.models import Repository
from devops_sync.models.development import InRepository, contents_of

from .. import export, paging
from ..columns import COLUMNS
from ..filters import Filters
from ..kinds import KINDS, Kind
from .parts import Own

ORDER = paging.ByChange()
TABS = {kind.words.replace(" ", "_"): kind for kind in (KINDS["commit"], KINDS["branch"], KINDS["pull_request"])}


def own(request: HttpRequest, found: Repository) -> Own:
    counts = _counts(found)
    show = _show(request, counts)
    page = _page(request, TABS[show], found)
    return Own(
        {
            "tabs": [(name, kind, counts[name], name == show) for name, kind in TABS.items()],
            "shown": TABS[show],
            "page": page,
        },
        parts=("inside",),
        every=2 if any(row.entry.outcome == "waiting" for row in page.rows) else 5 if page.is_first else None,
    )


def file(request: HttpRequest, found: Repository) -> HttpResponseBase:
    """All of the kind that the page shows as a file."""
    kind = TABS[_show(request, _counts(found))]
    rows = _rows(kind, found).select_related("entry", "site").defer("entry__payload", "entry__errors")
    slices = paging.slices(rows.defer("site__sealed_secret"), ORDER)
    return export.answer(request, kind.folder, Filters(QueryDict(), [found.site]), COLUMNS[kind.name], slices)


def _counts(found: Repository) -> dict[str, int]:
    contents = contents_of([found.pk])[found.pk]
    return dict(zip(TABS, (contents.commits, contents.branches, contents.pull_requests), strict=True))


def _show(request: HttpRequest, counts: dict[str, int]) -> str:
    """The tab that the address asks for, else the first that has anything."""
    show = request.GET.get("show", "")
    return show if show in TABS else next((name for name, count in counts.items() if count), "commits")


def _page(request: HttpRequest, kind: Kind, found: Repository) -> paging.Page[InRepository]:
    rows = _rows(kind, found).select_related("entry").defer("entry__payload", "entry__errors")
    try:
        return paging.cut(rows, ORDER, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except paging.WrongCursor:
        return paging.cut(rows, ORDER)


def _rows(kind: Kind, found: Repository) -> Any:
    inside: Any = kind.model._default_manager
    return inside.of([found.site]).in_repository(found).newest_first()
