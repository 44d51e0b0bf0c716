"""What a worker does: takes a lane, sends what waits in it in order, and writes down what Jira said."""

from . import lanes, reading
from .gating import follow_due
from .lanes import run
from .reading import read_due

__all__ = ["follow_due", "read_due", "run", "stop"]


def stop() -> None:
    """Let whatever this process does end after the request that is on its way."""
    lanes.stop()
    reading.stop()
