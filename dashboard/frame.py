"""What stands around every page: who is here, which sites they see, where they can go, what waits."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from devops_sync import __version__, pending, roles
from devops_sync.models import Site, User

from . import rejections, zone
from .kinds import KINDS

LISTS = (
    "overview",
    "quiet-list",
    "issue-list",
    "issue",
    "deployment-list",
    "build-list",
    "repository-list",
    "submission-list",
    "delivery-list",
    "drift",
    "rejected-list",
    "errand-list",
    "deletion-list",
    "audit-list",
)
MOST = 1000
# The sections with a drawing in `static/favicons`: the sprite's, white on blue.
FAVICONS = {
    *("overview", "issue", "deployment", "build", "repository", "submission", "delivery", "rejected", "resend"),
    *("submit", "site", "deletion", "audit", "token"),
}


@dataclass(frozen=True)
class Place:
    """One entry of the rail."""

    icon: str
    word: str
    url: str
    is_here: bool


class Frame:
    """Computed when a template first asks, once per request."""

    version = __version__

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        # A request that was refused before anybody looked who asks, such as one for another host, has no user.
        self._user: User | AnonymousUser = getattr(request, "user", AnonymousUser())

    @cached_property
    def sites(self) -> list[Site]:
        """The sites that the person may see, by name."""
        return list(roles.sites(self._user).order_by("slug"))

    @cached_property
    def site(self) -> Site | None:
        """The site that the address picks, if any."""
        slug = self._request.GET.get("site", "")
        return next((site for site in self.sites if site.slug == slug), None)

    @property
    def picked(self) -> list[Site]:
        return [self.site] if self.site else self.sites

    @cached_property
    def view(self) -> str:
        match = self._request.resolver_match
        return (match.view_name if match else None) or ""

    @property
    def is_list(self) -> bool:
        return self.view in LISTS

    @cached_property
    def _pending(self) -> pending.Pending:
        user = self._user
        audited = [site.pk for site in self.picked if roles.may(user, "audit", site)] if self.sees_deletions else []
        return pending.read([site.pk for site in self.picked], audited, MOST)

    @property
    def waiting(self) -> int:
        """What has yet to leave: versions and deletions."""
        return self._pending.waiting

    @cached_property
    def rejected(self) -> int:
        """What Jira rejected since yesterday and still stands: what the list of it shows by itself."""
        return rejections.standing_since(self.picked, self.yesterday)[0]

    @cached_property
    def sees_deletions(self) -> bool:
        return roles.may(self._user, "audit")

    @property
    def awaiting(self) -> int:
        """How many deletions await a second admin, for those who see deletions at all."""
        return self._pending.awaiting

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @property
    def yesterday(self) -> dt.datetime:
        return yesterday(self.now)

    @property
    def zone(self) -> str:
        """The zone that times are written in, by name."""
        return zone.name()

    @cached_property
    def site_query(self) -> str:
        return f"?{urlencode({'site': self.site.slug})}" if self.site else ""

    @cached_property
    def places(self) -> list[Place]:
        return [
            self._place("overview", "Overview", "overview", "quiet-list", "pipeline"),
            self._place("issue", "Issues", "issue-list", "issue"),
            self._place("deployment", "Deployments", "deployment-list", "deployment"),
            self._place("build", "Builds", "build-list", "build"),
            self._place(
                "repository",
                "Repositories",
                "repository-list",
                *(kind.view for kind in KINDS.values() if kind.listed_in == "repository"),
            ),
        ]

    @cached_property
    def ledger_places(self) -> list[Place]:
        return [
            self._place("submission", "Submissions", "submission-list", "submission"),
            self._place("delivery", "Deliveries", "delivery-list", "delivery", "drift"),
            self._place("rejected", "Rejected", "rejected-list", "rejected", "rejected-correct"),
            self._place("resend", "Resends and checks", "errand-list", "errand", "errand-plan"),
            *([self._deletions, self._place("audit", "Audit", "audit-list", "audit")] if self.sees_deletions else []),
        ]

    @property
    def _deletions(self) -> Place:
        """Each step of a deletion is a page of its own."""
        url = _address("deletion-list") + self.site_query
        return Place("deletion", "Deletions", url, self.view.startswith("deletion"))

    @cached_property
    def hand_places(self) -> list[Place]:
        """What is done by hand, for who may."""
        return [self._place("submit", "Submit", "submit")] if roles.may(self._user, "submit") else []

    @cached_property
    def setup_places(self) -> list[Place]:
        sites = self._place("site", "Sites", "site-list", "site", "site-connect", "site-credential", "site-remove")
        tokens = self._place("token", "Tokens", "token-list", "token", "token-new", "token-rotate")
        people = self._place("user", "People", "user-list", "user", "user-new")
        found = [(sites, True), (tokens, roles.may(self._user, "tokens"))]
        return [place for place, may in (*found, (people, roles.everywhere(self._user, "users"))) if may]

    def _place(self, icon: str, word: str, *views: str) -> Place:
        return Place(icon, word, _address(views[0]) + self.site_query, self.view in views)

    @property
    def _all_places(self) -> list[Place]:
        return [*self.places, *self.ledger_places, *self.hand_places, *self.setup_places]

    @property
    def waiting_figure(self) -> str:
        return _figure(self.waiting)

    @property
    def rejected_figure(self) -> str:
        return f"{self.rejected:,}"

    @property
    def favicon(self) -> str:
        """The drawing that tells this section's tabs from those of others."""
        icon = next((place.icon for place in self._all_places if place.is_here), "")
        return f"favicons/{icon}.svg" if icon in FAVICONS else "favicon.svg"

    @property
    def here(self) -> str:
        return next((place.word for place in self._all_places if place.is_here), "")


@lru_cache(maxsize=50)
def _address(view: str) -> str:
    return reverse(view)


def of(request: HttpRequest) -> Frame:
    """The request's frame: views and templates share one, and so its queries."""
    found: Frame | None = getattr(request, "_frame", None)
    if found is None:
        found = Frame(request)
        request._frame = found  # type: ignore[attr-defined]
    return found


def around(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    frame = of(request)
    return {"frame": frame, "now": frame.now}


def yesterday(now: dt.datetime) -> dt.datetime:
    """When yesterday began, where the reader is."""
    return zone.days_later(zone.local(now).replace(hour=0, minute=0, second=0, microsecond=0), -1)


def _figure(count: int) -> str:
    return f"{count:,}" if count < MOST else f"{MOST - 1:,}+"
