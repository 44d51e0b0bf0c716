"""Deletions: the requests by which things went, and of a whole deletion its report, what it took and its proof."""

import hashlib
from collections.abc import Iterator
from typing import Any

from ..cleanups import entities
from ..jira import keys
from ..models import Cleanup, CleanupPart, Deletion, ProofReading, Submission
from . import wording
from .archive import Archive, Said
from .collecting import Belongings, slices
from .received import NAME, Received
from .redactions import Redactions
from .tally import Tally

_AT_ONCE = 50


def write(archive: Archive, found: Belongings, tally: Tally) -> Iterator[bytes]:
    """The deletions that reached what this is about."""
    if found.deletions:
        yield from archive.stream("deletions.ndjson", _requests(found, tally))


def write_whole(archive: Archive, cleanup: Cleanup, tally: Tally, redactions: Redactions) -> Iterator[bytes]:
    """One deletion: its report as it was sealed, how it went, what it took and how that came, what proves it."""
    if cleanup.report is not None:
        yield from archive.add("deletion/report.json", bytes(cleanup.report), Said(cleanup.report_sha256))
    yield from archive.add("deletion/deletion.json", wording.page(_facts(cleanup)))
    yield from archive.stream("deletion/parts.ndjson", _parts(cleanup))
    received = Received()
    yield from archive.stream("deletion/entities.ndjson", _entities(cleanup, tally, received))
    yield from archive.stream(NAME, received.lines(redactions))
    yield from _proof(archive, cleanup, tally)


def _requests(found: Belongings, tally: Tally) -> Iterator[bytes]:
    told = tally.table("Deletions", "Deletion", "Asked", "By", "What", "Became", "At")
    for some in slices(found.deletions, _AT_ONCE):
        rows = Deletion.objects.filter(pk__in=some).select_related("site", "token", "user", "part")
        for one in rows.order_by("pk"):
            part: CleanupPart | None = getattr(one, "part", None)
            what = f"{one.kind.replace('_', ' ')} {keys.words(one.key)}" if one.kind else f"by {one.properties}"
            told.add(
                *(f"{one.pk}" + (f", of deletion {part.cleanup_id}" if part else ""), wording.told(one.received_at)),
                *(one.sender, f"{one.api}: {what}", one.get_outcome_display(), wording.told(one.outcome_at)),
            )
            yield wording.lines(_request(one, part))


def _request(one: Deletion, part: CleanupPart | None) -> dict[str, Any]:
    return {
        "request": one.pk,
        "deletion": part.cleanup_id if part else None,
        "site": one.site.slug,
        "sender": one.sender,
        "remote_address": one.remote_address,
        "api": one.api,
        "received_at": wording.instant(one.received_at),
        "kind": one.kind or None,
        "key": one.key or None,
        "properties": one.properties,
        "until_sequence": one.until_sequence,
        "marked": one.marked_count,
        "withdrawn": one.withdrawn_count,
        "outcome": one.outcome,
        "outcome_at": wording.instant(one.outcome_at),
        "errors": one.errors,
    }


def _facts(one: Cleanup) -> dict[str, Any]:
    return {
        "deletion": one.pk,
        "site": one.site.slug,
        "state": one.state,
        "origin": one.origin,
        "what": one.what,
        "apis": one.apis,
        "properties": one.properties,
        "until_sequence": one.until_sequence,
        "asked_by": one.sender,
        "asked_at": wording.instant(one.asked_at),
        "remote_address": one.remote_address,
        "previewed_at": wording.instant(one.previewed_at),
        "preview": one.preview,
        "total": one.total,
        "fingerprint": one.fingerprint,
        "reason": one.reason,
        "confirmed_at": wording.instant(one.confirmed_at),
        "confirmed_by": one.confirmed_by.get_username() if one.confirmed_by else None,
        "needs_approval": one.needs_approval,
        "approved_at": wording.instant(one.approved_at),
        "approved_by": one.approved_by.get_username() if one.approved_by else None,
        "starts_at": wording.instant(one.starts_at),
        "started_at": wording.instant(one.started_at),
        "asked_all_at": wording.instant(one.asked_all_at),
        "finished_at": wording.instant(one.finished_at),
        "stopped_for": one.stopped_for,
        "history": one.history,
        "report_sha256": wording.digest(one.report_sha256),
    }


def _parts(cleanup: Cleanup) -> Iterator[bytes]:
    for one in cleanup.parts.order_by("position").iterator(_AT_ONCE):
        yield wording.lines(
            {
                "position": one.position,
                "api": one.api,
                "kind": one.kind or None,
                "key": one.key or None,
                "previewed": one.total,
                "marked": one.marked,
                "withdrawn": one.withdrawn,
                "state": one.state,
                "marked_at": wording.instant(one.stamp),
                "request": one.deletion_id,
            }
        )


def _entities(cleanup: Cleanup, tally: Tally, received: Received) -> Iterator[bytes]:
    """Each entity with its version as it was sent, and the hash of the bytes in which that came."""
    told = tally.table("What it deletes", "Kind", "Key", "Sequence", "Deleted", "Submission", "SHA-256 as received")
    for kind, rows in entities.slices(cleanup):
        came = [row.entry.submission_id for row in rows]
        received.note(came)
        digests = dict(Submission.objects.filter(pk__in=set(came)).values_list("pk", "sha256"))
        for row in rows:
            sha256 = wording.digest(digests.get(row.entry.submission_id))
            deleted_at = wording.instant(row.deleted_at)
            told.add(
                *(kind.name.replace("_", " "), keys.words(row.entry.key), row.sequence, wording.told(row.deleted_at)),
                *(row.entry.submission_id, sha256),
            )
            yield wording.lines(
                {
                    "kind": kind.name,
                    "number": row.pk,
                    "key": row.entry.key,
                    "sequence": row.sequence,
                    "properties": row.property_set.pairs,
                    "deleted_at": deleted_at,
                    "entry": row.entry_id,
                    "payload": row.entry.payload,
                    "submission": str(row.entry.submission_id),
                    "submission_sha256": sha256,
                }
            )


def _proof(archive: Archive, cleanup: Cleanup, tally: Tally) -> Iterator[bytes]:
    told = tally.table("Proof", "Question", "Of", "Last answered", "Tries", "Jira answered", "Found")
    for one in cleanup.readings.order_by("position").iterator(_AT_ONCE):
        what = f"{one.kind.replace('_', ' ')} {keys.words(one.key)}" if one.kind else f"all of {one.api} with these"
        told.add(
            *(one.position, what, wording.told(one.answered_at), one.tries),
            *(one.status or one.failure, one.get_result_display()),
        )
        folder = f"readbacks/proof-{one.position}"
        yield from archive.add(f"{folder}/readback.json", wording.page(_reading(one)))
        if one.answered_at is not None or one.body:
            yield from archive.add(f"{folder}/answer.bin", bytes(one.body))


def _reading(one: ProofReading) -> dict[str, Any]:
    return {
        "position": one.position,
        "api": one.api,
        "kind": one.kind or None,
        "key": one.key or None,
        "url": one.url,
        "status": one.status,
        "sha256": hashlib.sha256(bytes(one.body)).hexdigest(),
        "failure": one.failure,
        "result": one.result,
        "tries": one.tries,
        "answered_at": wording.instant(one.answered_at),
        "answers": one.answers,
    }
