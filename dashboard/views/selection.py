"""`/selection/`: to the next page of a list with what is selected on this one. It shows nothing itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from .. import lists
from .. import selection as selected
from ..doors import readers_only
from ..methods import require_POST
from ..templatetags.look import plural

_IDS = {"submission": "submission", "delivery": "delivery", "drift": "entry"}


@require_POST
@readers_only
def selection(request: HttpRequest) -> HttpResponse:
    of, within = request.POST.get("list", ""), request.POST.get("within", "")
    if not lists.is_known(of, within):
        return HttpResponse("There is no such list.\n", content_type="text/plain; charset=utf-8", status=400)
    query, place = QueryDict(request.POST.get("query", "")).copy(), QueryDict(request.POST.get("go", ""))
    for name in ("after", "before"):
        if place.get(name):
            query[name] = place[name]
    ids, left = selected.write(selected.clean(request.POST.getlist(_IDS.get(of, "id"))))
    if ids:
        query["selected"] = ids
    if left:
        messages.error(
            request,
            f"So many rows cannot be taken along: {plural(left, 'row is,rows are')} no longer selected. "
            "Do something with these first, or tick all that match.",
        )
    return redirect(lists.address(of, query.urlencode(), within))
