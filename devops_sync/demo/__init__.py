"""What `up` sets up for a newcomer: a first admin, a site that is the sandbox, and two months of history."""

from .feeding import feed
from .history import bodies
from .setting_up import set_up

__all__ = ["bodies", "feed", "set_up"]
