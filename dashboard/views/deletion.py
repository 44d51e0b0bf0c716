"""`/deletions/<id>/`: leads to the step that a deletion is at; and the same once more, with a preview of now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from devops_sync import cleanups

from .. import deletions, frame
from ..doors import readers_only
from ..methods import require_GET, require_POST


@require_GET
@readers_only
def deletion(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(deletions.url_of(deletions.find(request, pk)))


@require_POST
@readers_only
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview the same as it is now: for one that stopped, was cancelled, or was previewed long ago."""
    found = deletions.find(request, pk, to_steer=True)
    return redirect("deletion-preview", cleanups.again(found, deletions.asker(request), frame.of(request).now).pk)
