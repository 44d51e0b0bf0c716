"""`/audit/`: every act of a person, a token or a command, newest first, for auditors and admins."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devops_sync import roles
from devops_sync.models import AuditRow, Site

from .. import audit_rows, columns, counting, export, listing, live, paging
from ..audit_filters import AuditFilters, grouped
from ..doors import readers_only
from ..methods import require_GET

ORDER = paging.ByInstant("at")


@require_GET
@readers_only
def audit_list(request: HttpRequest) -> HttpResponseBase:
    filters = AuditFilters(request.GET, sites(request))
    rows = filters.apply(is_everywhere=roles.everywhere(request.user, "audit")).newest_first()
    if export.is_asked(request):
        shown = columns.shown(request, "audit")
        return export.answer(request, "audit", filters, shown, paging.slices(rows, ORDER), _beside)
    page = paging.asked(request, filters, rows, ORDER)
    hidden = columns.hidden(request, "audit")
    return live.page(
        request,
        "audit_list.html",
        {
            "filters": filters,
            "page": page,
            "count": None if live.is_pulse(request) else counting.of_page(filters, rows, page),
            "rows": audit_rows.show(request, page.rows),
            "standing": audit_rows.standing(),
            "groups": grouped(),
            "actor_kinds": AuditRow.ActorKind.choices,
            "has_sites": len(filters.visible) > 1,
            "hidden": hidden,
            **listing.about(request, "audit"),
        },
        [live.Part("standing", "standing"), live.Part("list", "list")],
        every=5 if page.is_first and not filters.problems else None,
        status=400 if filters.problems else 200,
        ask={"_hidden": ",".join(sorted(hidden))},
    )


def sites(request: HttpRequest) -> list[Site]:
    """The sites whose acts the person may read."""
    if not roles.may(request.user, "audit"):
        raise PermissionDenied("The audit log is for auditors and admins.")
    return list(roles.sites(request.user, "audit").order_by("slug"))


def _beside(rows: list[AuditRow]) -> dict[int, dict[str, object]]:
    linked = audit_rows.places(rows)
    return {pk: {"position": link.position, "key_id": link.key_id} for pk, link in linked.items()}
