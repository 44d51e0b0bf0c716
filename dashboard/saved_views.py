"""Saved views as the pages offer them: one's own, and what others share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from django.http import HttpRequest, QueryDict

from devops_sync import roles
from devops_sync.models import SavedView, Site, User
from devops_sync.models.saved_view import Listed, listed

from . import frame
from .filters import PLACE

MOST = 50


@dataclass(frozen=True)
class Offered:
    """One in the menu. `is_here`: the page shows just that."""

    view: Listed
    is_own: bool
    is_here: bool
    may_delete: bool


@dataclass(frozen=True)
class Menu:
    """What the menu of a list offers; read when it is drawn.

    `query` is what the page shows, `site` the one that it is narrowed to.
    """

    request: HttpRequest
    list: str
    query: str
    site: Site | None

    @cached_property
    def offered(self) -> Sequence[Offered]:
        user, sites = self.request.user, frame.of(self.request).sites
        assert isinstance(user, User)
        here = _sorted(self.query)
        by_id = {site.pk: site for site in sites}
        return [
            Offered(
                view,
                view.user_id == user.pk,
                _sorted(view.query) == here,
                view.user_id == user.pk or (view.is_shared and may_share(user, by_id.get(view.site_id or 0))),
            )
            for view in listed(user, sites, self.list, MOST)
        ]

    @property
    def may_share(self) -> bool:
        return roles.may(self.request.user, "share-views")


def clean(query: QueryDict) -> str:
    """The filters and the order of an address, without the place in the list."""
    kept = query.copy()
    for name in PLACE:
        kept.pop(name, None)
    return kept.urlencode()


def may_delete(user: User, view: SavedView) -> bool:
    """Their own; and what is shared, where they may share."""
    return view.user_id == user.pk or (view.is_shared and may_share(user, view.site))


def may_share(user: User, site: Site | None) -> bool:
    """With a site's people, or, without a site, with everybody."""
    return roles.may(user, "share-views", site) if site else roles.everywhere(user, "share-views")


def _sorted(query: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(query))
