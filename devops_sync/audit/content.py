"""What is kept of the state before and after an act: JSON with its keys in order, and never a secret."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Set
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
from django.db.models import Model

from ..models.site import BEARER_PREFIX, SECRET_PREFIX

STRUCK_OUT = "(not kept)"
LONGEST_TEXT = 2000

_SECRET_NAME = re.compile(
    r"secret|token(?!_id$)|passw|passphrase|pwd|credential|authori[sz]ation|bearer|cookie|session|otp|recovery"
    r"|jwt|(?:api|private|signing|encryption|access)[_-]?key|_hash$|^hash$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    rf"(?:{SECRET_PREFIX}|{BEARER_PREFIX})[\w-]{{20,}}"
    # Not within a run of such signs: tried at each of its parts, a long one would take minutes.
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"
    r"|\b(?:[Bb]earer|[Bb]asic|JWT)\s+[\w.~+/=-]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)

# One of these is in every such text: looking for them is quick, and most texts have none.
_SIGNS = (SECRET_PREFIX, BEARER_PREFIX, "eyJ", "earer", "asic", "JWT", "://")


def as_json(value: Any) -> str:
    """The value as canonical JSON, empty for None. Fields whose names speak of secrets are struck out.

    Raises `TypeError` for what JSON does not know: say in words what matters of it.
    """
    return "" if value is None else msgspec.json.encode(_plain(value), order="sorted").decode()


def line(text: object, longest: int = LONGEST_TEXT) -> str:
    """A text as a column can hold it: PostgreSQL takes neither U+0000 nor halves of characters."""
    whole = str(text)
    if not whole.isascii() or "\0" in whole:
        whole = whole.replace("\0", "�").encode("utf-8", "replace").decode()
    if any(sign in whole for sign in _SIGNS):
        whole = _SECRET_TEXT.sub(STRUCK_OUT, whole)
    return whole if len(whole) <= longest else f"{whole[: longest - 1]}…"


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return _plain(value.value)
        case str() | uuid.UUID() | Decimal() | Model():
            return line(value)
        case dt.datetime() | dt.date():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case Mapping():
            return {line(name): STRUCK_OUT if _is_secret(name, of) else _plain(of) for name, of in value.items()}
        case Set():
            return sorted(map(_plain, value), key=str)
        case list() | tuple():
            return [_plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} is not kept in the audit log.")


def _is_secret(name: object, value: Any) -> bool:
    """Whether a field is struck out: one that is empty, a number or a yes or no says no secret."""
    return bool(_SECRET_NAME.search(str(name))) and not (value is None or value == "" or isinstance(value, bool))
