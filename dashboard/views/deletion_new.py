"""`/deletions/new/`: the first step of a deletion. What is chosen here is previewed; nothing is deleted by it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync import cleanups, roles
from devops_sync.models import Cleanup, Site, properties

from .. import deletions, frame, live
from ..choosing import Unclear, choose
from ..deletion_choice import APIS, OFFERED, WAYS, Choice
from ..doors import readers_only
from ..kinds import KINDS
from ..methods import require_GET, require_GET_or_POST

# Each key is a request of its own, so a long list is a long wait.
MOST_KEYS = 10_000


@sensitive_post_parameters("person")
@require_GET_or_POST
@readers_only
def deletion_new(request: HttpRequest) -> HttpResponse:
    deletions.must_delete(request)
    sites = list(roles.sites(request.user, "delete").order_by("slug"))
    if request.method != "POST":
        choice = Choice.read(request.GET, sites)
        return _page(request, choice, 400 if choice.problems else 200)
    if "list" in request.POST or "id" in request.POST:
        return _of_a_list(request, sites)
    more = "more" in request.POST
    choice = Choice.read(request.POST, sites, wanted=max(1, len(request.POST.getlist("key")) + more))
    if more:
        return _page(request, choice)
    planned = choice.plan(deletions.asker(request), frame.of(request).now)
    if planned is None:
        return _page(request, choice, 400)
    return redirect("deletion-preview", planned.pk)


@require_GET
@readers_only
def complete(request: HttpRequest) -> HttpResponse:
    """The keys, or the values of a key, that contain what was typed, each with how many there are of it."""
    deletions.must_delete(request)
    choice = Choice.read(request.GET, list(roles.sites(request.user, "delete").order_by("slug")))
    ids = [site.pk for site in ([choice.site] if choice.site else choice.sites)]
    key, value = choice.rows[0].key, choice.rows[0].value
    if request.GET.get("of") == "value":
        return render(request, "deletion_new.html#values", {"values": properties.values(ids, key, value, OFFERED)})
    return render(request, "deletion_new.html#keys", {"keys": properties.keys(ids, key, OFFERED)})


def _of_a_list(request: HttpRequest, sites: list[Site]) -> HttpResponse:
    """What was ticked in a list, or all that matches there, key by key: a deletion for each site that it is on."""
    posted = request.POST.copy()
    # With a repository Jira deletes what is in it: that takes no key of its own.
    posted.pop("with_contents", None)
    try:
        choice = choose(posted, frame.of(request).sites)
        allowed = [site for site in choice.sites if site in sites]
        if choice.sites and not allowed:
            raise PermissionDenied("Deleting is for admins.")
        chosen = {site: _keys(choice.chosen, site) for site in allowed}
    except Unclear as unclear:
        return _page(request, Choice(sites, problems={"list": str(unclear)}), 400)
    planned = [
        cleanups.plan_by_keys(site, keys, choice.what, deletions.asker(request), frame.of(request).now)
        for site, keys in chosen.items()
        if keys
    ]
    if not planned:
        return _page(request, Choice(sites, problems={"list": "Nothing of that is there any more."}), 409)
    if left_out := [site.slug for site in choice.sites if site not in allowed]:
        messages.warning(request, f"Left out, since you may not delete there: {', '.join(left_out)}.")
    return _go(request, planned)


def _keys(chosen: Any, site: Site) -> list[tuple[str, str]]:
    """The keys of what was chosen on a site and is alive. Raises `Unclear` when they are too many."""
    if not isinstance(chosen, dict):
        raise Unclear("Only what is in the lists of deployments, builds and repositories can be deleted by its keys.")
    found: list[tuple[str, str]] = []
    for name, rows in chosen.items():
        keys = rows.filter(site=site).alive().order_by("-id").values_list("entry__key", flat=True)
        found += [(name, key) for key in keys[: MOST_KEYS + 1 - len(found)]]
    if len(found) > MOST_KEYS:
        raise Unclear(
            f"That is more than {MOST_KEYS:,} entities, and each would be a request of its own."
            " Narrow the list, or delete by properties: that is one request for each API."
        )
    return found


def _go(request: HttpRequest, planned: list[Cleanup]) -> HttpResponse:
    if len(planned) == 1:
        return redirect("deletion-preview", planned[0].pk)
    numbers = ", ".join(str(one.pk) for one in planned)
    messages.info(request, f"It is on several sites, so it became a deletion for each: {numbers}. None has begun.")
    return redirect("deletion-list")


def _page(request: HttpRequest, choice: Choice, status: int = 200) -> HttpResponse:
    choice.offer()
    context = {
        "choice": choice,
        "ways": WAYS,
        "apis": APIS,
        "kinds": list(KINDS.values()),
        "keys": choice.keys() if choice.way == "properties" else [],
    }
    return live.page(request, "deletion_new.html", context, [], every=None, status=status)
