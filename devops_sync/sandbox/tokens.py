"""OAuth 2.0 client credentials: an access token says whose it is and when it runs out, and is signed.

Sources: Atlassian's page on OAuth credentials for self-hosted tools (request, 15 minutes, no refresh
token). The bodies of errors are Auth0's, whose `audience` the end point takes; Atlassian documents none.
"""

import base64
import binascii
import hashlib
import hmac
import time
from urllib.parse import parse_qsl

import msgspec

from .credentials import SCOPES, Credential
from .messages import Answer, Request, said
from .store import Store

_SUBJECTS = {"deployments": "deployment-info", "builds": "build-info", "devinfo": "dev-info"}


class _Claims(msgspec.Struct):
    client_id: str
    generation: int
    expires: float


class _Asked(msgspec.Struct):
    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""


def grant(request: Request, store: Store, life: float) -> Answer:
    """Answer a request for a token that lasts `life` seconds."""
    try:
        asked = _read(request)
    except (ValueError, RecursionError):
        return _error(400, "invalid_request", "The request body is not valid JSON of the parameters.")
    for name in ("grant_type", "client_id", "client_secret"):
        if not getattr(asked, name):
            return _error(400, "invalid_request", f"Missing required parameter: {name}")
    if asked.grant_type != "client_credentials":
        return _error(400, "unsupported_grant_type", f"Unsupported grant type: {asked.grant_type[:80]}")
    found = store.credential(asked.client_id)
    if found is None or found.is_app or not hmac.compare_digest(found.secret.encode(), asked.client_secret.encode()):
        return _error(401, "access_denied", "Unauthorized")
    claims = _Claims(found.client_id, found.generation, time.time() + life)
    token = _sign(msgspec.json.encode(claims), store.signing_key)
    lasts = max(1, round(life))
    answer = {"access_token": token, "expires_in": lasts, "token_type": "Bearer", "scope": _scope(found)}
    return said(200, answer).having(Cache_Control="no-store")


def _scope(owner: Credential) -> str:
    return " ".join(
        f"{scope.lower()}:{_SUBJECTS[api]}:jira"
        for api in _SUBJECTS
        for scope in SCOPES.values()
        if {api, scope} <= set(owner.permissions)
    )


def _read(request: Request) -> _Asked:
    if request.header("Content-Type").startswith("application/x-www-form-urlencoded"):
        return msgspec.convert(dict(parse_qsl(request.body.decode(), max_num_fields=20)), _Asked)
    return msgspec.json.decode(request.body, type=_Asked)


def _error(status: int, error: str, description: str) -> Answer:
    return said(status, {"error": error, "error_description": description})


def bearer(request: Request, store: Store) -> Credential | None:
    """Whose token a request carries, or None when it carries none that holds."""
    scheme, _, token = request.header("Authorization").partition(" ")
    if scheme.lower() != "bearer":
        return None
    body, _, _signature = token.strip().partition(".")
    try:
        claims = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if not hmac.compare_digest(token.strip().encode(), _sign(claims, store.signing_key).encode()):
            return None
    except (binascii.Error, ValueError):
        return None
    found = msgspec.json.decode(claims, type=_Claims)
    owner = store.credential(found.client_id)
    if owner is None or owner.generation != found.generation or found.expires <= time.time():
        return None
    return owner


def _sign(claims: bytes, key: bytes) -> str:
    signature = hmac.digest(key, claims, hashlib.sha256)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (claims, signature))
