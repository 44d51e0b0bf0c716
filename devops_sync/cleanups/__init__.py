"""Clean-ups: deleting by property or by key, in steps that cannot be taken by accident, and proven afterwards.

Previewed, confirmed (and approved by a second admin where that is asked for), run through the lanes, proven.
What a worker does of one stands in `devops_sync.cleaning`.
"""

from .arriving import take
from .planning import Asker, again, fault_of_key, plan_by_keys, plan_by_properties
from .steering import (
    DEFAULT_DELAY,
    LONGEST_DELAY,
    Wrong,
    approve,
    cancel,
    confirm,
    go_on,
    needs_approval,
    pause,
    unsettled,
)

__all__ = [
    "DEFAULT_DELAY",
    "LONGEST_DELAY",
    "Asker",
    "Wrong",
    "again",
    "approve",
    "cancel",
    "confirm",
    "fault_of_key",
    "go_on",
    "needs_approval",
    "pause",
    "plan_by_keys",
    "plan_by_properties",
    "take",
    "unsettled",
]
