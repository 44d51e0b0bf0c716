"""Secrets that somebody wrote into what they submitted: found by how they begin, and said, so that they are revoked.

Jira shows a description to everybody who may see the issue, so a key in one is no secret any more. Nothing is held
back for it: what looks like a key may be none, and a build that is not delivered helps nobody. The secret itself is
kept nowhere but in the bytes that it came in.
"""

import re
import uuid
from collections.abc import Iterator

from . import audit, secrecy
from .models import Exposure, Site

# At most so many are said of one submission: more tell nobody more.
MOST = 20


# How each begins, which is in every one of them, so that most bodies are searched for that alone.
_SHAPES = tuple(
    (shape.what, shape.begins.encode(), re.compile((re.escape(shape.begins) + shape.rest).encode()))
    for shape in secrecy.SHAPES
)


def find(body: bytes) -> list[tuple[str, int]]:
    """What looks like a secret, each with the byte that it begins at, in their order; `MOST` at most."""
    return sorted(_all(body), key=lambda found: found[1])[:MOST]


def _all(body: bytes) -> Iterator[tuple[str, int]]:
    for what, begins, pattern in _SHAPES:
        if begins in body:
            for found in pattern.finditer(body):
                # In the middle of a word it is none. Asked here, since a pattern that begins so is searched slowly.
                if not body[max(found.start() - 1, 0) : found.start()].isalnum():
                    yield what, found.start()


def keep(found: list[tuple[str, int]], submission_id: uuid.UUID, site: Site | None) -> None:
    """Say of a submission what it exposes, in the transaction that writes it down."""
    if not found:
        return
    Exposure.objects.bulk_create(Exposure(submission_id=submission_id, what=what, at_byte=at) for what, at in found)
    names = sorted({what for what, _ in found})
    audit.note("secret.exposed", on=("submission", submission_id, str(submission_id)), site=site, after={"what": names})
