"""How delivery to Jira is doing: the figures of the strip and the lanes behind them."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform

from devops_sync.models import Deletion, Entry, Lane, Site
from devops_sync.models.lane import Times, Waiting, times_to_jira, waiting_by_lane
from devops_sync.models.submission import Balance, balance

from . import frame, kept


@dataclass(frozen=True)
class Stretch:
    """A lane as the pages show it."""

    lane: Lane
    waiting: Waiting
    now: dt.datetime

    @property
    def is_held(self) -> bool:
        return self.lane.held_at is not None

    @property
    def is_asleep(self) -> bool:
        """It failed and waits for its next try. A lane that sleeps with nothing in it troubles nobody."""
        wake = self.lane.wake_at
        return not self.is_held and self.lane.failures > 0 and wake is not None and wake > self.now

    @property
    def is_working(self) -> bool:
        lease = self.lane.leased_until
        return not self.is_held and lease is not None and lease > self.now

    @property
    def is_moving(self) -> bool:
        return self.is_working or (self.waiting.count > 0 and not self.is_held)

    @property
    def state(self) -> str:
        if self.is_held:
            return "lane_held"
        if self.is_asleep:
            return "lane_asleep"
        if self.is_working:
            return "lane_working"
        return "lane_waiting" if self.waiting.count else "lane_idle"

    @property
    def waits_more_than_counted(self) -> bool:
        return self.waiting.count >= Waiting.MOST

    @property
    def name(self) -> str:
        """The deployments lane of …"""
        resent = " of resent history" if self.lane.priority == Lane.Priority.RESENT else ""
        return f"{self.lane.api} lane{resent}"


def lanes_of(sites: list[Site], now: dt.datetime) -> list[Stretch]:
    """Every lane of the sites with what waits in it, deletions too, in three queries."""
    by_site = {site.pk: site for site in sites}
    lanes = list(Lane.objects.filter(site__in=list(by_site)).order_by("site__slug", "api", "priority"))
    waiting = waiting_by_lane([lane.pk for lane in lanes])
    for pk, (many, since) in Deletion.objects.waiting_by_lane([lane.pk for lane in lanes]).items():
        had = waiting.get(pk, Waiting())
        waiting[pk] = Waiting(had.count + many, min(had.since or since, since))
    for lane in lanes:
        lane.site = by_site[lane.site_id]
    return [Stretch(lane, waiting.get(lane.pk, Waiting()), now) for lane in lanes]


@dataclass(frozen=True)
class Lanes:
    """The lanes together."""

    lanes: list[Stretch]

    @property
    def waiting(self) -> int:
        return sum(stretch.waiting.count for stretch in self.lanes)

    @property
    def is_more(self) -> bool:
        return any(stretch.waits_more_than_counted for stretch in self.lanes)

    @property
    def held(self) -> list[Stretch]:
        return [stretch for stretch in self.lanes if stretch.is_held]

    @property
    def asleep(self) -> list[Stretch]:
        return [stretch for stretch in self.lanes if stretch.is_asleep]

    @property
    def asleep_word(self) -> str:
        return "one sleeps" if len(self.asleep) == 1 else f"{len(self.asleep)} sleep"

    @property
    def waiting_in_asleep(self) -> int:
        return sum(stretch.waiting.count for stretch in self.asleep)

    @property
    def waiting_in_held(self) -> int:
        return sum(stretch.waiting.count for stretch in self.held)

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
        return f"{abs(self.balance.missing):,} not accounted for"

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
    ids = [site.pk for site in sites]
    lanes = lanes_of(sites, now)
    rejected, causes = _rejected(ids, frame.yesterday(now))
    return Health(
        lanes=lanes,
        rejected=rejected,
        causes=causes,
        times=times_to_jira(
            [stretch.lane.pk for stretch in lanes if stretch.lane.priority == Lane.Priority.LIVE],
            now.replace(hour=0, minute=0, second=0, microsecond=0),
        ),
        balance=kept.figure("balance", ids, lambda: balance(ids)),
        now=now,
    )


def _rejected(sites: list[int], since: dt.datetime) -> tuple[int, int]:
    """How many were rejected, and for how many different reasons."""
    counted = (
        Entry.objects.rejected_since(since)
        .filter(site__in=sites)
        .annotate(said=KeyTextTransform("message", KeyTextTransform("0", "errors")))
        .order_by()
        .values_list("said")
        .annotate(many=Count("pk"))
    )
    found = [many for _, many in counted]
    return sum(found), len(found)
