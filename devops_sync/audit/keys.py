"""The keys that the chain is made with, derived from WAYBILL_ENCRYPTION_KEYS: the first signs, all of them verify."""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"waybill audit log"


@dataclass(frozen=True)
class Key:
    """A derived key. Its id says nothing of it: the first 16 hex digits of its SHA-256."""

    id: str
    secret: bytes = field(repr=False)


def signing() -> Key:
    """The key that new places in the chain are made with."""
    return _derived(tuple(settings.ENCRYPTION_KEYS))[0]


def known() -> dict[str, Key]:
    """Every key that is set, by its id, the signing one first."""
    return {key.id: key for key in _derived(tuple(settings.ENCRYPTION_KEYS))}


@lru_cache(maxsize=8)
def _derived(given: tuple[bytes, ...]) -> tuple[Key, ...]:
    return tuple(map(_derive, given))


def _derive(given: bytes) -> Key:
    """HKDF (RFC 5869) with SHA-256: who has the derived key cannot open what the given one seals."""
    secret = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(base64.urlsafe_b64decode(given))
    return Key(hashlib.sha256(secret).hexdigest()[:16], secret)
