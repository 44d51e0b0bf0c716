"""What a deletion took, as it once came: `deletion/received.ndjson` has the bytes of each submission, each once.

One file of lines rather than a file each: there may be a million, and a zip remembers each of its files to the end.
"""

import uuid
from collections.abc import Iterator, Sequence

from ..models import Submission
from . import wording
from .collecting import slices
from .redactions import Redactions

NAME = "deletion/received.ndjson"
# Bodies are held so many at a time.
_AT_ONCE = 16


class Received:
    """The submissions by which came what was written, noted while it is; about 100 bytes are held for each."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, None] = {}

    def note(self, submissions: Sequence[uuid.UUID]) -> None:
        self._numbers.update(dict.fromkeys(submission.bytes for submission in submissions))

    def lines(self, redactions: Redactions) -> Iterator[bytes]:
        """A line for each, in the order in which they were noted, with its bytes and what the ledger said of them."""
        for some in slices(list(self._numbers), _AT_ONCE):
            numbers = [uuid.UUID(bytes=number) for number in some]
            redacted = redactions.look("submission", numbers)
            found = Submission.objects.select_related("site").in_bulk(numbers)
            for one in (found[number] for number in numbers if number in found):
                yield wording.lines(
                    {
                        "submission": str(one.pk),
                        "sender": one.sender,
                        "received_at": wording.instant(one.received_at),
                        "path": one.path,
                        "size": one.size,
                        "ledger_sha256": wording.digest(one.sha256),
                        "redacted": "raw" in redacted.get(str(one.pk), set()),
                        **(wording.text(bytes(one.raw)) if one.raw is not None else {"body": None}),
                    }
                )
