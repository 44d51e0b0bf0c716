"""What a run was like, as it is printed."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.chaos.crew import Crew

LOOK_SECONDS = 0.5


class Stalls:
    """How long, at most, something waited and nothing was settled."""

    def __init__(self) -> None:
        self.waiting: int | None = None
        self.longest = 0.0
        self._answered = -1
        self._since = self._looked = time.monotonic()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._looked > LOOK_SECONDS

    def note(self, waiting: int, answered: int) -> None:
        now = self._looked = time.monotonic()
        if not waiting or answered != self._answered:
            self._since = now
        self.longest = max(self.longest, now - self._since)
        self.waiting, self._answered = waiting, answered


@dataclass(frozen=True)
class Summary:
    """Times in seconds; `stormy` is how long things went wrong."""

    entities: int
    deletions: int
    took: float
    stormy: float
    stall: float
    kills: Mapping[str, int]
    crew: Crew
    met: Counter[str]

    def text(self, verdicts: Mapping[str, int], balance: str) -> str:
        requests = sum(verdicts.values())
        lines = [
            "",
            f"{self.entities:,} entities and {self.deletions:,} deletions in {self.took:.0f} s, "
            f"{self.entities / self.took:,.0f} entities/s; Jira answered well from {self.stormy:.0f} s on",
            f"longest time in which something waited and nothing was settled: {self.stall:.1f} s",
            f"{sum(self.kills.values())} SIGKILLs, {self.crew.terms} SIGTERMs "
            f"(the slowest took {self.crew.slowest_term:.1f} s; {self.crew.overdue} had to be killed after all), "
            f"{sum(self.crew.restarts.values())} restarts",
            *(f"  {many:6}  {point}" for point, many in self.kills.items()),
            *(f"  {many:6}  {name}" for name, many in self.met.items()),
            f"{requests:,} requests to Jira",
            *(f"  {many:6,}  {name}" for name, many in sorted(verdicts.items(), key=lambda one: -one[1])),
            balance,
        ]
        return "\n".join(lines)
