"""`/deletions/<id>/preview/`: what a deletion would take away, as it was seen then; and all of it as CSV."""

import itertools

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from devops_sync import cleanups
from devops_sync.cleaning import noting
from devops_sync.cleanups import entities
from devops_sync.models import Cleanup

from .. import deletion_preview as shown
from .. import deletions, download, frame, live, spreadsheet
from ..doors import readers_only
from ..methods import require_GET

State = Cleanup.State


@require_GET
@readers_only
def deletion_preview(request: HttpRequest, pk: int) -> HttpResponse:
    found = deletions.find(request, pk)
    return deletions.page(
        request,
        "deletion_preview.html",
        found,
        "preview",
        {
            "shown": shown.Preview(found),
            "choose_url": deletions.choose_url(found),
            "has_begun": found.started_at is not None,
            "needs_approval": cleanups.needs_approval(found, now := frame.of(request).now),
            "above": found.site.approves_above(now),
        },
        [live.Part("next", "next")],
        every=None if found.is_over else 5,
    )


@require_GET
@readers_only
def deletion_entities(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Each entity in a line: what matches now, or, once it has begun, what was marked."""
    found = deletions.find(request, pk)
    name = f"waybill-deletion-{found.pk}.csv"
    if request.method == "HEAD":
        return download.saved(HttpResponse(content_type=spreadsheet.CONTENT_TYPE), name)
    noting.exported(found, "what it deletes")
    pieces = entities.slices(found)
    # The first slice is read before anything is said, so that what goes wrong there is no half file.
    pieces = itertools.chain([first] if (first := next(pieces, None)) else [], pieces)
    rows = ([shown.fields(kind.name, row) for row in some] for kind, some in pieces)
    lines = spreadsheet.streamed(shown.FIELDS, rows)
    return download.saved(StreamingHttpResponse(lines, content_type=spreadsheet.CONTENT_TYPE), name)
