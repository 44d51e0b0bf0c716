"""What a worker does: takes a lane, sends what waits in it in order, and writes down what Jira said."""

from .gating import follow_due
from .lanes import run, stop
from .reading import read_due

__all__ = ["follow_due", "read_due", "run", "stop"]
