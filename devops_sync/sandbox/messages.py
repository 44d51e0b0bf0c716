"""A request and an answer, free of sockets, and the shapes in which Jira says no.

Sources: Atlassian's reference documents an array of messages for 400 and 413 (development information: an object
that holds it), and no body at all for 401, 403 and 404; `{"code", "message"}` is what clients see with a 401.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import unquote

import msgspec

BANNER = "Waybill's stand-in for Jira, not Jira"


@dataclass(frozen=True)
class Request:
    """One request as it came. `target` is raw, so that an id may hold an escaped slash.

    Names of headers are spelt like `Content-Type`.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, each unescaped on its own."""
        return tuple(unquote(part, errors="replace") for part in self.path.removeprefix("/").split("/"))

    @property
    def base(self) -> str:
        """The address under which the client reached us."""
        return f"http://{self.header('Host')[:200] or '127.0.0.1:8001'}"

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Answer:
    """One answer, and how it is given: `hold` seconds late, or not at all when `dropped`."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    entities: int = 0
    fault: str = ""
    hold: float = 0.0
    dropped: bool = False

    def having(self, **headers: str) -> "Answer":
        """The same with further headers; underscores in their names stand for hyphens."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


def trace_id() -> str:
    """An id of the kind that Atlassian's support asks for."""
    return secrets.token_hex(16)


def said(status: int, content: object) -> Answer:
    """An answer in JSON."""
    return Answer(status, msgspec.json.encode(content))


Refuse = Callable[[int, str], Answer]


def refused(status: int, message: str) -> Answer:
    """The array of messages with which deployments and builds refuse a request."""
    return said(status, [_error(message)])


def refused_devinfo(status: int, message: str) -> Answer:
    """The object with which development information refuses a request."""
    return said(status, {"errorMessages": [_error(message)]})


def _error(message: str) -> dict[str, str]:
    return {"message": message, "errorTraceId": trace_id()}


def unauthorized() -> Answer:
    """What Jira's gateway says to a token that is missing, unknown, revoked or has run out."""
    return said(401, {"code": 401, "message": "Unauthorized"})


def forbidden(message: str) -> Answer:
    """What a credential gets that is known and may not; no body is documented."""
    return said(403, {"code": 403, "message": message})


def no_such_path() -> Answer:
    """What Jira's gateway says to an address or a cloud id that it does not know."""
    return said(404, {"code": 404, "message": "Not Found"})


def wrong_method(*allowed: str) -> Answer:
    """A known address that does not take this method."""
    return said(405, {"code": 405, "message": "Method Not Allowed"}).having(Allow=", ".join(allowed))
