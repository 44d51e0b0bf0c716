"""What is to be expected of what waits in a lane: how fast it comes and leaves, and when none is left.

Nobody knows the next minutes, so everything here is rounded, and nothing is said that is not likely.
"""

import datetime as dt
from dataclasses import dataclass

from devops_sync import spans
from devops_sync.models.flow import MEASURED, Flow
from devops_sync.models.lane import Waiting

# What has waited less is on its way, whatever the rates of the last minutes were.
JUST_CAME = dt.timedelta(seconds=10)


@dataclass(frozen=True)
class Prospect:
    """The prospect of one lane. One that `stands_still` sends nothing until it is tried again."""

    waiting: Waiting
    flow: Flow
    now: dt.datetime
    stands_still: bool = False

    @property
    def comes(self) -> str:
        return rate(self.flow.came)

    @property
    def leaves(self) -> str:
        return rate(self.flow.leaves)

    @property
    def said(self) -> str:
        """When it will be empty, in a few words; nothing of one that is."""
        if not self.waiting.count:
            return ""
        if self.stands_still:
            return "not before it is tried again"
        empty_in = self.flow.empty_in(self.waiting.count)
        if empty_in is not None:
            return f"in {spans.about(empty_in)}"
        if self.waiting.since is not None and self.now - self.waiting.since < JUST_CAME:
            return "in a moment"
        if not self.flow.came and not self.flow.left:
            return f"nothing has left for {MEASURED // dt.timedelta(minutes=1)} min"
        if self.comes == self.leaves:
            return f"stays as long: {self.comes} a minute come and leave"
        return f"gets longer: {self.comes} a minute come, {self.leaves} leave"


def rate(a_minute: float) -> str:
    """How many a minute, no finer than two figures: "0", "under 1", "7", "1,200"."""
    if not a_minute:
        return "0"
    if a_minute < 1:
        return "under 1"
    whole = round(a_minute)
    finest = 10 ** max(len(str(whole)) - 2, 0)
    return f"{finest * round(whole / finest):,}"
