"""Whether the log is whole: walks the chain from its beginning and names the first row that is broken."""

import datetime as dt
import hmac
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from ..models import AuditCheckpoint, AuditLink, AuditPending, AuditRow
from . import chain, checkpoints, keys, reading, sealing

PATIENCE = dt.timedelta(minutes=1)
_FILE_AT_ONCE = 1000


class Broken(Exception):
    """The log is not whole; the text says where and how. `position` is the place, `row_id` the row, where known."""

    def __init__(self, sentence: str, position: int | None = None, row_id: int | None = None):
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position
        self.row_id = row_id


@dataclass
class Verified:
    """What was looked at, and what was found: `sentence` is empty for a log that is whole."""

    rows: int = 0
    checkpoints: int = 0
    checkpoints_in_file: int = 0
    pending: int = 0
    sentence: str = ""
    position: int | None = None
    row_id: int | None = None

    @property
    def is_whole(self) -> bool:
        return not self.sentence

    def as_dict(self) -> dict[str, Any]:
        return {"whole": self.is_whole, **asdict(self)}


def verify(path: Path) -> Verified:
    """Look at everything there is, and at the file of checkpoints. Rows that wait are chained first."""
    sealing.seal()
    # Its size before the instant that is read: what comes later signs rows that are not seen.
    size = checkpoints.size_of(path)
    found = Verified()
    with reading.one_instant():
        try:
            end = _walk(found)
            _checkpoints(found, end)
            _file(found, path, size, end)
            _outside_the_chain(found)
        except (Broken, checkpoints.Unreadable) as broken:
            found.sentence = str(broken)
            found.position = getattr(broken, "position", None)
            found.row_id = getattr(broken, "row_id", None)
    return found


def _walk(found: Verified) -> int:
    """Every place in turn. Returns the last. Raises `Broken`."""
    known = keys.known()
    position, before = 0, chain.NOTHING_BEFORE
    for link in reading.links():
        position += 1
        if link.position != position:
            raise _gap(position, link.position - 1)
        if link.columns is None:
            raise Broken(f"Row {link.row_id}, at position {position}, was removed.", position, link.row_id)
        key = known.get(link.key_id)
        if key is None:
            sentence = (
                f"Row {link.row_id}, at position {position}, is sealed with a key that is not set: {link.key_id}."
            )
            raise Broken(sentence, position, link.row_id)
        if not _fits(key, position, before, link):
            raise _changed(link)
        before = link.mac
        found.rows = position
    return position


def _fits(key: keys.Key, position: int, before: bytes, link: reading.Link) -> bool:
    try:
        return hmac.compare_digest(chain.mac(key, position, before, link.columns or ()), link.mac)
    except TypeError:
        return False


def _gap(first: int, last: int) -> Broken:
    """Places are missing. A row whose place alone was removed is there still."""
    places = f"Position {first} is" if first == last else f"Positions {first} to {last} are"
    left = next(reading.unchained(), None)
    if left is None:
        return Broken(f"{places} missing from the chain: what stood there was removed.", first)
    return Broken(f"{places} missing from the chain; row {left[0]} has lost its place.", first, int(left[0]))


def _changed(link: reading.Link) -> Broken:
    where = f"Row {link.row_id}, at position {link.position},"
    return Broken(f"{where} is not what was sealed there: it was changed, moved or put in.", link.position, link.row_id)


def _checkpoints(found: Verified, end: int) -> None:
    """The signatures in the database. Raises `Broken`."""
    for some in _batches(reading.checkpoints()):
        macs = _macs([signed.position for signed in some])
        for signed in some:
            found.checkpoints += 1
            _compare(signed, macs.get(signed.position), end, "The checkpoint")


def _file(found: Verified, path: Path, size: int, end: int) -> None:
    """The signatures in the file: in the database there has to be each of them too. Raises `Broken`."""
    for some in _batches(checkpoints.read(path, size)):
        positions = [signed.position for _, signed in some]
        macs = _macs(positions)
        kept = set(AuditCheckpoint.objects.filter(position__in=positions).values_list("position", "signature"))
        kept_texts = {(position, bytes(signature).hex()) for position, signature in kept}
        for number, signed in some:
            found.checkpoints_in_file += 1
            what = f"The checkpoint in line {number} of {path.name}"
            _compare(signed, macs.get(signed.position), end, what)
            if (signed.position, signed.signature) not in kept_texts:
                raise Broken(f"{what}, at position {signed.position}, was removed from the database.", signed.position)


def _compare(signed: checkpoints.Signed, mac: bytes | None, end: int, what: str) -> None:
    """Whether the chain still is what was signed. Raises `Broken`."""
    position = signed.position
    if not signed.is_sound:
        raise Broken(f"{what} at position {position} was changed, or signed with a key that is not set.", position)
    if position > end:
        raise Broken(
            f"The end of the log was cut off: it ends at position {end}, and at {signed.at} it was signed up to"
            f" position {position}.",
            end + 1,
        )
    if mac is None or mac.hex() != signed.mac:
        row = AuditLink.objects.filter(position=position).first()
        raise Broken(
            f"Row {row.row_id if row else 'unknown'}, at position {position}, is not the one that was signed there at"
            f" {signed.at}: the log was cut off before it and written anew.",
            position,
            row.row_id if row else None,
        )


def _macs(positions: list[int]) -> dict[int, bytes]:
    found = AuditLink.objects.filter(position__in=positions).values_list("position", "mac")
    return {position: bytes(mac) for position, mac in found}


def _batches(source: Iterator[Any]) -> Iterator[list[Any]]:
    some: list[Any] = []
    for each in source:
        some.append(each)
        if len(some) == _FILE_AT_ONCE:
            yield some
            some = []
    yield some


def _outside_the_chain(found: Verified) -> None:
    """Rows without a place: who wrote them past the log, or keeps them from it? Raises `Broken`."""
    if (columns := next(reading.unchained(), None)) is not None:
        raise Broken(
            f"Row {columns[0]} has no place in the chain: it was put in, or its place removed.", None, int(columns[0])
        )
    if (row_id := next(reading.lost(), None)) is not None:
        raise Broken(f"Row {row_id} was removed before it had its place in the chain.", None, row_id)
    found.pending = AuditPending.objects.count()
    waiting = AuditRow.objects.filter(
        pk__in=AuditPending.objects.values("row_id"), at__lt=timezone.now() - PATIENCE
    ).order_by("pk")
    if (late := waiting.first()) is not None:
        raise Broken(f"Row {late.pk} has waited for its place in the chain for more than a minute.", None, late.pk)
