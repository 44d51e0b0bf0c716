"""How delivery to Jira is doing: the figures of the strip and the lanes behind them."""

import datetime as dt
from dataclasses import dataclass, field, replace

from devops_sync.models import Deletion, Lane, Site
from devops_sync.models.balance import Balance, balance
from devops_sync.models.flow import Flow, flow_by_lane
from devops_sync.models.lane import Times, Waiting, times_to_jira, waiting_by_lane

from . import frame, kept, rejections
from .backlog import Prospect

# A request that holds fewer is smaller than it would be by itself.
USUAL_REQUEST = 200


@dataclass(frozen=True)
class Stretch:
    """A lane as the pages show it."""

    lane: Lane
    waiting: Waiting
    now: dt.datetime
    flow: Flow = field(default_factory=Flow)

    @property
    def is_held(self) -> bool:
        return self.lane.held_at is not None

    @property
    def is_paused(self) -> bool:
        """Its site is: nothing leaves, however well the lane is."""
        return self.lane.site.is_paused

    @property
    def is_asleep(self) -> bool:
        """It failed and waits for its next try. A lane that sleeps with nothing in it troubles nobody."""
        wake = self.lane.wake_at
        return not self.is_held and self.lane.failures > 0 and wake is not None and wake > self.now

    @property
    def is_loud(self) -> bool:
        """Jira has taken nothing of what waits in it for days. An empty lane asks for nobody."""
        return not self.is_held and self.waiting.count > 0 and self.lane.is_loud(self.now)

    @property
    def is_working(self) -> bool:
        lease = self.lane.leased_until
        return not self.is_held and lease is not None and lease > self.now

    @property
    def is_moving(self) -> bool:
        return self.is_working or (self.waiting.count > 0 and not self.is_held and not self.is_paused)

    @property
    def state(self) -> str:
        if self.is_paused:
            return "lane_paused"
        if self.is_held:
            return "lane_held"
        if self.is_loud:
            return "lane_loud"
        if self.is_asleep:
            return "lane_asleep"
        if self.is_working:
            return "lane_working"
        return "lane_waiting" if self.waiting.count else "lane_idle"

    @property
    def waits_more_than_counted(self) -> bool:
        return self.waiting.count >= Waiting.MOST

    @property
    def prospect(self) -> Prospect:
        """When nothing waits in it any more."""
        stands = self.is_paused or self.is_held or self.is_asleep or self.is_loud
        return Prospect(self.waiting, self.flow, self.now, stands_still=stands)

    @property
    def is_slow(self) -> bool:
        """Jira said that its limit is near, so that the lane goes slowly for a while."""
        return self.lane.slow_until is not None and self.lane.slow_until > self.now

    @property
    def largest_request(self) -> int | None:
        """How many entities its requests hold at most, while that is fewer than usual."""
        largest = self.lane.largest_request(self.now)
        return largest if largest is not None and largest < USUAL_REQUEST else None

    @property
    def is_unsettled(self) -> bool:
        """A request whose answer nobody read may still reach Jira, and a deletion would wait for it."""
        return self.lane.unsettled_until is not None and self.lane.unsettled_until > self.now

    @property
    def name(self) -> str:
        """The deployments lane of …"""
        resent = " of resent history" if self.lane.priority == Lane.Priority.RESENT else ""
        return f"{self.lane.api} lane{resent}"


def lanes_of(sites: list[Site], now: dt.datetime) -> list[Stretch]:
    """Every lane of the sites with what waits in it, deletions too, in three queries. A removed site has none.

    Of a very large backlog the count may have been kept for a while.
    """
    by_site = {site.pk: site for site in sites if not site.is_removed}
    lanes = list(Lane.objects.filter(site__in=list(by_site)).order_by("site__slug", "api", "priority"))
    ids = [lane.pk for lane in lanes]
    waiting = dict(kept.figure("waiting", ids, lambda: waiting_by_lane(ids)))
    for pk, (many, since) in Deletion.objects.waiting_by_lane(ids).items():
        had = waiting.get(pk, Waiting())
        waiting[pk] = Waiting(had.count + many, min(had.since or since, since))
    for lane in lanes:
        lane.site = by_site[lane.site_id]
    return [Stretch(lane, waiting.get(lane.pk, Waiting()), now) for lane in lanes]


def with_flow(lanes: list[Stretch]) -> list[Stretch]:
    """The lanes with what flows into and out of those in which anything waits."""
    ids = [stretch.lane.pk for stretch in lanes if stretch.waiting.count]
    if not ids:
        return lanes
    flows = kept.figure("flow", ids, lambda: flow_by_lane(ids, lanes[0].now))
    return [replace(stretch, flow=flows.get(stretch.lane.pk, Flow())) for stretch in lanes]


@dataclass(frozen=True)
class Together:
    """Some lanes, and what waits in them together."""

    lanes: list[Stretch]

    @property
    def waiting(self) -> int:
        return sum(stretch.waiting.count for stretch in self.lanes)

    @property
    def is_more(self) -> bool:
        return any(stretch.waits_more_than_counted for stretch in self.lanes)


@dataclass(frozen=True)
class Paused(Together):
    """A paused site, with its lanes."""

    site: Site


@dataclass(frozen=True)
class Lanes(Together):
    """The lanes that a page is about, by how they are."""

    @property
    def paused(self) -> list[Paused]:
        """The sites that are paused, with what waits for each."""
        lanes: dict[Site, list[Stretch]] = {}
        for stretch in self.lanes:
            if stretch.is_paused:
                lanes.setdefault(stretch.lane.site, []).append(stretch)
        return [Paused(own, site) for site, own in lanes.items()]

    @property
    def held(self) -> list[Stretch]:
        return [stretch for stretch in self.lanes if stretch.is_held]

    @property
    def loud(self) -> list[Stretch]:
        return [stretch for stretch in self.lanes if stretch.is_loud]

    @property
    def asleep(self) -> list[Stretch]:
        """Those of which nobody has to know yet: they may well go on by themselves."""
        return [stretch for stretch in self.lanes if stretch.is_asleep and not stretch.is_loud]

    @property
    def asleep_word(self) -> str:
        return "one sleeps" if len(self.asleep) == 1 else f"{len(self.asleep)} sleep"

    @property
    def loud_word(self) -> str:
        return "One does not get through" if len(self.loud) == 1 else f"{len(self.loud)} do not get through"

    @property
    def waiting_in_loud(self) -> int:
        return sum(stretch.waiting.count for stretch in self.loud)

    @property
    def waiting_in_asleep(self) -> int:
        return sum(stretch.waiting.count for stretch in self.asleep)

    @property
    def waiting_in_held(self) -> int:
        return sum(stretch.waiting.count for stretch in self.held)

    @property
    def waiting_in_paused(self) -> int:
        return sum(rest.waiting for rest in self.paused)

    @property
    def is_moving(self) -> bool:
        return any(stretch.is_moving for stretch in self.lanes)


@dataclass(frozen=True)
class Health(Lanes):
    """The strip."""

    rejected: int
    causes: int
    times: Times
    balance: Balance
    now: dt.datetime

    @property
    def missing_word(self) -> str:
        return missing_word(self.balance)

    @property
    def oldest(self) -> dt.timedelta | None:
        return self._oldest(self.lanes)

    @property
    def oldest_elsewhere(self) -> dt.timedelta | None:
        return self._oldest([stretch for stretch in self.lanes if not stretch.is_held])

    def _oldest(self, lanes: list[Stretch]) -> dt.timedelta | None:
        since = [stretch.waiting.since for stretch in lanes if stretch.waiting.since]
        return self.now - min(since) if since else None


def read(sites: list[Site], now: dt.datetime) -> Health:
    """Everything the strip says, in six queries and a balance that may have been kept for a while."""
    lanes = lanes_of(sites, now)
    rejected, causes = rejections.standing_since(sites, frame.yesterday(now))
    return Health(
        lanes=lanes,
        rejected=rejected,
        causes=causes,
        times=times_to_jira(
            [stretch.lane.pk for stretch in lanes if stretch.lane.priority == Lane.Priority.LIVE],
            now.replace(hour=0, minute=0, second=0, microsecond=0),
        ),
        balance=balance_of(sites),
        now=now,
    )


def balance_of(sites: list[Site]) -> Balance:
    """The balance of the sites. On a large ledger it may have been kept for a while."""
    ids = [site.pk for site in sites]
    return kept.figure("balance", ids, lambda: balance(ids))


def missing_word(found: Balance) -> str:
    """How much a balance lacks."""
    return f"{found.missing:,} not accounted for"
