#!/usr/bin/env python3
"""Verify an export of Waybill's audit log on any machine, with Python 3.9 or newer and nothing else.

    python3 verify_offline.py audit.ndjson --key audit.key [--checkpoints audit-checkpoints.ndjson]

The key is what `manage.py audit key` prints; instead of a file, the variable WAYBILL_AUDIT_KEY may have it. The file of
checkpoints, kept elsewhere, shows whether the end of the log was cut off before it was exported.
Exit codes: 0 the log is whole, 1 it is not, and the first broken row is named, 2 wrong use.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

COLUMNS = (
    *("id", "at", "act", "actor_kind", "actor", "user_id", "token_id", "remote_address", "site_id", "site"),
    *("subject_kind", "subject_id", "subject", "before", "after"),
)
_NUMBERS = ("id", "user_id", "token_id", "site_id")
_PLACE = ("line", "position", "row_id")
_SEALED = ("key_id", "mac")
_CHECKPOINT = ("position", "mac", "at", "key_id", "signature")
# The fields that each kind of line has, and no others.
_FIELDS = {
    "begin": {"line", "first", "before"},
    "row": {*_PLACE, *COLUMNS, *_SEALED},
    "checkpoint": {"line", *_CHECKPOINT},
    "unchained": {"line", *COLUMNS},
    "lost": {"line", "row_id"},
    "end": {"line", "first", *_CHECKPOINT},
}

Keys = dict[str, bytes]
Found = dict[str, Any]


class Broken(Exception):
    """The log is not whole; the text says where."""


def keys_of(given: str) -> Keys:
    """The keys in a text, 64 hexadecimal digits each, by their ids."""
    secrets = [bytes.fromhex(digits) for digits in re.findall(r"\b[0-9a-f]{64}\b", given)]
    return {hashlib.sha256(secret).hexdigest()[:16]: secret for secret in secrets}


def verify(lines: Iterable[str], keys: Keys) -> "Walk":
    """Walk an export from its first line to its last. Raises `Broken`."""
    walk = Walk(keys)
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            walk.take(_read(line))
        except (ValueError, KeyError, TypeError, OverflowError):
            raise Broken(f"Line {number} is no line of an export.") from None
        except Broken as broken:
            raise Broken(f"Line {number}: {broken}") from None
    if not walk.has_ended:
        raise Broken(f"The export has no end: it was cut off after line {number}.")
    return walk


def compare(walk: "Walk", lines: Iterable[str], keys: Keys) -> int:
    """Whether the chain is what a file of checkpoints signed. Returns how many were about it. Raises `Broken`."""
    count = 0
    for number, line in enumerate(lines, 1):
        try:
            signed = json.loads(line, object_pairs_hook=_once)
            position, is_sound = int(signed["position"]), _is_sound(signed, keys)
        except (ValueError, KeyError, TypeError):
            raise Broken(f"Line {number} of the checkpoints is none.") from None
        if not is_sound:
            raise Broken(f"Line {number} of the checkpoints was changed, or its key was not given.")
        if signed["at"] > walk.at or position < walk.first:
            continue  # It was signed after the export, or is about what comes before it.
        if position > walk.position:
            raise Broken(
                f"The end of the log was cut off: it ends at position {walk.position}, and at {signed['at']} it was"
                f" signed up to position {position}."
            )
        if walk.macs[position] != signed["mac"]:
            raise Broken(f"Position {position} is not what was signed there at {signed['at']}: it was written anew.")
        count += 1
    return count


class Walk:
    """How far the chain was followed, and what it was there."""

    def __init__(self, keys: Keys):
        self.keys = keys
        self.first = 0
        self.position = 0
        self.mac = ""
        self.at = ""
        self.checkpoints = 0
        self.has_begun = False
        self.has_ended = False
        # Only what a file of checkpoints is compared with.
        self.macs: dict[int, str] = {}

    def take(self, found: Found) -> None:
        """One line. Raises `Broken`, or what a line raises that lacks something."""
        if (found["line"] == "begin") == self.has_begun or self.has_ended:
            raise Broken("A line is in the wrong place: something was put in, or taken out.")
        getattr(self, f"_{found['line']}")(found)

    def _begin(self, found: Found) -> None:
        self.has_begun = True
        self.first = int(found["first"])
        self.position, self.mac = self.first - 1, _text(found["before"])
        if self.first == 1 and self.mac != "0" * 64:
            raise Broken("Something is said to be before the first position.")

    def _row(self, found: Found) -> None:
        position, where = found["position"], f"Row {found['row_id']}, at position {found['position']},"
        if position != self.position + 1:
            raise Broken(f"{where} stands where position {self.position + 1} was due: rows were removed, or moved.")
        if "id" not in found:
            raise Broken(f"{where} was removed.")
        if found["key_id"] not in self.keys:
            raise Broken(f"{where} is sealed with a key that was not given: {found['key_id']}.")
        due = _made(self.keys[found["key_id"]], str(position), self.mac, *(_column(found, name) for name in COLUMNS))
        if found["id"] != found["row_id"] or not hmac.compare_digest(due, found["mac"]):
            raise Broken(f"{where} is not what was sealed there: it was changed, moved or put in.")
        self.position, self.mac = position, due
        self.macs[position] = due

    def _checkpoint(self, found: Found) -> None:
        self.checkpoints += 1
        position = found["position"]
        if not _is_sound(found, self.keys):
            raise Broken(f"The checkpoint at position {position} was changed, or its key was not given.")
        if position != self.position:
            raise Broken(
                f"The end of the log was cut off: it ends at position {self.position}, and at {found['at']} it was"
                f" signed up to position {position}."
            )
        if found["mac"] != self.mac:
            raise Broken(f"Position {position} is not what was signed there at {found['at']}: it was written anew.")

    def _unchained(self, found: Found) -> None:
        raise Broken(f"Row {found['id']} has no place in the chain: it was put in, or its place removed.")

    def _lost(self, found: Found) -> None:
        raise Broken(f"Row {found['row_id']} was removed before it had its place in the chain.")

    def _end(self, found: Found) -> None:
        self.has_ended = True
        self.at = _text(found["at"])
        signed = (found["first"], found["position"], found["mac"], found["at"])
        if not _is_signed(found, self.keys, "export", *map(_text, signed)):
            raise Broken("The end of the export was changed, or its key was not given.")
        if signed[:3] != (self.first, self.position, self.mac):
            raise Broken(f"The export ends at position {self.position}, and should at {found['position']}.")


def _read(line: str) -> Found:
    found = json.loads(line, object_pairs_hook=_once)
    fields = _FIELDS[found["line"]]
    if found["line"] == "row" and "id" not in found:
        fields = fields - set(COLUMNS)
    if set(found) != fields:
        raise ValueError
    return dict(found)


def _once(pairs: list[tuple[str, Any]]) -> Found:
    """A field that is there twice reads differently from reader to reader."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _column(row: Found, name: str) -> str:
    """A column as it went into the MAC."""
    value = row[name]
    if type(value) is not (int if name in _NUMBERS else str) and not (name in _NUMBERS and value is None):
        raise TypeError
    return "" if value is None else str(value)


def _text(value: Any) -> str:
    if type(value) not in (int, str):
        raise TypeError
    return str(value)


def _made(secret: bytes, *texts: str) -> str:
    """HMAC-SHA-256 over texts joined by U+0000, which none of them can contain in the database."""
    if any("\0" in text for text in texts):
        raise Broken("A text has U+0000 in it, which no row can have.")
    message = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def _is_sound(signed: Found, keys: Keys) -> bool:
    return _is_signed(signed, keys, "checkpoint", *(_text(signed[name]) for name in ("position", "mac", "at")))


def _is_signed(signed: Found, keys: Keys, *texts: str) -> bool:
    secret = keys.get(signed["key_id"])
    return secret is not None and hmac.compare_digest(_made(secret, *texts), signed["signature"])


def main() -> int:
    """Read the command line, verify, say it in a sentence."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("export", type=Path, help="what `manage.py audit export` wrote")
    options.add_argument(
        "--key", type=Path, metavar="FILE", help="a file with the keys; else WAYBILL_AUDIT_KEY has them"
    )
    options.add_argument("--checkpoints", type=Path, metavar="FILE", help="audit-checkpoints.ndjson, as kept elsewhere")
    asked = options.parse_args()
    compared = 0
    try:
        keys = keys_of(asked.key.read_text("utf-8") if asked.key else os.environ.get("WAYBILL_AUDIT_KEY", ""))
        if not keys:
            sys.stderr.write("There is no key of 64 hexadecimal digits: give --key or WAYBILL_AUDIT_KEY.\n")
            return 2
        with asked.export.open(encoding="utf-8") as file:
            walk = verify(file, keys)
        if asked.checkpoints:
            with asked.checkpoints.open(encoding="utf-8") as file:
                compared = compare(walk, file, keys)
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"A file cannot be read: {error}\n")
        return 2
    except Broken as broken:
        sys.stdout.write(f"{broken}\n")
        return 1
    sys.stdout.write(
        f"Whole: positions {walk.first} to {walk.position}, {walk.checkpoints} checkpoints, {compared} in the file"
        f" beside it. Exported at {walk.at}.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
