"""What came in: of each submission the bytes as received, the head of the request, and what it was answered."""

import hashlib
from collections.abc import Iterator
from typing import Any

from .. import answered
from ..models import Submission
from . import wording
from .archive import Archive, Said
from .collecting import Belongings, slices
from .redactions import Redactions
from .tally import Tally

# Bodies are held so many at a time.
_AT_ONCE = 16


def write(archive: Archive, found: Belongings, tally: Tally, redactions: Redactions) -> Iterator[bytes]:
    told = tally.table("Submissions", "Submission", "Received", "From", "Answered", "Bytes", "SHA-256 as received")
    for some in slices(found.submissions, _AT_ONCE):
        redacted = redactions.look("submission", some)
        rows = Submission.objects.filter(pk__in=some).select_related("site", "token", "user")
        for one in rows.order_by("pk"):
            sha256 = wording.digest(one.sha256)
            told.add(one.pk, wording.told(one.received_at), one.sender, one.status, one.size, sha256)
            yield from _files(archive, one, redacted.get(str(one.pk), set()))


def _files(archive: Archive, one: Submission, redacted: set[str]) -> Iterator[bytes]:
    folder = f"submissions/{one.pk}"
    if one.raw is not None:
        yield from archive.add(f"{folder}/body.bin", bytes(one.raw), Said(one.sha256, "raw" in redacted))
    yield from archive.add(f"{folder}/head.json", wording.page(_facts(one)))
    answer = answered.to(one)
    if answer is not None:
        said = {"status": answer.status, "headers": answer.headers, **wording.text(answer.body)}
        said["sha256"] = hashlib.sha256(answer.body).hexdigest()
        yield from archive.add(f"{folder}/answer.json", wording.page(said))


def _facts(one: Submission) -> dict[str, Any]:
    return {
        "submission": str(one.pk),
        "site": one.site.slug if one.site else None,
        "sender": one.sender,
        "sender_is": "token" if one.token_id else "person" if one.user_id else None,
        "remote_address": one.remote_address,
        "api": one.api,
        "path": one.path,
        "request": one.head,
        "received_at": wording.instant(one.received_at),
        "validated_at": wording.instant(one.validated_at),
        "size": one.size,
        "sha256": wording.digest(one.sha256),
        "status": one.status,
        "refusal": one.refusal,
        "purpose": one.purpose or "received",
        "errand": one.errand_id,
        "entities": one.entry_count,
        "refused_entities": one.refused_count,
    }
