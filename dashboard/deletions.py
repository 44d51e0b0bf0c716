"""A deletion's pages: who may see it, at which step it is, and what stands at the head of each.

The pages call a clean-up a deletion. What a client asked for itself has no steps that ask a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode

from devops_sync import cleanups, remote, roles
from devops_sync.models import Cleanup, Site, User

from . import live

State = Cleanup.State
Origin = Cleanup.Origin
_WORDS = {"choose": "Choose", "preview": "Preview", "confirm": "Confirm", "run": "Run", "proof": "Proof"}
_WITHOUT = {Origin.GATEWAY: ("choose", "confirm"), Origin.SHELL: ("choose",), Origin.RULE: ("choose",)}
_APIS = {"deployments": "deployments", "builds": "builds", "devinfo": "development information"}


@dataclass(frozen=True)
class Step:
    """One step of a deletion: where it can be read, if it has come so far."""

    name: str
    number: int
    url: str
    is_here: bool
    is_done: bool

    @property
    def word(self) -> str:
        return _WORDS[self.name]


def sites(request: HttpRequest) -> list[Site]:
    """The sites whose deletions the person may read: admins and auditors may, and an admin may all that auditors do."""
    found = list(roles.sites(request.user, "audit").order_by("slug"))
    if not found and not roles.may(request.user, "audit"):
        raise PermissionDenied("Deletions are for admins and auditors.")
    return found


def find(request: HttpRequest, pk: int, *, to_steer: bool = False) -> Cleanup:
    """The deletion, if the person may read it, or steer it. One of a site that they may not see is not there."""
    rows = Cleanup.objects.of(roles.sites(request.user)).select_related(
        "site", "user", "token", "rule", "confirmed_by", "approved_by"
    )
    found = get_object_or_404(rows.defer("site__sealed_secret", "report"), pk=pk)
    if not roles.may(request.user, "audit", found.site):
        raise PermissionDenied("Deletions are for admins and auditors.")
    if to_steer:
        must_delete(request, found.site)
    return found


def must_delete(request: HttpRequest, site: Site | None = None) -> None:
    """Refuse whoever may not delete on the site; without one: on any."""
    if not roles.may(request.user, "delete", site):
        raise PermissionDenied("Deleting is for admins.")


def asker(request: HttpRequest) -> cleanups.Asker:
    """The person, as the one who asks for a clean-up."""
    assert isinstance(request.user, User)
    return cleanups.Asker(Origin.PAGE, request.user, remote_address=remote.address_of(request))


def step_of(cleanup: Cleanup) -> str:
    """The step that a deletion is at, which is where its address leads."""
    if cleanup.report_sha256 is not None or cleanup.state == State.PROVING:
        return "proof"
    if cleanup.started_at is not None or cleanup.state in (State.RUNNING, State.PAUSED):
        return "run"
    return "confirm" if cleanup.confirmed_at is not None else "preview"


def url_of(cleanup: Cleanup, step: str = "") -> str:
    """Where a step of it is read; without one, the step that it is at."""
    return reverse(f"deletion-{step or step_of(cleanup)}", args=[cleanup.pk])


def choose_url(cleanup: Cleanup) -> str:
    """Where the same is chosen again, filled in; nothing where that cannot be written down, as with a list of keys."""
    if cleanup.properties is None or any(not isinstance(value, str) for value in cleanup.properties.values()):
        return ""
    given = [("site", cleanup.site.slug), *(("api", api) for api in cleanup.apis)]
    given += [one for key, value in pairs(cleanup) for one in (("key", key), ("value", value))]
    return f"{reverse('deletion-new')}?{urlencode(given)}"


def pairs(cleanup: Cleanup) -> list[tuple[str, str]]:
    """The properties that it is about. A client can ask for several values of one key at once."""
    found = (cleanup.properties or {}).items()
    return [(key, value if isinstance(value, str) else ", ".join(value)) for key, value in found]


def steps(cleanup: Cleanup, here: str) -> list[Step]:
    """The steps of a deletion as a page that stands at one of them shows them."""
    names = [name for name in _WORDS if name not in _WITHOUT.get(Origin(cleanup.origin), ())]
    at = list(_WORDS).index(step_of(cleanup))
    read = list(_WORDS).index(here)
    found = []
    for number, name in enumerate(names, 1):
        place = list(_WORDS).index(name)
        url = choose_url(cleanup) if name == "choose" else ""
        if name != "choose" and (place <= at or _may_be_confirmed(cleanup, name)):
            url = url_of(cleanup, name)
        # A look ahead confirms nothing.
        is_done = place < (max(at, read) if name != "confirm" or cleanup.confirmed_at else at)
        is_done = is_done or (name == "proof" and cleanup.report_sha256 is not None)
        found.append(Step(name, number, url, name == here, is_done))
    return found


def _may_be_confirmed(cleanup: Cleanup, name: str) -> bool:
    return name == "confirm" and cleanup.state == State.PREVIEWED


def api_words(apis: Sequence[str]) -> str:
    """Which APIs, in words."""
    return ", ".join(_APIS.get(api, api) for api in apis)


def page(
    request: HttpRequest,
    template: str,
    cleanup: Cleanup,
    here: str,
    context: dict[str, Any],
    parts: Sequence[live.Part] = (),
    *,
    every: float | None,
    status: int = 200,
) -> HttpResponse:
    """A page of one step of a deletion. Its head and its steps move, as do the `parts`."""
    return live.page(
        request,
        template,
        {
            "one": cleanup,
            "state_name": f"deletion_{cleanup.state}",
            "steps": steps(cleanup, here),
            "step": here,
            "apis": api_words(cleanup.apis),
            "pairs": pairs(cleanup),
            "may_delete": roles.may(request.user, "delete", cleanup.site),
            **context,
        },
        [
            live.Part("deletion-title", "_deletion_head.html#title"),
            live.Part("deletion-steps", "_deletion_head.html#steps"),
            *parts,
        ],
        every=every,
        status=status,
        url=url_of(cleanup, here),
    )
