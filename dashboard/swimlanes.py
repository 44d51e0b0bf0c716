"""A pipeline over time as a drawing: a lane for each environment, with what runs there as a bar between the dots.

A bar is good from a success on, and warns from a roll-back until the next success.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from devops_sync.models.issue import Tally
from devops_sync.models.pipeline import BEFORE, LOOKED_AT, Environment

from .timeline import HEAD, LANE, NOWS, RIGHT, Dot, Lane, Scale, Span, Timeline, dots_of, ticks_of

_LETTER = 7
_LONGEST = 18
_TONES = {"successful": "good", "rolled_back": "warn"}


@dataclass(frozen=True)
class Window:
    """The time that is drawn. It moves on by steps that can be seen, so that a page that follows is left alone."""

    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class Cut:
    """A lane with more deployments than are looked at, and since when they are drawn."""

    name: str
    since: dt.datetime


def window(span: dt.timedelta, now: dt.datetime) -> Window:
    step = span.total_seconds() / NOWS
    until = dt.datetime.fromtimestamp((now.timestamp() // step + 1) * step, dt.UTC)
    return Window(until - span, until)


def draw(environments: Sequence[Environment], tallies: Iterable[Tally], drawn: Window, now: dt.datetime) -> Timeline:
    """The lanes in the order of the environments, over the window up to now."""
    by_id: dict[str, list[Tally]] = {one.id: [] for one in environments}
    for one in tallies:
        by_id[one.lane].append(one)
    scale = Scale(drawn.since.timestamp(), drawn.until.timestamp())
    lanes = [_lane(one.name, by_id[one.id], scale) for one in environments]
    for index, lane in enumerate(lanes):
        lane.top = HEAD + LANE * index
    return Timeline(lanes, ticks_of(scale, RIGHT, now), f"{RIGHT:.1f}", drawn.since, drawn.until)


def cuts(environments: Iterable[Environment], tallies: Iterable[Tally]) -> list[Cut]:
    """The lanes whose window begins before the oldest that was looked at."""
    by_id: dict[str, list[Tally]] = {}
    for one in tallies:
        by_id.setdefault(one.lane, []).append(one)
    return [
        Cut(one.name, min(found.first_at for found in own))
        for one in environments
        if (own := by_id.get(one.id))
        and sum(found.count for found in own) >= LOOKED_AT
        and all(found.slot != BEFORE for found in own)
    ]


def counted(tallies: Iterable[Tally]) -> int:
    """How many deployments the window has."""
    return sum(one.count for one in tallies if one.slot != BEFORE)


def _lane(name: str, tallies: list[Tally], scale: Scale) -> Lane:
    dots = dots_of([one for one in tallies if one.slot != BEFORE], scale)
    return Lane("deployment", name, _labelled(dots), _bars(tallies, scale))


def _bars(tallies: list[Tally], scale: Scale) -> list[Span]:
    """What ran when: from each change of the tone to the next."""
    told = sorted((one for one in tallies if one.state in _TONES), key=lambda one: one.last_at)
    bars: list[Span] = []
    tone, since = "", 0.0
    for one in told:
        if _TONES[one.state] == tone or (not tone and one.state == "rolled_back"):
            continue
        at = scale.x(one.first_at if one.state == "successful" else one.last_at)
        if tone and at > since:
            bars.append(Span(f"{since:.1f}", f"{at:.1f}", tone))
        tone, since = _TONES[one.state], at
    return [*bars, Span(f"{since:.1f}", f"{RIGHT:.1f}", tone)] if tone else bars


def _labelled(dots: list[Dot]) -> list[Dot]:
    """The dots, each with its label where there is room for it before the next."""
    ends = [*(dot.x for dot in dots[1:]), RIGHT + 8][: len(dots)]
    return [
        replace(dot, said=dot.label)
        if len(dot.label) <= min(_LONGEST, (end - 12 - dot.x - dot.reach) / _LETTER)
        else dot
        for dot, end in zip(dots, ends, strict=True)
    ]
