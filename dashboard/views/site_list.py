"""`/sites/`: the Jira sites that data goes to, and how each of their lanes is doing."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from devops_sync import roles
from devops_sync.kinds import APIS
from devops_sync.models import Lane, Site

from .. import frame, health, live
from ..doors import readers_only
from ..methods import require_GET


@dataclass(frozen=True)
class Row:
    """A site with its live lanes, in the order of the columns; None where it has none yet."""

    site: Site
    lanes: list[health.Stretch | None]

    @property
    def answered(self) -> health.Stretch | None:
        """The lane that Jira answered last."""
        there = [stretch for stretch in self.lanes if stretch and stretch.lane.answered_at]
        return max(there, key=lambda stretch: str(stretch.lane.answered_at), default=None)


@require_GET
@readers_only
def site_list(request: HttpRequest) -> HttpResponse:
    around = frame.of(request)
    lanes = health.lanes_of(around.sites, around.now)
    return live.page(
        request,
        "site_list.html",
        {
            "rows": [_row(site, lanes) for site in around.sites],
            "may_connect": roles.everywhere(request.user, "sites"),
        },
        [live.Part("list", "list")],
        every=5,
    )


def _row(site: Site, lanes: list[health.Stretch]) -> Row:
    own = [stretch for stretch in lanes if stretch.lane.site_id == site.pk]
    by_api = {stretch.lane.api: stretch for stretch in own if stretch.lane.priority == Lane.Priority.LIVE}
    return Row(site, [by_api.get(api) for api in APIS])
