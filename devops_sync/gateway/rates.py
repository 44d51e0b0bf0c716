"""The limit of a token: so many requests in a minute of the clock, counted for all web processes together.

One statement counts and tells, and only for tokens that have a limit. A request that is turned away is no submission
and is kept nowhere; that there was one is counted.
"""

import datetime as dt
from dataclasses import dataclass

from .. import prepared
from ..models import Token

MINUTE = dt.timedelta(minutes=1)
# For so long the counts of past minutes are kept, for the token's page.
KEPT = dt.timedelta(days=7)
# Jira says that a limit is near when less than a fifth of it is left.
_NEAR = 0.2


@dataclass(frozen=True)
class Standing:
    """How far a token is in its minute: `used` has the request that was just counted."""

    limit: int
    used: int
    resets_at: dt.datetime

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def left(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def headers(self) -> dict[str, str]:
        """As Jira sends them with every answer (Atlassian's page on rate limiting)."""
        found = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": f"{self.resets_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        return found | {"X-RateLimit-NearLimit": "true"} if self.left < _NEAR * self.limit else found

    def refused_headers(self, now: dt.datetime) -> dict[str, str]:
        """What a 429 has besides: whole seconds until the next minute, and that it is a burst, not a quota."""
        seconds = max(1, -int(-(self.resets_at - now).total_seconds() // 1))
        return {"Retry-After": str(seconds), "RateLimit-Reason": "jira-burst-based"}


def count(token: Token, now: dt.datetime) -> Standing | None:
    """Count a request of a token in its minute; None, and nothing asked, when it has no limit."""
    if token.rate_limit is None:
        return None
    minute = now.replace(second=0, microsecond=0)
    row = prepared.run(_COUNT, {"token": token.pk, "minute": minute, "limit": token.rate_limit}).fetchone()
    used = row[0] if row else 1
    if used == 1:
        prepared.run(_FORGET, {"token": token.pk, "until": minute - KEPT})
    return Standing(token.rate_limit, used, minute + MINUTE)


_COUNT = """
INSERT INTO token_minute AS counted (token_id, minute, requests, refused)
VALUES (%(token)s, %(minute)s, 1, CASE WHEN 1 > %(limit)s THEN 1 ELSE 0 END)
ON CONFLICT (token_id, minute) DO UPDATE SET
    requests = counted.requests + 1,
    refused = counted.refused + CASE WHEN counted.requests + 1 > %(limit)s THEN 1 ELSE 0 END
RETURNING requests
"""
_FORGET = "DELETE FROM token_minute WHERE token_id = %(token)s AND minute < %(until)s"
