"""Requests to one Jira site: behind the API gateway with an OAuth credential, on its own paths as a Connect app.

What comes back, and how it fails, is told in `exchange`; the ways to sign in are in `signing`.
Sources: Atlassian's pages on OAuth credentials for self-hosted tools (gateway paths) and on rate limits.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import requests

from . import exchange, paths, signing
from .addresses import NotAllowed, check_url
from .deadline import all_within
from .exchange import Answer, Denied, Request, Unreachable
from .signing import Authorization, Credential

__all__ = [
    "Answer",
    "Authorization",
    "Client",
    "Credential",
    "Denied",
    "NotAllowed",
    "Request",
    "Tenant",
    "Unreachable",
    "all_within",
    "check_url",
    "tenant",
]

_ACCEPT = {"Accept": "application/json"}


@dataclass(frozen=True)
class Tenant:
    """What a site says of itself without being signed in to."""

    cloud_id: str
    is_sandbox: bool


def tenant(site_url: str, *, allow_private: bool = False) -> Tenant:
    """Ask a site for its cloud id. Raises `Unreachable`, `NotAllowed`, or `Denied` when it is no Jira site."""
    check_url(site_url, allow_private=allow_private)
    asked = Request("GET", f"{site_url.rstrip('/')}/_edge/tenant_info", {"Accept": "application/json"})
    answer = exchange.send(exchange.new_session(allow_private), asked, {})
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable(f"the site answered {answer.status}", answer.retry_after)
    try:
        cloud_id = msgspec.json.decode(answer.body, type=_TenantAnswer).cloudId if answer.status == 200 else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        cloud_id = ""
    if not cloud_id or len(cloud_id) > 100:
        raise Denied(f"There is no Jira site at this address: it answered {answer.status} without a cloud id.")
    return Tenant(cloud_id, bool(answer.header("X-Sandbox")))


class _TenantAnswer(msgspec.Struct):
    cloudId: str


class Client:
    """One site's client. It may be shared by threads: each has a session of its own."""

    def __init__(self, credential: Credential, *, allow_private: bool = False):
        """`allow_private` lets http and private addresses be used. Raises `NotAllowed`."""
        check_url(credential.api_url, allow_private=allow_private)
        self._credential = credential
        self._allow_private = allow_private
        self._local = threading.local()
        self._sign_in: signing.SignIn = (
            signing.Connect(credential) if credential.is_app else signing.OAuth(credential, self._exchange)
        )

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

    def sweep(self, api: str, properties: Mapping[str, str | list[str]], until: int | None = None) -> Request:
        """The request that deletes everything of one API that has all of these properties; a list is repeated."""
        return Request(
            "DELETE", self._base(api) + paths.by_properties("bulkByProperties", _query(properties, until)), _ACCEPT
        )

    def existence(self, api: str, properties: Mapping[str, str | list[str]], until: int | None = None) -> Request:
        """The request that asks whether anything of one API has all of these properties: devinfo alone can tell."""
        return Request(
            "GET", self._base(api) + paths.by_properties("existsByProperties", _query(properties, until)), _ACCEPT
        )

    def _base(self, api: str) -> str:
        credential = self._credential
        path = paths.on_site(api) if credential.is_app else paths.on_gateway(api, credential.cloud_id)
        return credential.api_url + path

    def authorize(self, request: Request) -> Authorization:
        """What the request is to be sent with. Raises `Unreachable`, `Denied` or `NotAllowed`."""
        return self._sign_in.authorize(request)

    def forget(self, authorization: Authorization) -> None:
        """Use this one no more, since Jira answered 401 to it."""
        self._sign_in.forget(authorization)

    def send(self, request: Request, authorization: Authorization) -> Answer:
        """Send one request, once. Raises `Unreachable` or `NotAllowed`."""
        return self._exchange(request, {"Authorization": authorization.header})

    def ask(self, request: Request) -> Answer:
        """Sign in and send, once more where the token may have been outdated: for what may be repeated freely.

        Raises `Unreachable`, `Denied` or `NotAllowed`.
        """
        authorization = self.authorize(request)
        answer = self.send(request, authorization)
        if answer.status == 401 and authorization.can_be_renewed:
            self.forget(authorization)
            answer = self.send(request, self.authorize(request))
        return answer

    def _exchange(self, request: Request, headers: Mapping[str, str] | None = None) -> Answer:
        if not hasattr(self._local, "session"):
            self._local.session = exchange.new_session(self._allow_private)
        session: requests.Session = self._local.session
        return exchange.send(session, request, headers or {})


def _query(properties: Mapping[str, str | list[str]], until: int | None) -> list[tuple[str, str]]:
    """Properties as pairs of a query; a list is repeated."""
    given = [(key, [values] if isinstance(values, str) else values) for key, values in properties.items()]
    pairs = [(key, value) for key, values in given for value in values]
    return [*pairs, *([("_updateSequenceId", str(until))] if until is not None else [])]
