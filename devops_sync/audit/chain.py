"""How a row is bound to the one before: HMAC-SHA-256 over its place, the MAC before and every one of its columns.

Columns are texts here, as PostgreSQL writes them, joined by U+0000, which no text in PostgreSQL can contain: two
different rows never make the same bytes. `verify_offline.py` has the same rules once more, without this package.
"""

import datetime as dt
import hmac
from collections.abc import Sequence
from typing import Any

from .keys import Key

# What stands where the first row would name the MAC before it.
NOTHING_BEFORE = bytes(32)


def _instant(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


NUMBERS = ("id", "user_id", "token_id", "site_id")
COLUMNS = (
    *("id", "at", "act", "actor_kind", "actor", "user_id", "token_id", "remote_address", "site_id", "site"),
    *("subject_kind", "subject_id", "subject", "before", "after"),
)
AT = _instant("at")
# Each column of `noted`, an alias of audit_row, as the text that goes into the MAC.
AS_TEXTS = ", ".join(
    f"coalesce(noted.{name}::text, '')"
    if name in NUMBERS
    else _instant("noted.at")
    if name == "at"
    else f"noted.{name}"
    for name in COLUMNS
)


def named(texts: Sequence[str]) -> dict[str, Any]:
    """The columns of a row by their names, as files have them: numbers as numbers, None where there is none."""
    pairs = zip(COLUMNS, texts, strict=True)
    return {name: (int(text) if text else None) if name in NUMBERS else text for name, text in pairs}


def mac(key: Key, position: int, before: bytes, columns: Sequence[str]) -> bytes:
    """The MAC of a row in its place. Raises `TypeError` when a column is empty that never is."""
    return hmac.digest(key.secret, "\0".join((str(position), before.hex(), *columns)).encode(), "sha256")


def signature(key: Key, of: str, *texts: str) -> bytes:
    """A signature under something that is no row; `of` keeps one kind from being taken for another."""
    return hmac.digest(key.secret, "\0".join((of, *texts)).encode(), "sha256")


def as_text(instant: dt.datetime) -> str:
    """An instant as PostgreSQL writes it above."""
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
