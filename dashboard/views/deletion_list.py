"""`/deletions/`: everything that was to be deleted, by hand, by a rule, from the shell, or by a client itself."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devops_sync import roles
from devops_sync.models import Cleanup, Site, User
from devops_sync.models.cleanup import CleanupQuerySet

from .. import columns, counting, deletions, export, listing, live, paging, single_deletions
from ..deletion_filters import DeletionFilters
from ..doors import readers_only
from ..methods import require_GET

ORDER = paging.ById()
# So many that await the reader's approval are said above the list.
MOST_NOTICES = 5
_MOVING = (*Cleanup.MOVING, Cleanup.State.DELAYED)


@require_GET
@readers_only
def deletion_list(request: HttpRequest) -> HttpResponseBase:
    filters = DeletionFilters(request.GET, deletions.sites(request))
    rows = _with_all(filters.apply()).newest_first()
    if export.is_asked(request):
        shown = columns.shown(request, "deletion")
        return export.answer(request, "deletions", filters, shown, paging.slices(rows, ORDER))
    page = paging.asked(request, filters, rows, ORDER)
    hidden = columns.hidden(request, "deletion")
    mine = _awaiting(request, filters.sites)
    return live.page(
        request,
        "deletion_list.html",
        {
            "filters": filters,
            "page": page,
            "rows": [(row, f"deletion_{row.state}") for row in page.rows],
            "count": counting.of_page(filters, rows, page),
            "has_sites": len(filters.sites) > 1,
            "states": Cleanup.State.choices,
            "origins": Cleanup.Origin.choices,
            "may_delete": roles.may(request.user, "delete"),
            "mine": mine[:MOST_NOTICES],
            "more_mine": max(0, len(mine) - MOST_NOTICES),
            "hidden": hidden,
            "singles": single_deletions.latest(filters.sites) if page.is_first and not filters.is_narrowed else [],
            **listing.about(request, "deletion"),
        },
        [live.Part("mine", "mine"), live.Part("list", "list")],
        every=None if filters.problems else 2 if any(row.state in _MOVING for row in page.rows) else 5,
        status=400 if filters.problems else 200,
        ask={"_hidden": ",".join(sorted(hidden))},
    )


def _with_all(rows: CleanupQuerySet) -> CleanupQuerySet:
    return rows.select_related("site", "user", "token", "confirmed_by", "approved_by").defer(
        "site__sealed_secret", "report", "history"
    )


def _awaiting(request: HttpRequest, sites: list[Site]) -> list[Cleanup]:
    """Those that await the reader's approval: nobody approves their own."""
    assert isinstance(request.user, User)
    mine = [site for site in sites if roles.may(request.user, "delete", site)]
    rows = _with_all(Cleanup.objects.of(mine).filter(state=Cleanup.State.AWAITING))
    me = request.user.pk
    found = rows.exclude(confirmed_by=me).exclude(user=me).order_by("id")[: MOST_NOTICES + 50] if mine else []
    return list(found)
