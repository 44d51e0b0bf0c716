"""What only a repository's page shows: its commits, branches and pull requests, a page of one of them at a time."""

from typing import Any

from django.http import HttpRequest

from devops_sync.models import Repository
from devops_sync.models.development import InRepository, contents_of

from .. import paging
from ..kinds import KINDS, Kind
from .parts import Own

ORDER = paging.ByChange()
TABS = {kind.words.replace(" ", "_"): kind for kind in (KINDS["commit"], KINDS["branch"], KINDS["pull_request"])}


def own(request: HttpRequest, found: Repository) -> Own:
    contents = contents_of([found.pk])[found.pk]
    counts = dict(zip(TABS, (contents.commits, contents.branches, contents.pull_requests), strict=True))
    show = request.GET.get("show", "")
    if show not in TABS:
        show = next((name for name, count in counts.items() if count), "commits")
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


def _page(request: HttpRequest, kind: Kind, found: Repository) -> paging.Page[InRepository]:
    inside: Any = kind.model._default_manager
    rows = (
        inside.of([found.site])
        .in_repository(found)
        .select_related("entry")
        .defer("entry__payload", "entry__errors")
        .newest_first()
    )
    try:
        return paging.cut(rows, ORDER, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except paging.WrongCursor:
        return paging.cut(rows, ORDER)
