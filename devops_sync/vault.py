"""Secrets at rest: sealed with Fernet, the first key seals, all of them open."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """A sealed secret fits none of the keys that are set."""


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def seal(secret: str) -> bytes:
    """Encrypt a secret for the database."""
    return _keys().encrypt(secret.encode())


def open_sealed(sealed: bytes) -> str:
    """Decrypt a secret. Raises `CannotOpen` when the key that sealed it is gone."""
    try:
        return _keys().decrypt(sealed).decode()
    except InvalidToken:
        raise CannotOpen(
            "The secret of this site cannot be opened: the key that sealed it is not among WAYBILL_ENCRYPTION_KEYS."
        ) from None
