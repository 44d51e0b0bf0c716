"""Secrets that somebody wrote into what they submitted: found by how they begin, and said, so that they are revoked.

Jira shows a description to everybody who may see the issue, so a key in one is no secret any more. Nothing is held
back for it: what looks like a key may be none, and a build that is not delivered helps nobody. The secret itself is
kept nowhere but in the bytes that it came in.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from . import audit
from .models import Exposure, Site
from .models.site import BEARER_PREFIX, SECRET_PREFIX

# At most so many are said of one submission: more tell nobody more.
MOST = 20


@dataclass(frozen=True)
class Shape:
    """How one sort of secret looks. `begins` is in every one of them, so that most bodies are searched for it alone."""

    what: str
    begins: bytes
    pattern: re.Pattern[bytes]


def _shape(what: str, begins: str, rest: str) -> Shape:
    return Shape(what, begins.encode(), re.compile(re.escape(begins.encode()) + rest.encode()))


# As their makers document them: GitHub's and GitLab's token prefixes, AWS's unique identifiers, Slack's token types,
# Atlassian's API tokens, Google's API keys, npm's and PyPI's tokens, Stripe's live keys, PEM's private keys.
SHAPES = (
    _shape("a secret of Waybill", SECRET_PREFIX, r"[A-Za-z0-9_-]{40,}"),
    _shape("a token of Waybill", BEARER_PREFIX, r"[A-Za-z0-9_-]{40,}"),
    *(_shape("a GitHub token", f"gh{sort}_", r"[A-Za-z0-9]{36,}") for sort in "pousr"),
    _shape("a GitHub token", "github_pat_", r"[A-Za-z0-9_]{50,}"),
    _shape("a GitLab token", "glpat-", r"[A-Za-z0-9_-]{20,}"),
    _shape("an Atlassian API token", "ATATT3", r"[A-Za-z0-9_=-]{60,}"),
    _shape("an AWS access key", "AKIA", r"[A-Z0-9]{16}(?![A-Z0-9])"),
    _shape("a Slack token", "xox", r"[abeprs]-[A-Za-z0-9-]{20,}"),
    _shape("a Google API key", "AIza", r"[A-Za-z0-9_-]{35}"),
    _shape("an npm token", "npm_", r"[A-Za-z0-9]{36}"),
    _shape("a PyPI token", "pypi-", r"AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    _shape("a Stripe key", "sk_live_", r"[A-Za-z0-9]{20,}"),
    _shape("a private key", "-----BEGIN ", r"(?:[A-Z]+ )*PRIVATE KEY-----"),
)


def find(body: bytes) -> list[tuple[str, int]]:
    """What looks like a secret, each with the byte that it begins at, in their order; `MOST` at most."""
    return sorted(_all(body), key=lambda found: found[1])[:MOST]


def _all(body: bytes) -> Iterator[tuple[str, int]]:
    for shape in SHAPES:
        if shape.begins in body:
            for found in shape.pattern.finditer(body):
                # In the middle of a word it is none. Asked here, since a pattern that begins so is searched slowly.
                if not body[max(found.start() - 1, 0) : found.start()].isalnum():
                    yield shape.what, found.start()


def keep(found: list[tuple[str, int]], submission_id: uuid.UUID, site: Site | None) -> None:
    """Say of a submission what it exposes, in the transaction that writes it down."""
    if not found:
        return
    Exposure.objects.bulk_create(Exposure(submission_id=submission_id, what=what, at_byte=at) for what, at in found)
    names = sorted({what for what, _ in found})
    audit.note("secret.exposed", on=("submission", submission_id, str(submission_id)), site=site, after={"what": names})
