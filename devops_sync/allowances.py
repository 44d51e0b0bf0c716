"""How much of what strangers do is put on record: enough to see it, too little to fill a disk."""

import threading
import time

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
