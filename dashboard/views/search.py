"""`/search/`: what somebody wrote into the search. It leads straight to the one thing that is meant, else shows all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from .. import frame, hits
from ..doors import readers_only
from ..filters import Filters
from ..methods import require_GET


@require_GET
@readers_only
def search(request: HttpRequest) -> HttpResponse:
    asked = Filters(request.GET, frame.of(request).sites)
    text, query = asked.text("q"), {"site": asked.site.slug} if asked.site else {}
    if not text:
        return redirect("deployment-list")
    groups = [] if asked.problems else hits.find(text, asked.sites, query)
    if found := hits.only(groups):
        return redirect(found.url)
    context = {
        "filters": asked,
        "text": text,
        "groups": groups,
        "is_short": len(text) < hits.SHORTEST,
        "lists": [reverse(name) for name in ("deployment-list", "build-list")],
    }
    return render(request, "search.html", context, status=400 if asked.problems else 200)
