"""`/deliveries/drift/`: what Jira did not give back as it was sent, as long as it is current."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from devops_sync import ledger, roles
from devops_sync.drift import current
from devops_sync.models import Confirmation, Entry

from .. import adrift, columns, export, frame, listing, live, paging
from ..doors import readers_only
from ..filters import DriftFilters
from ..kinds import KINDS, listed
from ..methods import require_GET, require_POST

ORDER = paging.ByInstant("read_back_at")


@require_GET
@readers_only
def drift(request: HttpRequest) -> HttpResponseBase:
    filters = DriftFilters(request.GET, frame.of(request).sites)
    if live.is_pulse(request) and "_rows" in request.GET:
        followed = Entry.objects.filter(pk__in=listing.rows_asked(request), site__in=filters.visible)
        return _answer(request, filters, None, followed.defer("payload").order_by("-read_back_at", "-pk"))
    rows = current(filters.apply(), filters.kinds or KINDS).defer("payload").order_by("-read_back_at", "-pk")
    if export.is_asked(request):
        shown, told = (
            columns.shown(request, "drift"),
            rows.select_related("site").defer("payload", "site__sealed_secret"),
        )
        return export.answer(request, "drift", filters, shown, paging.slices(told, ORDER), _beside)
    page = paging.asked(request, filters, rows, ORDER)
    return _answer(request, filters, page, page.rows)


@require_POST
@readers_only
def read_again(request: HttpRequest) -> HttpResponse:
    """Ask for one row again, or for those that are ticked; then back to the list as it was."""
    ids = listing.numbers(request.POST.getlist("only") or request.POST.getlist("entry"))
    entries = list(Entry.objects.adrift().filter(pk__in=ids, site__in=roles.sites(request.user)).select_related("site"))
    if not all(roles.may(request.user, "verify", entry.site) for entry in entries):
        raise PermissionDenied("Reading back takes a release manager or an admin.")
    assert request.user.is_authenticated
    for entry in entries:
        ledger.ask_read_back(entry, request.user, frame.of(request).now)
    return redirect(f"{reverse('drift')}?{request.GET.urlencode()}")


def _answer(
    request: HttpRequest, filters: DriftFilters, page: paging.Page[Entry] | None, entries: Iterable[Entry]
) -> HttpResponse:
    """The list; without a page only its rows, as they are now."""
    rows = listed(entries)
    ids = [row.entry.pk for row in rows]
    last, reading = _readings(ids)
    # The sites were read once already, and have more columns than most rows.
    sites = {site.pk: site for site in frame.of(request).sites}
    for row in rows:
        row.entry.site = sites[row.entry.site_id]
    may_verify = {pk for pk, site in sites.items() if roles.may(request.user, "verify", site)}
    parts = [
        live.Part(
            f"row-{row.entry.pk}",
            "row",
            {
                "row": row,
                "last": last.get(row.entry.pk),
                "is_reading": row.entry.pk in reading,
                "may_verify": row.entry.site_id in may_verify,
            },
            is_row=True,
        )
        for row in rows
    ]
    hidden = columns.hidden(request, "drift")
    context = {
        "filters": filters,
        "found": adrift.count(filters.sites),
        "page": page,
        "rows": [part.id for part in parts],
        "has_sites": len(filters.sites) > 1,
        "may_resend": roles.may(request.user, "resend"),
        "may_select": any(row.entry.site_id in may_verify for row in rows),
        "kinds": [(kind.name, kind.words.capitalize()) for kind in KINDS.values()],
        "states": DriftFilters.STATES,
        "hidden": hidden,
        **listing.about(request, "drift"),
    }
    return live.page(
        request,
        "drift.html",
        context,
        [live.Part("sub", "sub"), *parts],
        every=2 if reading else 5 if parts else None,
        status=400 if filters.problems else 200,
        ask={"_hidden": ",".join(sorted(hidden)), "_rows": ",".join(map(str, ids))},
    )


def _beside(entries: list[Entry]) -> dict[int, dict[str, object]]:
    last, _ = _readings([entry.pk for entry in entries])
    return {pk: {"last": reading} for pk, reading in last.items()}


def _readings(ids: list[int]) -> tuple[dict[int, Confirmation], set[int]]:
    """The read-back that said it, by entry; and the entries that are being read."""
    of_these = Confirmation.objects.filter(entry__in=ids).defer("body")
    said = of_these.filter(result__in=["missing", "different"]).order_by("entry", "-id").distinct("entry")
    reading = of_these.unanswered().values_list("entry_id", flat=True)
    return {one.entry_id: one for one in said}, set(reading)
