"""`/views/`: a list's filters, saved under a name; opening one leads to the list."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect

from devops_sync import sharing
from devops_sync.models import SavedView, User

from .. import frame, inside_filters, lists, saved_views
from ..doors import readers_only
from ..methods import require_GET, require_POST

NAME = 80
QUERY = 4000


@require_GET
@readers_only
def saved_view(request: HttpRequest, pk: int) -> HttpResponse:
    """One of what is in a repository holds in each: it leads to the one that it was opened in."""
    found, within = _find(request, pk), request.GET.get("within", "")
    if not lists.is_known(found.list, within):
        messages.info(
            request, f"The view “{found.name}” is of what is in a repository. Open one, and its tab offers it."
        )
    return _list_of(found, within)


@require_POST
@readers_only
def save(request: HttpRequest) -> HttpResponse:
    """Save what the page shows; shared with the people of the site that it is narrowed to, else with everybody."""
    assert isinstance(request.user, User)
    of, name = request.POST.get("list", ""), " ".join(request.POST.get("name", "").replace("\0", "").split())
    within, sites = request.POST.get("within", ""), frame.of(request).sites
    home = inside_filters.home(within, sites) if of in lists.INSIDE else None
    if of not in lists.LISTS and home is None:
        return HttpResponse("There is no such list.\n", content_type="text/plain; charset=utf-8", status=400)
    given = QueryDict(request.POST.get("query", "").replace("\0", ""))
    query = saved_views.clean(given)
    back = redirect(lists.address(of, query, within))
    if problem := _problem(name, query):
        messages.error(request, problem)
        return back
    is_shared = "shared" in request.POST
    site = home.site if home else next((site for site in sites if site.slug == given.get("site")), None)
    if is_shared and not saved_views.may_share(request.user, site):
        if site is None and saved_views.Menu(request, of, query, site).may_share:
            messages.error(request, "Pick one of your sites first: a view of all sites is shared by who manages all.")
            return back
        raise PermissionDenied("Sharing a view takes a release manager or an admin.")
    facts = {"query": query, "is_shared": is_shared, "site": site if is_shared else None}
    sharing.keep(request.user, of, name, **facts, saved_at=frame.of(request).now)
    messages.info(request, f"Saved as “{name}”.")
    return back


@require_POST
@readers_only
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    found = _find(request, pk)
    if not saved_views.may_delete(request.user, found):
        raise PermissionDenied("A view that somebody shares is theirs to delete, or a release manager's.")
    sharing.delete(found)
    messages.info(request, f"The view “{found.name}” is deleted.")
    return _list_of(found, request.POST.get("within", ""))


def _list_of(view: SavedView, within: str) -> HttpResponse:
    is_known = lists.is_known(view.list, within)
    return redirect(lists.address(view.list, view.query, within) if is_known else "repository-list")


def _find(request: HttpRequest, pk: int) -> SavedView:
    assert isinstance(request.user, User)
    return get_object_or_404(SavedView.objects.seen_by(request.user, frame.of(request).sites), pk=pk)


def _problem(name: str, query: str) -> str:
    if not name:
        return "Give the view a name."
    if len(name) > NAME:
        return f"A view's name has at most {NAME} characters."
    return "These filters are too long to be saved." if len(query) > QUERY else ""
