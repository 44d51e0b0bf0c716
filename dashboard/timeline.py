"""An issue's time as a drawing: a lane for each kind and each environment, what lies close together as one dot.

Every number is worked out here, the template only writes it down. The list below the drawing says the same in words.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from devops_sync.models.issue import Tally

from . import zone
from .kinds import KINDS
from .matrix import TYPES

WIDTH = 1040
LANE = 32
HEAD = 32
LEFT, RIGHT = 16.0, 1000.0
_SHORTEST = 600.0
_TICKS = 9
NOWS = 250
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = (
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 4, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 30, 91, 182, 365, 1826, 3652, 36525)),
)
_DEV = ("branch", "commit", "pull_request", "build")
_BAD = ("failed", "rolled_back")


def wide_of(count: int) -> int:
    """How wide the count is, with a little air on both sides."""
    return 6 + 7 * len(f"{count:,}")


def reach_of(count: int) -> float:
    """How far to the right a dot of so many needs the lane for itself."""
    return 19.0 if count == 1 else 16.0 + wide_of(count)


@dataclass(frozen=True)
class Dot:
    """One event, or several that lie too close together to be told apart."""

    x: float
    kind: str
    state: str
    count: int
    bad: int
    first_at: dt.datetime
    last_at: dt.datetime
    seen_x: float
    label: str = ""
    said: str = ""

    @property
    def left(self) -> str:
        return f"{self.x - 8:.1f}"

    @property
    def middle(self) -> str:
        return f"{self.x:.1f}"

    @property
    def right(self) -> str:
        """Where the count stands."""
        return f"{self.x + 11:.1f}"

    @property
    def edge(self) -> str:
        """Where the mark ends, and what covers the bar behind the count begins."""
        return f"{self.x + 8:.1f}"

    @property
    def wide(self) -> int:
        return wide_of(self.count)

    @property
    def said_x(self) -> str:
        """Where its label stands, if it is said."""
        return f"{self.x + self.reach - 6:.1f}"

    @property
    def said_left(self) -> str:
        return f"{self.x + self.reach - 10:.1f}"

    @property
    def said_wide(self) -> int:
        return 8 + round(6.3 * len(self.said))

    @property
    def words(self) -> str:
        """How many of what, for the filter `plural`."""
        return KINDS[self.kind].counted

    @property
    def reach(self) -> float:
        return reach_of(self.count)


@dataclass(frozen=True)
class Span:
    x1: str
    x2: str
    tone: str = ""


@dataclass
class Lane:
    icon: str
    name: str
    dots: list[Dot] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    top: int = 0

    @property
    def middle(self) -> int:
        return self.top + LANE // 2

    @property
    def icon_top(self) -> int:
        return self.middle - 8

    @property
    def text_base(self) -> int:
        return self.middle + 4


@dataclass(frozen=True)
class Tick:
    x: str
    text_x: str
    word: str
    is_day: bool


@dataclass(frozen=True)
class Timeline:
    lanes: list[Lane]
    ticks: list[Tick]
    now_x: str
    first_at: dt.datetime
    last_at: dt.datetime

    width = WIDTH

    @property
    def height(self) -> int:
        return HEAD + LANE * len(self.lanes)


@dataclass(frozen=True)
class Scale:
    start: float
    end: float

    def x(self, instant: dt.datetime) -> float:
        part = (instant.timestamp() - self.start) / (self.end - self.start)
        return LEFT + max(0.0, min(1.0, part)) * (RIGHT - LEFT)


def draw(
    tallies: Sequence[Tally], now: dt.datetime, left_at: Mapping[str, dt.datetime] | None = None
) -> Timeline | None:
    """Lanes with dots from the first to the last of them, and to now where that is not far away.

    `left_at`: when environments went back to what was there before.
    """
    if not tallies:
        return None
    first, last = min(one.first_at for one in tallies), max(one.last_at for one in tallies)
    span = max((last - first).total_seconds(), _SHORTEST)
    has_now = 0 <= (now - last).total_seconds() <= max(span, _DAY)
    # Now moves on by steps that can be seen: the drawing is the same until then, and a page that follows is left alone.
    step = max(span / NOWS, _MINUTE)
    moment = max(now.timestamp() // step * step, last.timestamp())
    end = max(moment if has_now else last.timestamp(), first.timestamp() + _SHORTEST)
    scale = Scale(first.timestamp(), end)
    lanes = [_lane(name, icon, found, scale, (left_at or {}).get(name)) for name, icon, found in _grouped(tallies)]
    for index, lane in enumerate(lanes):
        lane.top = HEAD + LANE * index
    now_x = scale.x(dt.datetime.fromtimestamp(moment, dt.UTC)) if has_now else None
    return Timeline(lanes, ticks_of(scale, now_x, now), f"{now_x:.1f}" if now_x is not None else "", first, last)


def _grouped(tallies: Iterable[Tally]) -> list[tuple[str, str, list[Tally]]]:
    """By lane: the kinds in the order of work, then environments from development to production, then the rest."""
    by_kind: dict[str, list[Tally]] = {kind: [] for kind in _DEV}
    by_environment: dict[str, list[Tally]] = {}
    for one in tallies:
        if one.kind in by_kind:
            by_kind[one.kind].append(one)
        else:
            by_environment.setdefault(one.lane, []).append(one)
    rest = by_environment.pop("", None)
    environments = sorted(
        by_environment.items(),
        key=lambda item: (min(TYPES.index(one.environment_type) for one in item[1]), item[0].casefold()),
    )
    lanes = [(KINDS[kind].words.capitalize(), kind, found) for kind, found in by_kind.items() if found]
    lanes += [(name, "deployment", found) for name, found in environments]
    return [*lanes, ("Other environments", "deployment", rest)] if rest else lanes


def _lane(name: str, icon: str, tallies: list[Tally], scale: Scale, left_at: dt.datetime | None) -> Lane:
    lane = Lane(icon, name, dots_of(tallies, scale))
    if icon == "deployment" and tallies[0].lane:
        went = [one for one in tallies if one.state == "successful"]
        if went:
            back = [one.last_at for one in tallies if one.state == "rolled_back"]
            is_back = back and max(back) > max(one.last_at for one in went)
            until = scale.x(left_at) if left_at else scale.x(max(back)) if is_back else RIGHT
            since = scale.x(min(one.first_at for one in went))
            lane.spans.append(Span(f"{since:.1f}", f"{until:.1f}", "good"))
    elif icon in ("branch", "pull_request"):
        lane.spans += [Span(f"{dot.seen_x:.1f}", dot.middle) for dot in lane.dots if dot.count == 1]
    return lane


def dots_of(tallies: list[Tally], scale: Scale) -> list[Dot]:
    """The tallies of a lane as dots: what lies too close together is one, where the first lies, in the last's state."""
    groups: list[list[Tally]] = []
    start, count = 0.0, 0
    for one in sorted(tallies, key=lambda one: (one.last_at, one.first_at)):
        x = scale.x(one.last_at)
        if groups and x - start < reach_of(count):
            groups[-1].append(one)
            count += one.count
        else:
            groups.append([one])
            start, count = x, one.count
    return [_dot(group, scale) for group in groups]


def _dot(group: list[Tally], scale: Scale) -> Dot:
    first, last = group[0], group[-1]
    return Dot(
        scale.x(first.last_at),
        first.kind,
        last.state,
        sum(one.count for one in group),
        sum(one.count for one in group if one.state in _BAD),
        min(one.first_at for one in group),
        max(one.last_at for one in group),
        scale.x(min(one.seen_at for one in group)),
        last.label,
    )


def ticks_of(scale: Scale, now_x: float | None, now: dt.datetime) -> list[Tick]:
    step = next((step for step in _STEPS if (scale.end - scale.start) / step <= _TICKS), _STEPS[-1])
    # Ticks stand where the reader's clocks show round times: as far from UTC as they are at the end.
    shift = zone.local(now).utcoffset() or dt.timedelta()
    at = int(-(-(scale.start + shift.total_seconds()) // step)) * step - int(shift.total_seconds())
    ticks: list[Tick] = []
    while at <= scale.end:
        # A day that begins an hour aside, where clocks were changed since, is still called by its name.
        instant = dt.datetime.fromtimestamp(at, dt.timezone(shift))
        instant = instant if step >= _DAY else zone.local(instant)
        x = scale.x(instant)
        is_day = step >= _DAY or instant.hour == instant.minute == 0
        is_clear = x < WIDTH - 90 and (now_x is None or not -80 < x - now_x < 24)
        word = _word(instant, step, is_day=is_day or not ticks, now=now) if is_clear else ""
        ticks.append(Tick(f"{x:.1f}", f"{x + 4:.1f}", word, is_day))
        at += step
    return ticks


def _word(instant: dt.datetime, step: int, *, is_day: bool, now: dt.datetime) -> str:
    if step >= 365 * _DAY:
        return str(instant.year)
    if not is_day:
        return f"{instant:%H:%M}"
    year = f" {instant.year}" if instant.year != now.year else ""
    day = f"{instant.day} {instant:%b}{year}"
    if step >= _DAY:
        return day
    return f"{instant:%a} {day}" if instant.hour == instant.minute == 0 else f"{day}, {instant:%H:%M}"
