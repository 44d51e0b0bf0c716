"""`/columns/`: which columns of a list somebody wants to see. It shows nothing itself."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from devops_sync.models import User

from .. import columns, lists
from ..doors import readers_only
from ..methods import require_POST


@require_POST
@readers_only
def columns_shown(request: HttpRequest) -> HttpResponse:
    """Keep it for the person, then back to the list as it was."""
    of, within = request.POST.get("list", ""), request.POST.get("within", "")
    if not lists.is_known(of, within) or of not in columns.COLUMNS:
        return HttpResponse("There is no such list.\n", content_type="text/plain; charset=utf-8", status=400)
    assert isinstance(request.user, User)
    wanted = request.POST.getlist("column")
    request.user.hide_columns(of, [column.name for column in columns.offered(of) if column.name not in wanted])
    return redirect(lists.address(of, QueryDict(request.POST.get("query", "")).urlencode(), within))
