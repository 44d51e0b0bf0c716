"""Codes that change every half minute, as RFC 6238 has them and authenticator apps make them."""

import base64
import hashlib
import hmac
import secrets
import time
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
# Clocks differ, and typing takes a while: the codes of the step before and of the step after are taken, too.
_DRIFT = 1


def new_secret() -> str:
    """160 random bits in base32, as RFC 4226 asks for at least."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def step_at(seconds: float) -> int:
    """The number of the half minute that an instant, in seconds since 1970, lies in."""
    return int(seconds // STEP_SECONDS)


def code(secret: str, step: int) -> str:
    """The code of one half minute."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, given: str, after: int, seconds: float | None = None) -> int | None:
    """The half minute that a code belongs to, if it is one of now; never one up to `after`: none works twice."""
    now = step_at(time.time() if seconds is None else seconds)
    is_code = len(given) == DIGITS and given.isascii() and given.isdigit()
    steps = range(max(now - _DRIFT, after + 1), now + _DRIFT + 1) if is_code else ()
    return next((step for step in steps if hmac.compare_digest(code(secret, step), given)), None)


def address(secret: str, name: str, issuer: str) -> str:
    """What the app reads from the picture: the form that Google Authenticator's documentation describes."""
    label = quote(f"{issuer}:{name}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
