"""Passwords: which are taken, and those that are made up for people."""

import secrets

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from devops_sync.models import User
from devops_sync.wrong import Wrong

LONGEST = 1000


def generated() -> str:
    """20 random letters, digits and signs."""
    return secrets.token_urlsafe(15)


def policy() -> list[str]:
    """What a password has to be, in sentences."""
    return [str(text) for text in password_validation.password_validators_help_texts()]


def check(password: str, user: User, about: str = "password") -> None:
    """Raise `Wrong` for a password that the policy forbids."""
    if len(password) > LONGEST:
        raise Wrong(f"This password is too long. It must contain at most {LONGEST:,} characters.", about)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as invalid:
        raise Wrong(" ".join(invalid.messages), about) from None
