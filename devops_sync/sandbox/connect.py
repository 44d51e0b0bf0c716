"""A Connect app's sign-in: a JWT for each request, signed with the secret that the app and the site share.

Source: Atlassian's page on understanding JWT for Connect apps. HS256; `iss` is the app's key, `exp` the instant at
which the token is void, and `qsh` the hash of the request that it was made for. Written against that page with the
standard library alone, so that it checks Waybill's own client, which signs with a library.
"""

import base64
import binascii
import hashlib
import hmac
import time
from urllib.parse import parse_qsl, quote

import msgspec

from .credentials import Credential
from .messages import Request
from .store import Store

LEEWAY_SECONDS = 30.0


class _Header(msgspec.Struct):
    alg: str


class _Claims(msgspec.Struct):
    iss: str
    iat: float
    exp: float
    qsh: str


def app(request: Request, store: Store) -> Credential | None:
    """Whose token a request carries, or None when it carries none that holds for just this request."""
    scheme, _, token = request.header("Authorization").partition(" ")
    if scheme.lower() != "jwt":
        return None
    signed, _, signature = token.strip().rpartition(".")
    try:
        header, claims = (_decoded(part) for part in signed.split("."))
        algorithm = msgspec.json.decode(header, type=_Header).alg
        said = msgspec.json.decode(claims, type=_Claims)
        given = _decoded(signature)
    except (ValueError, RecursionError):
        return None
    found = store.credential(said.iss)
    if found is None or not found.is_app or algorithm != "HS256":
        return None
    made = hmac.digest(found.secret.encode(), signed.encode(), hashlib.sha256)
    now = time.time()
    is_in_time = said.iat - LEEWAY_SECONDS <= now < said.exp
    is_for_this = hmac.compare_digest(said.qsh.encode(), query_string_hash(request).encode())
    return found if hmac.compare_digest(made, given) and is_in_time and is_for_this else None


def _decoded(part: str) -> bytes:
    """Raises `ValueError`."""
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def query_string_hash(request: Request) -> str:
    """The hash of a request's method, path and query."""
    return hashlib.sha256(canonical(request).encode()).hexdigest()


def canonical(request: Request) -> str:
    """A request as it is hashed: a repeated parameter is one, with its values in order and commas between them."""
    path = request.path.rstrip("/").replace("&", "%26") or "/"
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        if name != "jwt":
            values.setdefault(_encoded(name), []).append(_encoded(value))
    query = "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))
    return f"{request.method.upper()}&{path}&{query}"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
