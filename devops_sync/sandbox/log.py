"""The last requests that this Jira saw, in memory."""

import threading
import time
from collections import deque
from datetime import UTC, datetime

from msgspec import Struct

from .messages import Answer, Request

KEPT = 1000


class Seen(Struct):
    """One request and what became of it. `status` is 0 when no answer was given."""

    number: int
    at: datetime
    method: str
    path: str
    status: int
    entities: int
    size: int
    seconds: float
    client_id: str
    fault: str


class Log:
    """Remembers the last requests and counts all of them."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self.total = 0
        self.refused = 0

    def add(self, request: Request, answer: Answer, client_id: str, began: float) -> None:
        """Note a request that began at `began` (of the monotonic clock)."""
        with self._lock:
            self.total += 1
            self.refused += answer.status >= 400 or answer.dropped
            self._seen.append(
                Seen(
                    number=self.total,
                    at=datetime.now(UTC),
                    method=request.method,
                    path=request.target[:500],
                    status=0 if answer.dropped else answer.status,
                    entities=answer.entities,
                    size=len(request.body),
                    seconds=round(time.monotonic() - began, 6),
                    client_id=client_id,
                    fault=answer.fault,
                )
            )

    def last(self, limit: int = KEPT) -> list[Seen]:
        """The last requests, oldest first."""
        with self._lock:
            return list(self._seen)[-limit:]

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()
            self.total = self.refused = 0
