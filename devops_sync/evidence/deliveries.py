"""What went out: each request to Jira that carried any of it, and Jira's answer, byte by byte."""

from collections.abc import Iterator
from typing import Any

from ..models import Delivery
from . import wording
from .archive import Archive, Said
from .collecting import Belongings, slices
from .redactions import Redactions
from .tally import Tally

_AT_ONCE = 16


def write(archive: Archive, found: Belongings, tally: Tally, redactions: Redactions) -> Iterator[bytes]:
    told = tally.table("Requests to Jira", "Delivery", "Sent", "Request", "Jira answered", "At", "SHA-256 as sent")
    for some in slices(found.deliveries, _AT_ONCE):
        redacted = redactions.look("delivery", some)
        for one in Delivery.objects.filter(pk__in=some).select_related("lane__site").order_by("pk"):
            sha256 = wording.digest(one.request_sha256)
            answer = one.status_word if one.status else one.failure or "nothing yet"
            told.add(
                *(one.pk, wording.told(one.started_at), f"{one.method} {one.url}", answer),
                *(wording.told(one.finished_at), sha256),
            )
            yield from _files(archive, one, redacted.get(str(one.pk), set()))


def _files(archive: Archive, one: Delivery, redacted: set[str]) -> Iterator[bytes]:
    folder = f"deliveries/{one.pk}"
    said = Said(one.request_sha256, "request_body" in redacted)
    yield from archive.add(f"{folder}/request.bin", bytes(one.request_body), said)
    yield from archive.add(f"{folder}/request.json", wording.page(_request(one)))
    if one.response_body is not None:
        yield from archive.add(f"{folder}/answer.bin", bytes(one.response_body))
    if one.finished_at is not None:
        yield from archive.add(f"{folder}/answer.json", wording.page(_answer(one)))


def _request(one: Delivery) -> dict[str, Any]:
    return {
        "delivery": one.pk,
        "site": one.lane.site.slug,
        "lane": str(one.lane),
        "method": one.method,
        "url": one.url,
        "headers": one.request_headers,
        "sha256": wording.digest(one.request_sha256),
        "started_at": wording.instant(one.started_at),
        "entries": one.entry_ids,
        "deletion": one.deletion_id,
    }


def _answer(one: Delivery) -> dict[str, Any]:
    return {
        "delivery": one.pk,
        "status": one.status,
        "headers": one.response_headers,
        "finished_at": wording.instant(one.finished_at),
        "failure": one.failure,
        "verdict": one.verdict,
    }
