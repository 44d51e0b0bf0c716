"""Deployments per day as a drawing: every number is worked out here, the template only writes it down.

The days are the reader's: they begin when it is midnight where they are.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from devops_sync.models import Deployment

DAYS = 30
_HEIGHT = 112.0
_WIDTH = 300.0
_GAP = 1.0


@dataclass(frozen=True)
class Bar:
    """One day, in the units of the drawing."""

    day: dt.date
    successful: int
    failed: int
    x: str
    good_y: str
    good_height: str
    bad_y: str
    bad_height: str


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    top: int
    marks: list[dt.date]

    @property
    def successful(self) -> int:
        return sum(bar.successful for bar in self.bars)

    @property
    def failed(self) -> int:
        return sum(bar.failed for bar in self.bars)

    @property
    def worst(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.failed)

    @property
    def half(self) -> str:
        return f"{self.top / 2:,.0f}" if self.top % 2 == 0 else ""

    @property
    def is_empty(self) -> bool:
        return not (self.successful or self.failed)


def days(today: dt.date) -> list[dt.datetime]:
    """When each of the days that are drawn begins for the reader."""
    there = timezone.get_current_timezone()
    return [dt.datetime.combine(day, dt.time(), there) for day in _dates(today)]


def _dates(today: dt.date) -> list[dt.date]:
    return [today - dt.timedelta(days=DAYS - 1 - index) for index in range(DAYS)]


def draw(per_day: Iterable[tuple[dt.date, str, int]], today: dt.date) -> Chart:
    """Bars for the last thirty days, today at the right; rolled back counts as failed."""
    counts: dict[tuple[dt.date, bool], int] = {}
    for day, state, many in per_day:
        if state in (Deployment.State.SUCCESSFUL, Deployment.State.FAILED, Deployment.State.ROLLED_BACK):
            key = (day, state == Deployment.State.SUCCESSFUL)
            counts[key] = counts.get(key, 0) + many
    dates = _dates(today)
    top = _rounded(max(counts.get((day, True), 0) + counts.get((day, False), 0) for day in dates))
    bars = [
        _bar(index, day, counts.get((day, True), 0), counts.get((day, False), 0), top)
        for index, day in enumerate(dates)
    ]
    return Chart(bars, top, [dates[0], dates[7], dates[14], dates[21]])


def _bar(index: int, day: dt.date, successful: int, failed: int, top: int) -> Bar:
    pitch = _WIDTH / DAYS
    good, bad = successful / top * _HEIGHT, failed / top * _HEIGHT
    gap = min(_GAP, bad / 2) if good and bad else 0.0
    return Bar(
        day,
        successful,
        failed,
        x=f"{index * pitch + 1.5:.1f}",
        good_y=f"{_HEIGHT - good:.1f}",
        good_height=f"{good:.1f}",
        bad_y=f"{_HEIGHT - good - bad:.1f}",
        bad_height=f"{bad - gap:.1f}",
    )


def _rounded(most: int) -> int:
    """The next round number that is even, so that its half is whole."""
    if most <= 4:
        return 4
    size = int(10 ** math.floor(math.log10(most)))
    steps = (1, 2, 3, 4, 5, 6, 7, 8, 10) if size > 1 else (4, 6, 8, 10)
    return next(step * size for step in steps if step * size >= most)
