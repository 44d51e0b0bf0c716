"""`/columns/`: which columns of a list somebody wants to see. It shows nothing itself."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from devops_sync.models import User

from .. import columns
from ..doors import readers_only
from ..kinds import KINDS
from ..methods import require_POST

LISTS = ("deployment", "build", "repository")


@require_POST
@readers_only
def columns_shown(request: HttpRequest) -> HttpResponse:
    """Keep it for the person, then back to the list as it was."""
    of = request.POST.get("list", "")
    if of not in LISTS:
        return HttpResponse("There is no such list.\n", content_type="text/plain; charset=utf-8", status=400)
    assert isinstance(request.user, User)
    wanted = request.POST.getlist("column")
    request.user.hide_columns(of, [column.name for column in columns.offered(of) if column.name not in wanted])
    query = QueryDict(request.POST.get("query", "")).urlencode()
    address = reverse(KINDS[of].list_view)
    return redirect(f"{address}?{query}" if query else address)
