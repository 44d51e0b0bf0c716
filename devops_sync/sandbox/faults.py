"""What goes wrong on purpose: shares of requests, drawn from a seed, and answers that a test asks for.

500 502 503 504 429   refused with this status, nothing is done
reset                 the connection is closed, nothing is done
drop                  done, then the connection is closed without an answer
timeout               done, then the answer is held back
"""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from msgspec import Struct

from .issues import Wrong
from .messages import Answer, Refuse, Request

NAMES = ("500", "502", "503", "504", "429", "reset", "drop", "timeout")
_BEFORE = ("reset", "500", "502", "503", "504", "429")
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def parse(text: str) -> dict[str, float]:
    """Read `500=0.05,drop=0.01`. Raises `Wrong`."""
    shares: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = part.partition("=")
        try:
            shares[name.strip()] = float(share)
        except ValueError:
            raise Wrong(f"Faults must be written as 500=0.05,drop=0.01, and {part[:80]!r} is not.") from None
    return check(shares)


def check(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares, if they can be. Raises `Wrong`."""
    for name, share in shares.items():
        if name not in NAMES:
            raise Wrong(f"There is no fault {name[:80]!r}; there are {', '.join(NAMES)}.")
        if not 0 <= share <= 1:
            raise Wrong(f"The share of fault {name} must be from 0 to 1.")
    if sum(shares.values()) > 1.000001:
        raise Wrong("The shares of all faults together must not exceed 1.")
    return dict(shares)


class Forced(Struct, forbid_unknown_fields=True):
    """An answer that a test asks for, for the next `count` requests whose path contains `path`.

    With `after`, the request is done all the same, as when a gateway loses the real answer.
    """

    count: int = 1
    status: int = 500
    body: Any = ""
    headers: dict[str, str] = {}
    path: str = ""
    method: str = ""
    after: bool = False
    drop: bool = False
    hold: float = 0.0

    def fits(self, request: Request) -> bool:
        return self.path in request.path and self.method in ("", request.method)

    def answer(self) -> Answer:
        body = self.body.encode() if isinstance(self.body, str) else msgspec.json.encode(self.body)
        return Answer(self.status, body, self.headers, fault="forced", dropped=self.drop, hold=self.hold)


Change = Callable[[Answer], Answer]


@dataclass
class Faults:
    """The next fault to come."""

    shares: dict[str, float] = field(default_factory=dict)
    hold: float = 30.0
    forced: list[Forced] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.seed(0)

    def seed(self, seed: int) -> None:
        """Begin the draw anew: the same seed gives the same faults in the same order of requests."""
        self._random = random.Random(seed)

    def forced_for(self, request: Request) -> Forced | None:
        """The forced answer that this request uses up."""
        with self._lock:
            for forced in self.forced:
                if forced.fits(request):
                    forced.count -= 1
                    self.forced = [other for other in self.forced if other.count > 0]
                    return forced
        return None

    def draw(self, refuse: Refuse) -> tuple[Answer | None, Change]:
        """Either the answer that stands in for doing anything, or what becomes of the real answer.

        `refuse` says no in the shape of the API that is asked.
        """
        with self._lock:
            point, detail = self._random.random(), self._random.random()
        for name, share in self.shares.items():
            if point < share:
                return self._fault(name, detail, refuse)
            point -= share
        return None, lambda answer: answer

    def _fault(self, name: str, detail: float, refuse: Refuse) -> tuple[Answer | None, Change]:
        if name in _BEFORE:
            return _refusal(name, detail, refuse), lambda answer: answer
        if name == "drop":
            return None, lambda answer: replace(answer, fault=name, dropped=True)
        return None, lambda answer: replace(answer, fault=name, hold=self.hold)


def _refusal(name: str, detail: float, refuse: Refuse) -> Answer:
    """Atlassian names no bodies here: gateways answer in HTML, and not every 429 or 503 says how long to wait."""
    if name == "reset":
        return Answer(503, fault=name, dropped=True)
    if name in ("502", "504"):
        title = "502 Bad Gateway" if name == "502" else "504 Gateway Time-out"
        return Answer(int(name), _HTML.format(title).encode(), content_type="text/html", fault=name)
    if name == "500":
        return replace(refuse(500, "An unknown error has occurred."), fault=name)
    answer = replace(refuse(int(name), "Service is unavailable due to maintenance or other reasons."), fault=name)
    if name == "429":
        answer = replace(refuse(429, "API rate limit has been exceeded."), fault=name)
        answer = answer.having(RateLimit_Reason="jira-quota-tenant-based")
    return answer.having(Retry_After="1") if detail < 0.5 else answer
