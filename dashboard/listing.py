"""A list of current entities of one kind: newest first, by filters in the address, followed row by row."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString

from devops_sync import digits, roles
from devops_sync.models import Confirmation, Deployment, Entry, Site
from devops_sync.models.current import CurrentQuerySet

from . import columns, counting, empty, export, frame, live, paging, picking, places, saved_views, selection
from .filters import CurrentFilters
from .kinds import Kind

# Of longer lists the first are offered, with a search: sixty long names take an eighth of the page.
OFFERED = 40
ORDER = paging.ByChange()
OUTCOMES = [choice for choice in Entry.Outcome.choices if choice[0] not in ("refused", "out_of_order")]
Rows = CurrentQuerySet[Any]
Context = dict[str, Any]


def straight_to(request: HttpRequest, filters: CurrentFilters) -> str:
    """Where a search leads that names one thing: what an issue has in this list, or a submission."""
    if filters.submission:
        return reverse("submission", args=[filters.submission])
    if filters.is_issue_search:
        query = request.GET.copy()
        del query["q"]
        query["issue"] = filters.q.upper()
        return f"{request.path}?{query.urlencode()}"
    return ""


def answer(
    request: HttpRequest,
    kind: Kind,
    filters: CurrentFilters,
    rows: Rows,
    offers: Callable[[], Context],
    beside: Callable[[list[Any]], dict[int, Context]] = lambda rows: {},
    exported: export.Beside | None = None,
) -> HttpResponseBase:
    """The list, or what changed of it, or all of it as a file.

    `offers` gives what the filter form needs, `beside` what a row needs, `exported` what it needs in a file where that
    is something else.
    """
    rows = rows.found_then_newest_first() if filters.issue else rows.newest_first()
    if export.is_asked(request):
        slices = paging.slices(rows.select_related("entry", "site").defer(*_UNTOLD), ORDER)
        return export.answer(
            request, kind.folder, filters, columns.shown(request, kind.name), slices, exported or beside
        )
    if live.is_pulse(request) and "_rows" in request.GET:
        return _follow(request, kind, filters, rows, beside)
    page = paging.asked(request, filters, _with_all(rows), ORDER)
    _place(page.rows, filters.sites)
    if not (page.rows or filters.problems or filters.is_narrowed or page.is_paged):
        context = {
            "filters": filters,
            "kind": kind,
            "api": kind.api,
            **empty.page(request, filters.sites, frame.of(request).now),
        }
        return live.page(request, _template(kind), context, [live.Part("first", "_empty.html#first")], every=5)
    top = ORDER.write(page.rows[0]) if page.rows else f"{frame.of(request).now.isoformat()},0"
    chosen = selection.read(request, page.rows)
    return _answer(
        request,
        kind,
        page.rows,
        {
            "filters": filters,
            "page": page,
            "count": counting.of_page(filters, rows, page),
            "has_sites": len(filters.sites) > 1,
            "outcomes": OUTCOMES,
            "offered": OFFERED,
            "selection": chosen,
            **about(request, kind.name),
            **offers(),
        },
        beside(page.rows),
        top=top if page.is_first and not (page.is_oldest_first or filters.problems) else "",
        newer=0,
        status=400 if filters.problems else 200,
    )


def _template(kind: Kind) -> str:
    return f"{kind.name}_list.html"


def _follow(
    request: HttpRequest,
    kind: Kind,
    filters: CurrentFilters,
    rows: Rows,
    beside: Callable[[list[Any]], dict[int, Context]],
) -> HttpResponse:
    """The rows that the page shows as they are now, and how many came in above them."""
    ids = rows_asked(request)
    current: Any = kind.model._default_manager.all()
    by_id = {row.pk: row for row in _with_all(filters.held(current).filter(pk__in=ids))}
    _place(by_id.values(), filters.sites)
    top, newer = request.GET.get("_top", ""), 0
    if top:
        try:
            newer = ORDER.newer(rows.exclude(pk__in=ids), top).order_by()[: counting.COUNTED + 1].count()
        except paging.WrongCursor:
            top = ""
    found = [by_id[pk] for pk in ids if pk in by_id]
    context = {"filters": filters, "has_sites": len(filters.sites) > 1}
    return _answer(request, kind, found, context, beside(found), top=top, newer=newer, status=200)


def rows_asked(request: HttpRequest) -> list[int]:
    """The numbers of the rows that a pulse says its page shows."""
    return numbers(request.GET.get("_rows", "").split(","))


def numbers(texts: Iterable[str], most: int = paging.SIZE) -> list[int]:
    """Those of the texts that can be a row's number, as many as a page holds unless told otherwise."""
    return [int(text) for text in texts if digits.only(text)][:most]


def places_offered(known: places.Places, asked: Any) -> Context:
    """The pipelines and environments to pick from: what exists, and what is asked for."""
    return {
        "types": Deployment.EnvironmentType.choices,
        "pipelines": _and_asked(known.pipelines, asked.pipelines),
        "environments": _and_asked(known.environments, asked.environments),
        "offered": OFFERED,
    }


def _and_asked(choices: places.Choices, names: list[str]) -> places.Choices:
    """The choices, and what is asked for without being an id among them."""
    more = {name: name for name in names} | dict(choices) if names else {}
    return places.in_order(more) if len(more) > len(choices) else choices


def _answer(
    request: HttpRequest,
    kind: Kind,
    rows: list[Any],
    context: Context,
    beside: dict[int, Context],
    *,
    top: str,
    newer: int,
    status: int,
) -> HttpResponse:
    reading = set(
        Confirmation.objects.unanswered()
        .filter(entry__in=[row.entry_id for row in rows])
        .values_list("entry_id", flat=True)
    )
    parts = [
        live.Part(
            f"row-{row.pk}",
            "row",
            {"row": row, "id": SafeString(row.pk), "is_reading": row.entry_id in reading, **beside.get(row.pk, {})},
            is_row=True,
        )
        for row in rows
    ]
    hidden = columns.hidden(request, kind.name)
    is_moving = reading or any(row.entry.outcome == Entry.Outcome.WAITING for row in rows)
    return live.page(
        request,
        _template(kind),
        {
            **context,
            **acts(request),
            "hidden": hidden,
            "kind": kind,
            "rows": [part.id for part in parts],
            "newer": newer,
        },
        [live.Part("newer", "_newer.html#newer"), *parts],
        every=2 if is_moving else 5 if top else None,
        status=status,
        ask={
            "_hidden": ",".join(sorted(hidden)),
            "_top": top,
            "_rows": ",".join(str(row.pk) for row in rows),
            "selected": "",
        },
    )


def acts(request: HttpRequest) -> Context:
    """What the person may do with rows, and on which sites any of it: whoever may act there sees them too."""
    user, sites = request.user, frame.of(request).sites
    resend, verify = ({site.pk for site in sites if roles.may(user, act, site)} for act in ("resend", "verify"))
    return {
        "may_resend": bool(resend),
        "may_verify": bool(verify),
        "may_act": resend | verify,
        "may_delete": roles.may(request.user, "delete"),
    }


def about(request: HttpRequest, of: str, query: str | None = None, site: Site | None = None) -> Context:
    """What the tools around every list need: its columns, its searches, its address without the place in it.

    `query` and `site` are those of a list that is narrowed by more than its address.
    """
    query = saved_views.clean(request.GET) if query is None else query
    slug = request.GET.get("site")
    site = site or next((one for one in frame.of(request).sites if one.slug == slug), None)
    return {
        "list_name": of,
        "query": query,
        "given": parse_qsl(query, keep_blank_values=True),
        "finders": [pick.name for pick in picking.PICKS.values() if of in pick.lists],
        "columns": columns.offered(of) if of in columns.COLUMNS else [],
        "views": saved_views.Menu(request, of, query, site),
    }


# Of an entry a row shows little, and a file no more than what was answered.
_SHOWN = ("id", "outcome", "read_back", "unknown_issues")
_UNSHOWN = [f"entry__{field.name}" for field in Entry._meta.concrete_fields if field.name not in _SHOWN]
_UNTOLD = ("entry__payload", "entry__errors", "site__sealed_secret")


def _with_all(rows: Rows) -> Rows:
    """With what a row shows, save its site."""
    return rows.select_related("entry").defer(*_UNSHOWN)


def _place(rows: Iterable[Any], sites: list[Site]) -> None:
    """Give each row its site, which was read once already: a site has more columns than most rows."""
    by_id = {site.pk: site for site in sites}
    for row in rows:
        row.site = by_id[row.site_id]
