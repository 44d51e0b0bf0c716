"""One HTTP exchange with Jira: what may be asked, what came back, how it fails.

    NotAllowed    the address is out of bounds for this installation; a person has to change it
    Denied        the credential is refused; a person has to mend it
    Unreachable   no answer came: the name, the connection, TLS, a time-out; trying again helps
    Answer        Jira spoke, whatever it said; its status is the reader's business

Redirects are not followed: a renamed site answers POST with 302, and following would make it a GET.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from . import deadline, paths
from .addresses import AnyAdapter, NotAllowed, PublicAdapter

__all__ = ["Answer", "Denied", "NotAllowed", "Request", "Unreachable", "new_session", "send"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
# For the whole exchange. A worker's lease has to be longer, see `delivery.lanes`.
WHOLE_SECONDS = 40.0
LONGEST_RETRY_AFTER = 24 * 3600.0
LARGEST_ANSWER = 16 * 1024 * 1024


class Denied(Exception):
    """The credential is refused; the text says what Jira said."""


class Unreachable(Exception):
    """No answer came; the text says what happened, without addresses or secrets.

    `retry_after` is the least pause in seconds, where one was asked for. `may_have_arrived` is False where no
    connection was made, so that nothing of the request can have reached Jira.
    """

    def __init__(self, what: str, retry_after: float | None = None, *, may_have_arrived: bool = True):
        super().__init__(what)
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived


@dataclass(frozen=True)
class Request:
    """A request as it goes on record: the authorization is not part of it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What Jira answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait at least, when the answer says so in seconds; a day at most."""
        text = self.header("Retry-After").strip()
        said = float(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
        return None if said is None else min(said, LONGEST_RETRY_AFTER)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


def new_session(allow_private: bool) -> requests.Session:
    """A session that goes to public addresses by https only, unless private ones are allowed."""
    session = requests.Session()
    session.trust_env = False  # A proxy or netrc of the machine must not change where secrets go.
    session.mount("https://", AnyAdapter() if allow_private else PublicAdapter())
    if allow_private:
        session.mount("http://", AnyAdapter())
    else:
        del session.adapters["http://"]
    session.headers["User-Agent"] = "Waybill"
    return session


def send(session: requests.Session, request: Request, authorization: Mapping[str, str]) -> Answer:
    """Send one request, once. Raises `Unreachable` or `NotAllowed`.

    The library takes the steps of a path such as `/a/../b`, so one that has any never leaves.
    """
    if paths.has_steps(urlsplit(request.url).path):
        raise paths.CannotBeNamed("The address has a “.” or “..” in it that would lead elsewhere; nothing was sent.")
    with deadline.within(WHOLE_SECONDS) as limit:
        if limit.passed:
            raise Unreachable("no time was left to ask")
        try:
            with session.request(
                request.method,
                request.url,
                data=request.body or None,
                headers={**request.headers, **authorization},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                answer = Answer(response.status_code, _storable(response.headers), _read(response))
                if limit.passed:
                    # The end of the stream may look like the end of the headers.
                    raise requests.Timeout
                return answer
        except (requests.RequestException, OSError, ValueError) as error:
            # ValueError: what a peer sent, such as a token, cannot be written into a request.
            slow = f"no whole answer within {limit.seconds:.0f} s"
            what = slow if limit.passed else _what_happened(error)
            raise Unreachable(what, may_have_arrived=not _never_connected(error)) from None


def _storable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as PostgreSQL can keep them: without U+0000, which a peer may well send."""
    return {name.replace("\0", ""): value.replace("\0", "") for name, value in headers.items()}


def _read(response: requests.Response) -> bytes:
    """The body, within the limit of size."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(64 * 1024):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise requests.RequestException("the answer is larger than 16 MiB")
    return b"".join(parts)


def _never_connected(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    # urllib3's NewConnectionError and its kind for names, which the library wraps and quotes.
    return isinstance(error, requests.ConnectionError) and (
        "NewConnectionError" in str(error) or "NameResolutionError" in str(error)
    )


def _what_happened(error: Exception) -> str:
    """One phrase for a failure. The library's own text holds addresses and object ids."""
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS connection failed"
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return "the host's name cannot be resolved"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, requests.Timeout):
        return f"no answer within {READ_SECONDS:.0f} s"
    if "refused" in text:
        return "the connection was refused"
    if isinstance(error, requests.exceptions.InvalidSchema):
        return "the address is not https"
    return "the connection broke off"
