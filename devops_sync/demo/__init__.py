"""What `up` sets up for a newcomer: a first admin, a site that is the sandbox, and two months of history."""

from .feeding import feed
from .setting_up import set_up
from .story import tell

__all__ = ["feed", "set_up", "tell"]
