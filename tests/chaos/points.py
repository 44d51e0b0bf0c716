"""Points at which a process kills itself, as SIGKILL of a machine or of the kernel would: without a word.

The director arms a process at its start with one point and the number of times that it is passed before. What is left
behind is one line in the list of kills.
"""

import os
import signal
import threading
from pathlib import Path

from tests.chaos.environ import ARMED, KILLS

AFTER_CLAIM = "after the claim, before HTTP"
DURING_HTTP = "during HTTP, answer not read"
AFTER_HTTP = "after HTTP, outcome not written"
WHILE_SETTLING = "in the middle of settling"
BEFORE_COMMIT = "before the commit"
BEFORE_BELL = "after the commit, before the doorbell"
BEFORE_ANSWER = "after the doorbell, before the answer"
FROM_OUTSIDE = "at any moment, from outside"

OF_WORKER = (AFTER_CLAIM, DURING_HTTP, AFTER_HTTP, WHILE_SETTLING)
OF_FEEDER = (BEFORE_COMMIT, BEFORE_BELL, BEFORE_ANSWER)
ALL = (*OF_WORKER, *OF_FEEDER, FROM_OUTSIDE)


class _Armed:
    """The point that this process dies at, and how often it is still passed alive."""

    def __init__(self) -> None:
        self.point, _, passes = os.environ.get(ARMED, "").rpartition("=")
        self._left = int(passes or 0)
        self._lock = threading.Lock()

    def is_due(self, point: str) -> bool:
        if point != self.point:
            return False
        with self._lock:
            self._left -= 1
            return self._left < 0


_armed = _Armed()


def is_armed(point: str) -> bool:
    """Whether this process is to die at that point, sooner or later."""
    return _armed.point == point


def pass_by(point: str) -> None:
    """Pass a point, or die at it."""
    if _armed.is_due(point):
        note(Path(os.environ[KILLS]), point)
        os.kill(os.getpid(), signal.SIGKILL)


def note(kills: Path, point: str) -> None:
    """Put a kill on the list. One write of one line is never torn."""
    with kills.open("a") as file:
        file.write(f"{point}\n")


def count(kills: Path) -> dict[str, int]:
    """How many kills there were at each point."""
    lines = kills.read_text().splitlines() if kills.exists() else []
    return {point: lines.count(point) for point in ALL}
