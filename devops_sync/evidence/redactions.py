"""What was redacted stays redacted: `redactions.ndjson` has the notes that say so, with the hashes before and after."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from ..models import Redaction
from . import wording
from .archive import Archive
from .collecting import slices
from .tally import Tally


class Redactions:
    """The notes of the records that were written, found while they are."""

    def __init__(self) -> None:
        self._numbers = array("q")

    def look(self, record: str, numbers: Sequence[Any]) -> dict[str, set[str]]:
        """Which columns of these records were redacted, by their numbers."""
        found: dict[str, set[str]] = {}
        notes = Redaction.objects.filter(record=record, number__in=[str(number) for number in numbers])
        for pk, number, column in notes.values_list("pk", "number", "column"):
            self._numbers.append(pk)
            found.setdefault(number, set()).add(column)
        return found

    def of_cleanup(self, cleanup: int) -> None:
        """Those that a deletion itself made."""
        self._numbers.extend(Redaction.objects.filter(cleanup=cleanup).values_list("pk", flat=True).iterator())

    def write(self, archive: Archive, tally: Tally) -> Iterator[bytes]:
        tally.redactions = len(self._numbers)
        if self._numbers:
            yield from archive.stream("redactions.ndjson", self._lines())

    def _lines(self) -> Iterator[bytes]:
        for some in slices(array("q", sorted(set(self._numbers)))):
            for one in Redaction.objects.filter(pk__in=some).order_by("pk"):
                yield wording.lines(
                    {
                        "redaction": one.pk,
                        "deletion": one.cleanup_id,
                        "record": one.record,
                        "number": one.number,
                        "column": one.column,
                        "fields": one.fields,
                        "sha256_before": wording.digest(one.sha256_before),
                        "sha256_after": wording.digest(one.sha256_after),
                        "at": wording.instant(one.redacted_at),
                    }
                )
