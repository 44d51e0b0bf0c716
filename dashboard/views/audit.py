"""`/audit/<id>/`: one act with all that is known of it, its link in the chain, and how that is verified."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from devops_sync import roles
from devops_sync.models import AuditCheckpoint, AuditLink, AuditRow

from .. import audit_rows, live
from ..doors import readers_only
from ..methods import require_GET


@require_GET
@readers_only
def audit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    (shown,) = audit_rows.show(request, [found])
    link = shown.link
    context = {
        "one": found,
        "shown": shown,
        "mac": bytes(link.mac).hex() if link else "",
        "before": _before(link) if link else None,
        "signed": _signed(link) if link else None,
        "subject": f"{found.subject_kind}:{found.subject_id}" if found.subject_id else "",
    }
    return live.page(
        request, "audit.html", context, [live.Part("chain", "chain")], every=None if link or shown.is_lost else 2
    )


def _find(request: HttpRequest, pk: int) -> AuditRow:
    """The row, if the person may read it. One of a site that they may not see is not there."""
    seen = list(roles.sites(request.user))
    rows = AuditRow.objects.all() if roles.everywhere(request.user, "read") else AuditRow.objects.of(seen)
    found = get_object_or_404(rows, pk=pk)
    site = next((site for site in seen if site.pk == found.site_id), None)
    if not (roles.may(request.user, "audit", site) if site else roles.everywhere(request.user, "audit")):
        raise PermissionDenied("The audit log is for auditors and admins.")
    return found


def _before(link: AuditLink) -> tuple[int | None, str]:
    """The row before it in the chain, and its MAC: none before the first."""
    found = AuditLink.objects.filter(position=link.position - 1).first()
    return (found.row_id, bytes(found.mac).hex()) if found else (None, "")


def _signed(link: AuditLink) -> AuditCheckpoint | None:
    """The first checkpoint that covers it."""
    return AuditCheckpoint.objects.filter(position__gte=link.position).order_by("id").first()
