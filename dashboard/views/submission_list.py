"""`/submissions/`: what came in, the refused too."""

from django.db.models import Count, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devops_sync import roles
from devops_sync.models import Entry, Exposure, Submission

from .. import columns, counting, export, frame, listing, live, paging, places, selection
from ..carried_filters import APIS, SubmissionFilters
from ..doors import readers_only
from ..methods import require_GET

ORDER = paging.ByUuid()


@require_GET
@readers_only
def submission_list(request: HttpRequest) -> HttpResponseBase:
    around = frame.of(request)
    filters = SubmissionFilters(request.GET, around.sites)
    known = places.known(filters.sites)
    rows = (
        Submission.objects.of(
            filters.sites, and_of_none=filters.site is None and roles.everywhere(request.user, "read")
        )
        .filter(_shown(filters), filters.narrow(known))
        .select_related("site", "token", "user")
        .defer("raw", "site__sealed_secret")
        .newest_first()
    )
    if export.is_asked(request):
        slices = paging.slices(rows, ORDER)
        shown = columns.shown(request, "submission")
        return export.answer(request, "submissions", filters, shown, slices, _beside)
    page = paging.asked(request, filters, rows, ORDER)
    outcomes = _outcomes(page.rows)
    is_moving = any(Entry.Outcome.WAITING in found for found in outcomes.values())
    hidden = columns.hidden(request, "submission")
    return live.page(
        request,
        "submission_list.html",
        {
            "filters": filters,
            "page": page,
            "count": None if live.is_pulse(request) else counting.of_page(filters, rows, page),
            "has_sites": len(filters.sites) > 1,
            "rows": [(row, outcomes.get(row.pk, {})) for row in page.rows],
            "apis": APIS,
            "hidden": hidden,
            "selection": selection.read(request, page.rows),
            **listing.places_offered(known, filters),
            **listing.about(request, "submission"),
            **listing.acts(request),
        },
        [live.Part("list", "list")],
        every=None if filters.problems else 2 if is_moving else 5 if page.is_first else None,
        status=400 if filters.problems else 200,
        ask={"_hidden": ",".join(sorted(hidden)), "selected": ""},
    )


def _shown(filters: SubmissionFilters) -> Q:
    if filters.show == "rejected":
        rejected = Entry.objects.filter(site__in=filters.sites, outcome=Entry.Outcome.REJECTED)
        return Q(pk__in=rejected.order_by().values("submission"))
    if filters.show == "secrets":
        return Q(pk__in=Exposure.objects.values("submission"))
    return Q(status__gte=400) if filters.show else Q()


def _beside(rows: list[Submission]) -> dict[object, dict[str, object]]:
    return {pk: {"outcomes": found} for pk, found in _outcomes(rows).items()}


def _outcomes(rows: list[Submission]) -> dict[object, dict[str, int]]:
    """What became of the entries of each, in one query."""
    found: dict[object, dict[str, int]] = {}
    counted = (
        Entry.objects.filter(submission__in=[row.pk for row in rows])
        .order_by()
        .values_list("submission", "outcome")
        .annotate(many=Count("pk"))
    )
    for submission, outcome, many in counted:
        found.setdefault(submission, {})[outcome] = many
    return {pk: {name: by[name] for name in Entry.Outcome.values if name in by} for pk, by in found.items()}
