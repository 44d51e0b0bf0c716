"""The log as NDJSON, which `verify_offline.py` verifies with the key and nothing else.

It is written as it is found: whether it is whole is for the reader to say.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import msgspec
from django.db.models import Max, Min
from django.utils import timezone

from ..models import AuditLink, AuditRow
from . import chain, keys, reading, sealing


def lines(since: dt.datetime | None = None, until: dt.datetime | None = None) -> Iterator[bytes]:
    """The lines of an export: all, or the unbroken part of the chain that has every row from and to these instants."""
    sealing.seal(and_sign=True)
    now = timezone.now()
    with reading.one_instant():
        first, last = _range(since, until)
        for line in _all(first, last, now):
            yield msgspec.json.encode(line) + b"\n"


def _range(since: dt.datetime | None, until: dt.datetime | None) -> tuple[int, int]:
    """The first and the last position. Rows lie in the chain nearly as they were written, not quite."""
    rows = AuditRow.objects.all()
    first, last = 1, reading.END
    if since is not None:
        after = rows.filter(at__gte=since).values("pk")
        first = AuditLink.objects.filter(row_id__in=after).aggregate(found=Min("position"))["found"] or _next()
    if until is not None:
        before = rows.filter(at__lt=until).values("pk")
        last = AuditLink.objects.filter(row_id__in=before).aggregate(found=Max("position"))["found"] or first - 1
    return first, last


def _next() -> int:
    """The position after the last."""
    return int(AuditLink.objects.aggregate(found=Max("position"))["found"] or 0) + 1


def _all(first: int, last: int, now: dt.datetime) -> Iterator[dict[str, Any]]:
    position, mac = first - 1, _mac_at(first - 1)
    yield {"line": "begin", "first": first, "before": mac.hex()}
    signed = takewhile(lambda each: each.position <= last, reading.checkpoints(first))
    due = next(signed, None)
    for link in reading.links(first, last):
        while due is not None and due.position < link.position:
            yield {"line": "checkpoint", **vars(due)}
            due = next(signed, None)
        yield _row(link)
        position, mac = link.position, link.mac
    while due is not None:
        yield {"line": "checkpoint", **vars(due)}
        due = next(signed, None)
    for columns in reading.unchained():
        yield {"line": "unchained", **chain.named(columns)}
    for row_id in reading.lost():
        yield {"line": "lost", "row_id": row_id}
    yield _end(first, position, mac.hex(), chain.as_text(now))


def _mac_at(position: int) -> bytes:
    found = AuditLink.objects.filter(position=position).first()
    return bytes(found.mac) if found else chain.NOTHING_BEFORE


def _row(link: reading.Link) -> dict[str, Any]:
    place = {"line": "row", "position": link.position, "row_id": link.row_id}
    sealed = {"key_id": link.key_id, "mac": link.mac.hex()}
    return {**place, **(chain.named(link.columns) if link.columns else {}), **sealed}


def _end(first: int, position: int, mac: str, at: str) -> dict[str, Any]:
    """What an export ends with, signed: without it, it is known to be cut off."""
    key = keys.signing()
    signature = chain.signature(key, "export", str(first), str(position), mac, at).hex()
    place = {"line": "end", "first": first, "position": position, "mac": mac, "at": at}
    return {**place, "key_id": key.id, "signature": signature}
