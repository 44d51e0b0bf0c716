"""Signatures under the chain, in the database and in a file that belongs on another machine.

Whoever may do everything in the database can cut off the end of the log there, signatures included. The file has them
still, and so has the log of the process.
"""

import datetime as dt
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ..models import AuditCheckpoint
from . import chain, keys

log = logging.getLogger(__name__)

EVERY_LINKS = 1000
EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Signed:
    """A checkpoint as it is in the file, in an export and in the table, all in hexadecimal and text."""

    position: int
    mac: str
    at: str
    key_id: str
    signature: str

    @property
    def is_sound(self) -> bool:
        """Whether it was signed with a key that is set."""
        key = keys.known().get(self.key_id)
        return key is not None and _sign(key, self.position, self.mac, self.at) == self.signature


def is_due(position: int, now: dt.datetime) -> bool:
    """Whether the chain up to here should be signed: after so many links, or so long a time."""
    last = AuditCheckpoint.objects.order_by("-id").first()
    if last is None or last.position > position:
        return position > 0
    return position - last.position >= EVERY_LINKS or (position > last.position and now - last.at >= EVERY)


def sign(position: int, mac: bytes, now: dt.datetime) -> None:
    """Sign the chain up to a position: a row in this transaction, and a line of the file once it is committed."""
    key, at = keys.signing(), chain.as_text(now)
    signed = Signed(position, mac.hex(), at, key.id, _sign(key, position, mac.hex(), at))
    AuditCheckpoint.objects.create(
        position=position, mac=mac, at=now, key_id=key.id, signature=bytes.fromhex(signed.signature)
    )
    transaction.on_commit(lambda: _tell(signed))


def _sign(key: keys.Key, position: int, mac: str, at: str) -> str:
    return chain.signature(key, "checkpoint", str(position), mac, at).hex()


def _tell(signed: Signed) -> None:
    """What the file does not take, since a disk is full, is in the process's log at least."""
    log.info(
        "audit checkpoint: position %d, mac %s, at %s, key %s, signature %s",
        *(signed.position, signed.mac, signed.at, signed.key_id, signed.signature),
    )
    path = Path(settings.AUDIT_CHECKPOINTS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, json.dumps(vars(signed)).encode() + b"\n")
        finally:
            os.close(file)
    except OSError as error:
        log.error("the audit checkpoint cannot be written to %s: %s", path, error.strerror)


class Unreadable(Exception):
    """A line of the file is no checkpoint."""


def size_of(path: Path) -> int:
    """Bytes of the file as it is now, 0 where there is none: what is written later belongs to a later chain."""
    return path.stat().st_size if path.is_file() else 0


def read(path: Path, size: int) -> Iterator[tuple[int, Signed]]:
    """The checkpoints in the first bytes of the file, with their line numbers. Raises `Unreadable`."""
    if not size:
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            size -= len(line)
            if size < 0 or not line.endswith(b"\n"):
                return  # It is being written.
            try:
                yield number, Signed(**json.loads(line))
            except (ValueError, TypeError):
                raise Unreadable(f"Line {number} of {path} is no checkpoint.") from None
