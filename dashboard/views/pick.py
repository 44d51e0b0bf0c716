"""`/pick/{list}/{filter}/`: what can be picked in a filter, by the text in `find`.

Asked while somebody writes it answers with the choices alone; opened by itself it is a page with the same choices,
which leads on to the list. So searching works with a script and without one.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .. import frame, lists, picking
from ..doors import readers_only
from ..filters import PLACE, Filters
from ..methods import require_GET


@require_GET
@readers_only
def pick(request: HttpRequest, of: str, name: str) -> HttpResponse:
    found = picking.find(of, name)
    if found is None:
        raise Http404
    filters = Filters(request.GET, frame.of(request).sites)
    chosen, text = filters.texts(name), filters.text("find")
    offers = picking.Offers() if filters.problems else found.find(of, filters.sites, text)
    rest = request.GET.copy()
    for away in (name, "find", *PLACE):
        rest.pop(away, None)
    context = {
        "filters": filters,
        "pick": found,
        "list_name": of,
        "list_address": lists.address(of),
        "text": text,
        "chosen": chosen,
        "offers": [offer for offer in offers.offers if offer.value not in chosen],
        "is_cut": offers.is_cut,
        "kept": [(key, value) for key, values in rest.lists() for value in values],
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "_offers.html" if is_part else "pick.html"
    return render(request, template, context, status=400 if filters.problems else 200)
