"""The rows of the audit log that are about it, each with its place in the chain: `audit.ndjson`.

A line has what its MAC covers: the position, the MAC before and every column. So each row is verified alone, with the
key. That evidence was made is in the log too, and left out here: the next one would never be the same.
"""

import json
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from ..audit import acts, chain
from .archive import Archive
from .collecting import Belongings, slices
from .subject import DELETION, ISSUE, Subject
from .tally import Table, Tally

_LEFT_OUT = ("evidence.asked", "evidence.made")


def write(archive: Archive, subject: Subject, found: Belongings, tally: Tally) -> Iterator[bytes]:
    yield from archive.stream("audit.ndjson", _lines(_numbers(subject, found), tally))


def _numbers(subject: Subject, found: Belongings) -> "array[int]":
    """The numbers of the rows, in order."""
    numbers: set[int] = set()
    for kind, ids in _subjects(subject, found):
        for some in slices(ids):
            numbers.update(_of(kind, some))
    return array("q", sorted(numbers))


def _subjects(subject: Subject, found: Belongings) -> Iterator[tuple[str, Sequence[Any]]]:
    """What acts were done on, as the log calls it."""
    yield from found.audited.items()
    yield "submission", found.submissions
    yield "entry", found.entries
    yield "delivery", found.deliveries
    yield "gate", found.gates
    yield "errand", sorted(found.errands)
    yield "deletion", found.deletions
    if subject.kind == ISSUE:
        yield "issue", [subject.ident]
    if subject.kind == DELETION and subject.cleanup is not None:
        yield "cleanup", [subject.cleanup.pk]
        yield "cleanuprule", [subject.cleanup.rule_id] if subject.cleanup.rule_id else []


def _of(kind: str, ids: Sequence[object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_OF, [kind, [str(one) for one in ids], list(_LEFT_OUT)])
        return [pk for (pk,) in cursor.fetchall()]


def _lines(numbers: "array[int]", tally: Tally) -> Iterator[bytes]:
    told = tally.table("Audit log", "Position", "Row", "When", "What", "From", "On")
    for some in slices(numbers):
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, [some])
            rows = cursor.fetchall()
        for place, key_id, before, mac, *columns in rows:
            row = chain.named(columns)
            _tell(told, place, row)
            if place is None:
                tally.unchained += 1
                yield _line({"line": "unchained", **row})
            else:
                sealed = {"mac_before": before, "key_id": key_id, "mac": mac}
                yield _line({"line": "row", "position": place, **row, **sealed})


def _line(row: dict[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def _tell(told: Table, place: int | None, row: dict[str, Any]) -> None:
    said = acts.sentence(row["act"], actor=row["actor"], subject=row["subject"], site=row["site"])
    told.add(
        place or "not chained yet",
        row["id"],
        row["at"].replace("T", " ").replace("Z", " UTC"),
        said,
        row["remote_address"],
        row["subject_kind"],
    )


_OF = """
SELECT id FROM audit_row WHERE subject_kind = %s AND subject_id = ANY(%s::text[]) AND act <> ALL(%s::text[])
"""
_ROWS = f"""
SELECT link.position, link.key_id, encode(coalesce(former.mac, decode(repeat('00', 32), 'hex')), 'hex'),
       encode(link.mac, 'hex'), {chain.AS_TEXTS}
FROM audit_row noted
LEFT JOIN audit_link link ON link.row_id = noted.id
LEFT JOIN audit_link former ON former.position = link.position - 1
WHERE noted.id = ANY(%s) ORDER BY noted.id
"""  # noqa: S608 (names of this project's own)
