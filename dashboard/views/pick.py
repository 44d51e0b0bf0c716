"""`/pick/{list}/{filter}/`: what can be picked in a filter, by the text in `find`.

Asked while somebody writes it answers with the choices alone; opened by itself it is a page with the same choices,
which leads on to the list. So searching works with a script and without one.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .. import frame, inside_filters, lists, picking
from ..doors import readers_only
from ..filters import PLACE, Filters
from ..methods import require_GET


@require_GET
@readers_only
def pick(request: HttpRequest, of: str, name: str) -> HttpResponse:
    found, within = picking.find(of, name), request.GET.get("within", "") if of in lists.INSIDE else ""
    if found is None or not lists.is_known(of, within):
        raise Http404
    sites = frame.of(request).sites
    if within:
        home = inside_filters.home(within, sites)
        if home is None:
            raise Http404
        sites = [home.site]
    filters = Filters(request.GET, sites)
    chosen, text = filters.texts(name), filters.text("find")
    offers = picking.Offers() if filters.problems else found.find(of, filters.sites, text)
    rest = request.GET.copy()
    for away in (name, "find", "within", *PLACE):
        rest.pop(away, None)
    context = {
        "filters": filters,
        "pick": found,
        "list_name": of,
        "list_address": lists.address(of, within=within),
        "within": within,
        "text": text,
        "chosen": chosen,
        "offers": [offer for offer in offers.offers if offer.value not in chosen],
        "is_cut": offers.is_cut,
        "kept": [(key, value) for key, values in rest.lists() for value in values],
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "_offers.html" if is_part else "pick.html"
    return render(request, template, context, status=400 if filters.problems else 200)
