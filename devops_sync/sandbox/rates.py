"""The burst limit, with the headers of Atlassian's page on rate limiting.

One limit per credential and method, counted in whole seconds; a request that is refused does not count.
"""

import re
import threading
import time
from datetime import UTC, datetime

from .issues import Wrong
from .messages import Answer, refused

NEAR = 0.2


def parse(text: str | float | None) -> float | None:
    """Read `100/s` as requests per second; nothing, `0` or `off` is no limit. Raises `Wrong`."""
    if text is None or text in ("", "off", 0):
        return None
    found = re.fullmatch(r"(\d{1,7})(?:/s)?", str(text).strip(), re.ASCII)
    if not found:
        raise Wrong(f"The rate must be written as 100/s, and {str(text)[:40]!r} is not.")
    return float(found.group(1)) or None


class Meter:
    """Counts the requests of the current second."""

    def __init__(self) -> None:
        self.limit: float | None = None
        self._second = 0
        self._counts: dict[tuple[int, str], int] = {}
        self._lock = threading.Lock()

    def count(self, owner: int, method: str) -> tuple[bool, dict[str, str]]:
        """Whether the request may pass, and the headers that its answer carries."""
        limit = self.limit
        if limit is None:
            return True, {}
        with self._lock:
            second = int(time.time())
            if second != self._second:
                self._second, self._counts = second, {}
            used = self._counts.get((owner, method), 0)
            passes = used < limit
            if passes:
                self._counts[owner, method] = used = used + 1
        left = int(max(0, limit - used))
        headers = {
            "X-RateLimit-Limit": f"{limit:.0f}",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": datetime.fromtimestamp(second + 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if left < NEAR * limit:
            headers["X-RateLimit-NearLimit"] = "true"
        return passes, headers


def exceeded(headers: dict[str, str]) -> Answer:
    """The 429 of a burst."""
    answer = refused(429, "API rate limit has been exceeded.").having(**headers)
    return answer.having(Retry_After="1", RateLimit_Reason="jira-burst-based")
