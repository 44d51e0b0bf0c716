"""`/issues/`: the issues that were touched lately, and how far each has come; `?project=ABC` narrows them."""

import datetime as dt
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from devops_sync.models import issue_window
from devops_sync.models.issue_window import CHANGES, Touched, Window
from devops_sync.models.reach import furthest_of_issues

from .. import empty, frame, issues, kept, live, paging
from ..doors import readers_only
from ..filters import ISSUE_KEY, Filters
from ..kinds import KINDS
from ..methods import require_GET

PROJECT = re.compile(r"[^\W\d]\w{0,254}")
OFFERED = 24


@dataclass
class IssueFilters(Filters):
    q: str = ""
    project: str = ""
    until: dt.datetime | None = None

    def read(self) -> None:
        self.q = self.text("q")
        project = self.text("project")
        if project and not PROJECT.fullmatch(project):
            self.problems.append(f"“{project}” is no project key. It is written as ABC.")
        elif project:
            self.project = project.upper()
            self.chip("project", project, said=self.project)
        self.until = self.day("to", ends=True)
        if self.q:
            self.chip("q", self.q)
            self.problems.append(f"“{self.q}” is no issue key and no project. They are written as ABC-123 and ABC.")


@dataclass(frozen=True)
class Page:
    """One page of issues, with the marks where its neighbours begin."""

    rows: list[Touched]
    newer: str | None
    older: str | None
    is_paged: bool
    since: dt.datetime | None = None

    size = paging.SIZE

    @property
    def last(self) -> Touched:
        return self.rows[-1]


@dataclass
class Row:
    """One issue as its row says it."""

    issue: Touched
    furthest: str
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = issues.url_of(self.issue.key)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The kinds that touched it, as the filter `plural` takes them, and how many of each."""
        told = [(KINDS[name], getattr(self.issue, KINDS[name].words.replace(" ", "_"))) for name in issues.TOUCHING]
        return [(kind.counted, many) for kind, many in told if many]


@require_GET
@readers_only
def issue_list(request: HttpRequest) -> HttpResponse:
    if elsewhere := _straight_to(request):
        return redirect(elsewhere)
    around = frame.of(request)
    filters = IssueFilters(request.GET, around.sites)
    ids = [site.pk for site in filters.sites]
    page = _page(request, filters, ids)
    top = _read(request.GET.get("_top", ""))
    instant = top[0] if top else page.rows[0].changed_at if page.rows else None
    newer = issue_window.count_after(ids, instant, project=filters.project) if live.is_pulse(request) and instant else 0
    is_empty = not (page.rows or page.is_paged or page.since or filters.problems or filters.is_narrowed)
    is_first = not (page.is_paged or filters.until or filters.problems or is_empty)
    furthest = furthest_of_issues(ids, [row.key for row in page.rows]) if page.rows else {}
    context = {
        "filters": filters,
        "page": page,
        "rows": [Row(row, furthest.get(row.key, "")) for row in page.rows],
        "projects": [] if is_empty else kept.figure("projects", ids, lambda: issue_window.projects(ids))[:OFFERED],
        "changes": CHANGES,
        "newer": newer,
        "is_empty": is_empty,
        **(empty.page(request, filters.sites, around.now) if is_empty else {}),
    }
    parts = [live.Part("first", "_empty.html#first")] if is_empty else [live.Part("newer", "_newer.html#newer")]
    return live.page(
        request,
        "issue_list.html",
        context,
        parts,
        every=5 if is_first or is_empty else None,
        status=400 if filters.problems else 200,
        ask={"_top": _write(instant, "")} if instant and is_first else None,
    )


def _straight_to(request: HttpRequest) -> str:
    """Where a search leads that names one issue, or a project."""
    asked = request.GET.get("q", "").strip().upper()
    site = {"site": slug} if (slug := request.GET.get("site", "")) else {}
    if ISSUE_KEY.fullmatch(asked):
        return issues.url_of(asked) + (f"?{urlencode(site)}" if site else "")
    if PROJECT.fullmatch(asked):
        return f"{reverse('issue-list')}?{urlencode(site | {'project': asked})}"
    return ""


def _page(request: HttpRequest, filters: IssueFilters, ids: list[int]) -> Page:
    """The page that the address asks for."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    mark = _read(after or before)
    if mark is None and (after or before):
        filters.problems.append("It names a place in the list that cannot be one. Go back to the newest.")
    if filters.problems:
        return Page([], None, None, is_paged=False)

    def touched(older: issue_window.Mark | None = None, newer: issue_window.Mark | None = None) -> Window:
        most = paging.SIZE + 1
        return issue_window.touched(ids, most, project=filters.project, until=filters.until, older=older, newer=newer)

    found = touched(newer=mark) if before and not after else touched(older=mark)
    has_more = len(found.issues) > paging.SIZE
    if before and not after:
        rows = found.issues[-paging.SIZE :]
        return Page(rows, _mark(rows[0]) if has_more else None, _mark(rows[-1]) if rows else None, True, found.since)
    rows = found.issues[: paging.SIZE]
    newer = _mark(rows[0]) if rows and mark else None
    return Page(rows, newer, _mark(rows[-1]) if has_more else None, mark is not None, found.since)


def _mark(row: Touched) -> str:
    return _write(row.changed_at, row.key)


def _write(instant: dt.datetime, key: str) -> str:
    return f"{instant.astimezone(dt.UTC).isoformat().replace('+00:00', 'Z')},{key}"


def _read(place: str) -> issue_window.Mark | None:
    text, comma, key = place.partition(",")
    try:
        instant = dt.datetime.fromisoformat(text)
        return (instant.astimezone(dt.UTC), key) if comma and instant.tzinfo and "\0" not in key else None
    except (ValueError, OverflowError):
        return None
