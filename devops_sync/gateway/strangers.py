"""How many requests of strangers are put on record: enough to see them, too few to fill a disk."""

import threading
import time

_PER_SECOND = 1.0
_AT_ONCE = 20.0


class _Allowance:
    """A bucket that fills with time; each record takes one out."""

    def __init__(self) -> None:
        self._left = _AT_ONCE
        self._looked_at = time.monotonic()
        self._looking = threading.Lock()

    def take(self) -> bool:
        with self._looking:
            now = time.monotonic()
            self._left = min(_AT_ONCE, self._left + (now - self._looked_at) * _PER_SECOND)
            self._looked_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


_allowance = _Allowance()


def may_be_recorded() -> bool:
    """Whether this process may put one more refused stranger on record."""
    return _allowance.take()
