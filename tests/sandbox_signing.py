"""A Connect app's signature, made by hand: neither the sandbox's nor the client's code has a part in it."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import requests
from requests.auth import AuthBase


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _percent(text: str) -> str:
    unreserved = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return "".join(chr(byte) if byte in unreserved else f"%{byte:02X}" for byte in text.encode())


def qsh(method: str, url: str) -> str:
    """Atlassian's query string hash."""
    parts = urlsplit(url)
    values: dict[str, list[str]] = {}
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        values.setdefault(_percent(unquote_plus(name)), []).append(_percent(unquote_plus(value)))
    query = "&".join(f"{name}={','.join(sorted(found))}" for name, found in sorted(values.items()))
    return hashlib.sha256(f"{method}&{parts.path}&{query}".encode()).hexdigest()


def jwt(claims: dict[str, Any], secret: str, algorithm: str = "HS256") -> str:
    """A token that is signed with HS256, whatever algorithm it names."""
    head = {"alg": algorithm, "typ": "JWT"}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{_encoded(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


class Signed(AuthBase):
    """Signs each request of a session; `claims` replace what is usual."""

    def __init__(self, key: str, secret: str, algorithm: str = "HS256", **claims: Any):
        self.key, self.secret, self.algorithm, self.claims = key, secret, algorithm, claims

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        now = int(time.time())
        usual = {"iss": self.key, "iat": now, "exp": now + 180, "qsh": qsh(request.method or "", request.url or "")}
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        request.headers["Authorization"] = f"JWT {jwt(claims, self.secret, self.algorithm)}"
        return request
