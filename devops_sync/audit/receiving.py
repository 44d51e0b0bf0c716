"""Noting that a submission was received: within the statement that writes it, since every request does it."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from ..models import Site
from . import content, noting
from .acting import Actor


def received(
    submission: uuid.UUID,
    *,
    by: Actor,
    site: Site | None,
    at: dt.datetime,
    path: str,
    size: int,
    sha256: bytes | None,
    entries: int = 0,
    refused: int = 0,
    status: int = 202,
    refusal: str = "",
) -> dict[str, Any]:
    """The values that `noting.PARTS` needs. Of what was sent there is the hash, nothing else.

    What `noting.columns` would look through for secrets is put together here: of the texts only those of the sender.
    """
    after = {"entries": entries, "path": content.line(path), "refused": refused}
    if refusal:
        after["refusal"] = content.line(refusal)
    after |= {"sha256": sha256.hex() if sha256 is not None else None, "size": size, "status": status}
    number = str(submission)
    return {
        **noting.of_actor(by),
        "note_at": at,
        "note_act": "submission.received",
        "note_site_id": site.pk if site else None,
        "note_site": site.slug if site else "",
        "note_subject_kind": "submission",
        "note_subject_id": number,
        "note_subject": number,
        "note_before": "",
        "note_after": msgspec.json.encode(after).decode(),
    }
