"""Signing in to Jira, a class for each way: an OAuth credential fetches tokens, a Connect app signs each request.

Sources: Atlassian's pages on OAuth credentials for self-hosted tools, on understanding JWT for Connect apps, and
on creating a query string hash.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlsplit

import jwt
import msgspec

from . import receipts
from .exchange import Answer, Denied, Request, Unreachable

RENEW_BEFORE_SECONDS = 60.0
JWT_SECONDS = 180
STRUCK_OUT = "struck out"


@dataclass(frozen=True)
class Credential:
    """What a site is reached with: an OAuth client and its secret, or a Connect app's key and the shared secret.

    `api_url` is where requests go: the API gateway, or for a Connect app the site. The secret stays out of
    `repr`, and so out of logs.
    """

    site_url: str
    api_url: str
    cloud_id: str
    client_id: str
    secret: str = field(repr=False)
    is_app: bool = False


@dataclass(frozen=True)
class Authorization:
    """What one request is sent with. `can_be_renewed`: a 401 may mean no more than that it is outdated."""

    scheme: str
    token: str = field(repr=False)
    can_be_renewed: bool

    @property
    def header(self) -> str:
        return f"{self.scheme} {self.token}"

    @property
    def on_record(self) -> str:
        return f"{self.scheme} {STRUCK_OUT}"


class SignIn(Protocol):
    """One way to sign in."""

    def authorize(self, request: Request) -> Authorization:
        """What the request is to be sent with. Raises `Unreachable`, `Denied` or `NotAllowed`."""

    def forget(self, authorization: Authorization) -> None:
        """Use this one no more, since Jira answered 401 to it."""


@dataclass
class _Token:
    value: str = field(repr=False)
    good_until: float


class OAuth:
    """OAuth client credentials: a token for many requests, renewed before it runs out."""

    def __init__(self, credential: Credential, fetch: Callable[[Request], Answer]):
        self._credential = credential
        self._fetch = fetch
        self._token: _Token | None = None
        self._fetching = threading.Lock()

    def authorize(self, request: Request) -> Authorization:
        with self._fetching:
            if self._token is None or self._token.good_until <= time.monotonic():
                self._token = self._fetch_token()
            return Authorization("Bearer", self._token.value, can_be_renewed=True)

    def forget(self, authorization: Authorization) -> None:
        """Drop the token, unless another thread has renewed it already."""
        with self._fetching:
            if self._token is not None and self._token.value == authorization.token:
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
        answer = self._fetch(Request("POST", f"{self._credential.api_url}/oauth/token", headers, body))
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(f"Jira answered {answer.status} when asked for a token", answer.retry_after)
        if answer.status != 200:
            said = "; ".join(error.message for error in receipts.read_errors(answer.body) if error.message)
            said = said.replace(self._credential.secret, STRUCK_OUT)
            raise Denied(f"Jira refused the credential with {answer.status}{f': {said[:200]}' if said else ''}")
        try:
            found = msgspec.json.decode(answer.body, type=_TokenAnswer, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unreachable("Jira answered the request for a token with something else") from None
        if not found.access_token.isascii() or not found.access_token.isprintable():
            raise Unreachable("Jira answered the request for a token with one that cannot be sent")
        lasts = max(found.expires_in - RENEW_BEFORE_SECONDS, found.expires_in / 2)
        return _Token(found.access_token, asked_at + lasts)


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: float = 900.0


class Connect:
    """A Connect app: a JWT for each request, signed with the secret that the app shares with the site."""

    def __init__(self, credential: Credential):
        self._credential = credential

    def authorize(self, request: Request) -> Authorization:
        now = int(time.time())
        claims = {
            "iss": self._credential.client_id,
            "iat": now,
            "exp": now + JWT_SECONDS,
            "qsh": query_string_hash(request.method, request.url, self._credential.api_url),
        }
        try:
            token = jwt.encode(claims, self._credential.secret, "HS256")
        except jwt.InvalidKeyError:
            # What looks like a key for others to see is no secret; the library signs nothing with it.
            raise Denied("The shared secret of the Connect app is a public key or a certificate") from None
        return Authorization("JWT", token, can_be_renewed=False)

    def forget(self, authorization: Authorization) -> None:
        """Nothing: each request is signed anew."""


def query_string_hash(method: str, url: str, base: str) -> str:
    """The hash of a request that a JWT is bound to; the path counts from the site's base address on."""
    return hashlib.sha256(canonical(method, url, base).encode()).hexdigest()


def canonical(method: str, url: str, base: str) -> str:
    """A request as it is hashed: METHOD&path&query, the path encoded as it is sent, the query sorted."""
    parts = urlsplit(url)
    path = parts.path.removeprefix(urlsplit(base).path.rstrip("/")).rstrip("/").replace("&", "%26") or "/"
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name != "jwt":
            values.setdefault(quote(name, safe="~"), []).append(quote(value, safe="~"))
    query = "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))
    return f"{method.upper()}&{path}&{query}"
