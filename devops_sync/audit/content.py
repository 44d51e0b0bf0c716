"""What is kept of the state before and after an act: JSON with its keys in order, and never a secret."""

import datetime as dt
import uuid
from collections.abc import Mapping, Set
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
from django.db.models import Model

from .. import secrecy

STRUCK_OUT = "(not kept)"
LONGEST_TEXT = 2000


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
    if any(sign in whole for sign in secrecy.SIGNS):
        for pattern in secrecy.IN_TEXTS:
            whole = pattern.sub(STRUCK_OUT, whole)
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
    return bool(secrecy.FIELD_NAME.search(str(name))) and not (value is None or value == "" or isinstance(value, bool))
