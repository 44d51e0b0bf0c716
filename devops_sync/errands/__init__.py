"""Errands: sending again and reading back, by the many. Planned first, then started, paused, gone on with or cancelled.

What a worker does of one stands in `devops_sync.feeding`.
"""

from .planning import Nothing, plan_resend, plan_verify
from .progress import Progress, progress
from .steering import WrongState, cancel, go_on, pause, start

__all__ = [
    "Nothing",
    "Progress",
    "WrongState",
    "cancel",
    "go_on",
    "pause",
    "plan_resend",
    "plan_verify",
    "progress",
    "start",
]
