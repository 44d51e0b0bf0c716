"""How much of what strangers do is put on record: enough to see it, too little to fill a disk."""

import logging
import threading
import time
from collections import defaultdict

_PER_SECOND = 1.0
_AT_ONCE = 20.0


class Allowance:
    """A bucket that fills with time; each record takes one out. It is of one process."""

    def __init__(self) -> None:
        self._left = _AT_ONCE
        self._looked_at = time.monotonic()
        self._looking = threading.Lock()

    def take(self) -> bool:
        """Whether there is one left; then it is taken."""
        with self._looking:
            now = time.monotonic()
            self._left = min(_AT_ONCE, self._left + (now - self._looked_at) * _PER_SECOND)
            self._looked_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Sparingly(logging.Filter):
    """Of what Django says of requests, in a log: a few lines of each sort, then one a second.

    Whoever is refused chooses how often. What else is logged is let through, and refusals hide no failure.
    """

    def __init__(self) -> None:
        super().__init__()
        self._of: defaultdict[tuple[str, bool], Allowance] = defaultdict(Allowance)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if not record.name.startswith(("django.request", "django.security")):
            return True
        return self._of[record.name, bool(record.exc_info)].take()
