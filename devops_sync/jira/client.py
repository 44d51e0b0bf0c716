"""Requests to one Jira site, through the API gateway with OAuth client credentials.

    NotAllowed    the address is out of bounds for this installation; a person has to change it
    Denied        the credential is refused; a person has to mend it
    Unreachable   no answer came: the name, the connection, TLS, a time-out; trying again helps
    Answer        Jira spoke, whatever it said; its status is the reader's business

Sources: Atlassian's pages on OAuth credentials for self-hosted tools (token, gateway paths) and on rate
limits. Redirects are not followed: a renamed site answers POST with 302, and following would make it a GET.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import requests
from requests.adapters import HTTPAdapter

from . import paths, receipts
from .addresses import NotAllowed, PublicAdapter, check_url

__all__ = [
    "Answer",
    "Client",
    "Credential",
    "Denied",
    "NotAllowed",
    "Request",
    "Tenant",
    "Unreachable",
    "check_url",
    "tenant",
]

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
WHOLE_ANSWER_SECONDS = 40.0
LARGEST_ANSWER = 16 * 1024 * 1024
RENEW_BEFORE_SECONDS = 60.0
STRUCK_OUT = "struck out"
_ACCEPT = {"Accept": "application/json"}


class Denied(Exception):
    """The credential is refused; the text says what Jira said."""


class Unreachable(Exception):
    """No answer came; the text says what happened, without addresses or secrets.

    `retry_after` is the least pause in seconds, where one was asked for.
    """

    def __init__(self, what: str, retry_after: float | None = None):
        super().__init__(what)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Credential:
    """What a site is reached with. The secret stays out of `repr`, and so out of logs."""

    site_url: str
    api_url: str
    cloud_id: str
    client_id: str
    secret: str = field(repr=False)


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
        """Seconds to wait at least, when the answer says so in seconds."""
        text = self.header("Retry-After").strip()
        return float(text) if text.isascii() and text.isdigit() and len(text) < 9 else None

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass
class _Token:
    value: str = field(repr=False)
    good_until: float


@dataclass(frozen=True)
class Tenant:
    """What a site says of itself without being signed in to."""

    cloud_id: str
    is_sandbox: bool


def tenant(site_url: str, *, allow_private: bool = False) -> Tenant:
    """Ask a site for its cloud id. Raises `Unreachable`, `NotAllowed`, or `Denied` when it is no Jira site."""
    check_url(site_url, allow_private=allow_private)
    asked = Request("GET", f"{site_url.rstrip('/')}/_edge/tenant_info", {"Accept": "application/json"})
    answer = _exchange(_new_session(allow_private), asked, {})
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable(f"the site answered {answer.status}", answer.retry_after)
    try:
        cloud_id = msgspec.json.decode(answer.body, type=_TenantAnswer).cloudId if answer.status == 200 else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        cloud_id = ""
    if not cloud_id or len(cloud_id) > 100:
        raise Denied(f"There is no Jira site at this address: it answered {answer.status} without a cloud id.")
    return Tenant(cloud_id, bool(answer.header("X-Sandbox")))


class Client:
    """One site's client. It may be shared by threads: each has a session of its own."""

    def __init__(self, credential: Credential, *, allow_private: bool = False):
        """`allow_private` lets http and private addresses be used. Raises `NotAllowed`."""
        check_url(credential.api_url, allow_private=allow_private)
        self._credential = credential
        self._allow_private = allow_private
        self._token: _Token | None = None
        self._fetching = threading.Lock()
        self._local = threading.local()

    def submission(self, api: str, body: bytes) -> Request:
        """The request that submits entities to one API."""
        headers = {"Content-Type": "application/json", **_ACCEPT}
        return Request("POST", self._base(api) + "/bulk", headers, body)

    def reading(self, api: str, kind: str, key: Sequence[str | int]) -> Request:
        """The request that reads one entity back; of what lies in a repository, the whole repository."""
        path = paths.entity("repository", key[:1]) if api == "devinfo" else paths.entity(kind, key)
        return Request("GET", self._base(api) + path, _ACCEPT)

    def gate(self, key: Sequence[str | int]) -> Request:
        """The request that asks for the gating status of one deployment."""
        return Request("GET", f"{self._base('deployments')}{paths.entity('deployment', key)}/gating-status", _ACCEPT)

    def deletion(self, api: str, kind: str, key: Sequence[str | int], until: int | None = None) -> Request:
        """The request that deletes one entity; of development information, up to a sequence where one is given."""
        query = f"?_updateSequenceId={until}" if until is not None else ""
        return Request("DELETE", self._base(api) + paths.entity(kind, key) + query, _ACCEPT)

    def sweep(self, api: str, properties: Mapping[str, str], until: int | None = None) -> Request:
        """The request that deletes everything of one API that has all of these properties."""
        pairs = [*properties.items(), *([("_updateSequenceId", str(until))] if until is not None else [])]
        return Request("DELETE", self._base(api) + paths.by_properties("bulkByProperties", pairs), _ACCEPT)

    def _base(self, api: str) -> str:
        return self._credential.api_url + paths.on_gateway(api, self._credential.cloud_id)

    def send(self, request: Request, token: str) -> Answer:
        """Send one request, once, with a token from `token`. Raises `Unreachable` or `NotAllowed`."""
        return _exchange(self._session(), request, {"Authorization": f"Bearer {token}"})

    def token(self) -> str:
        """The access token, renewed before it runs out. Raises `Unreachable`, `Denied` or `NotAllowed`."""
        with self._fetching:
            if self._token is None or self._token.good_until <= time.monotonic():
                self._token = self._fetch_token()
            return self._token.value

    def forget_token(self, token: str) -> None:
        """Drop a token that Jira no longer takes, unless another thread has renewed it already."""
        with self._fetching:
            if self._token is not None and self._token.value == token:
                self._token = None

    def _fetch_token(self) -> _Token:
        body = msgspec.json.encode(
            {
                "audience": "api.atlassian.com",
                "grant_type": "client_credentials",
                "client_id": self._credential.client_id,
                "client_secret": self._credential.secret,
            }
        )
        asked_at = time.monotonic()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        asked = Request("POST", f"{self._credential.api_url}/oauth/token", headers, body)
        answer = _exchange(self._session(), asked, {})
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(f"Jira answered {answer.status} when asked for a token", answer.retry_after)
        if answer.status != 200:
            said = "; ".join(error.message for error in receipts.read_errors(answer.body) if error.message)
            raise Denied(f"Jira refused the credential with {answer.status}{f': {said[:200]}' if said else ''}")
        try:
            found = msgspec.json.decode(answer.body, type=_TokenAnswer, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unreachable("Jira answered the request for a token with something else") from None
        lasts = max(found.expires_in - RENEW_BEFORE_SECONDS, found.expires_in / 2)
        return _Token(found.access_token, asked_at + lasts)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = _new_session(self._allow_private)
        found: requests.Session = self._local.session
        return found


def _new_session(allow_private: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # A proxy or netrc of the machine must not change where secrets go.
    session.mount("https://", HTTPAdapter() if allow_private else PublicAdapter())
    if not allow_private:
        del session.adapters["http://"]
    session.headers["User-Agent"] = "Waybill"
    return session


def _exchange(session: requests.Session, request: Request, authorization: Mapping[str, str]) -> Answer:
    started = time.monotonic()
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
            body = _read(response, started)
            return Answer(response.status_code, {**response.headers}, body)
    except requests.RequestException as error:
        raise Unreachable(_what_happened(error)) from None


class _TenantAnswer(msgspec.Struct):
    cloudId: str


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: float = 900.0


def _read(response: requests.Response, started: float) -> bytes:
    """The body, within the limits of size and time: a peer that drips must not hold a lane for ever."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(64 * 1024):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise requests.RequestException("the answer is larger than 16 MiB")
        if time.monotonic() - started > WHOLE_ANSWER_SECONDS:
            raise requests.Timeout("the answer takes longer than 40 s")
    return b"".join(parts)


def _what_happened(error: requests.RequestException) -> str:
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
