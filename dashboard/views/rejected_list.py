"""`/deliveries/rejected/`: what Jira rejected and what our own door refused, by cause."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from devops_sync import corrections, rejections, roles

from .. import export, frame, live, spreadsheet, zone
from ..doors import readers_only
from ..methods import require_GET
from ..rejected_filters import SINCE, RejectedFilters, keep
from ..rejections import Shown, pieces, remedy, show, unknown_keys

SHOWN = 50
REFUSALS = 20
EVERY = 15


@require_GET
@readers_only
def rejected_list(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    filters = RejectedFilters(request.GET, around.sites)
    scope = filters.scope(around.now)
    now = zone.local(around.now)
    found = rejections.groups(scope, now)
    standing = [group for group in found if group.standing]
    if request.GET.get("format") == "csv" and not filters.problems:
        rows = show(standing, scope, now, with_examples=False)
        export.note(request, "rejected by cause", filters, "csv")
        return spreadsheet.answer("rejected-by-cause", _HEAD, _rows(rows))
    shown = show(standing[:SHOWN], scope, now)
    if shown:
        shown[0].remedy = remedy(shown[0].newest, filters.sites)
    refusals = [] if filters.problems else _refusals(request, filters)
    many = sum(group.standing for group in standing)
    context: dict[str, Any] = {
        "filters": filters,
        "since": SINCE.items(),
        "groups": shown,
        "more_groups": len(standing) - len(shown),
        "many": many,
        "is_cut": many + sum(group.mended for group in found) >= rejections.MOST,
        "most": rejections.MOST,
        "mended": sum(group.mended for group in found),
        "new": [one for one in shown if one.is_new],
        "refusals": [(pieces(one.text), one.sender, one.many) for one in refusals[:REFUSALS]],
        "refused": sum(refusal.many for refusal in refusals),
        "unknown_keys": [] if filters.problems else unknown_keys(filters.sites),
        "may_correct": roles.sites(request.user, "submit").exists(),
        "keep": keep(request),
        "environment_types": corrections.ENVIRONMENT_TYPES,
    }
    return live.page(
        request,
        "rejected_list.html",
        context,
        [live.Part("sub", "sub"), live.Part("causes", "causes")],
        every=None if filters.problems else EVERY,
        status=400 if filters.problems else 200,
    )


def _refusals(request: HttpRequest, filters: RejectedFilters) -> list[rejections.Refusal]:
    sees_all = filters.site is None and roles.everywhere(request.user, "read")
    return rejections.refusals(filters.sites, filters.begins(frame.of(request).now), and_of_none=sees_all)


_HEAD = ("Cause", "Standing", "Mended since", "First", "Last", "Senders", "Kinds")


def _rows(shown: list[Shown]) -> Iterator[tuple[object, ...]]:
    for one in shown:
        group = one.group
        yield (
            group.text,
            group.standing,
            group.mended,
            group.first_at.isoformat(),
            group.last_at.isoformat() if group.last_at else "",
            ", ".join(one.senders),
            ", ".join(kind.words for kind in one.kinds),
        )
