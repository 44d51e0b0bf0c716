"""Rows of the audit log as the pages show them: the sentence, what changed, and the place in the chain."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from devops_sync.audit import acts
from devops_sync.models import AuditCheckpoint, AuditLink, AuditPending, AuditRow

from . import audit_subjects

WAITING = 1000
VERIFIED = "audit.verified"


@dataclass(frozen=True)
class Change:
    """A field of what was before and after, each as it is written; empty where it was not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Shown:
    """A row, with its link in the chain. Without one it waits for its place, or `is_lost`: it has none at all."""

    row: AuditRow
    link: AuditLink | None
    is_lost: bool
    page: str
    actor_page: str

    @property
    def sentence(self) -> str:
        return sentence(self.row)

    @property
    def subject(self) -> str:
        """What it was done on, as a list says it: of an id that nobody reads its beginning."""
        return shortened(self.row)

    @property
    def said(self) -> str:
        """The sentence as a list says it."""
        return sentence(self.row, self.subject)

    @property
    def changes(self) -> list[Change]:
        return changes(self.row)


def shortened(row: AuditRow) -> str:
    return row.subject[:13] if row.subject_kind == "submission" else row.subject


def sentence(row: AuditRow, subject: str = "") -> str:
    """What happened; `subject` in place of what it was done on, where a list says that shorter."""
    return acts.sentence(row.act, actor=row.actor, subject=subject or row.subject, site=row.site)


def changes(row: AuditRow) -> list[Change]:
    """The fields that the act wrote down, those of before first."""
    before, after = _fields(row.before), _fields(row.after)
    names = [*before, *(name for name in after if name not in before)]
    return [Change(name, _said(before, name), _said(after, name)) for name in names]


def _fields(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {"": text}
    return found if isinstance(found, dict) else {"": found}


def _said(fields: dict[str, Any], name: str) -> str:
    if name not in fields:
        return ""
    value = fields[name]
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def places(rows: Iterable[AuditRow]) -> Mapping[int, AuditLink]:
    """The links of rows, by the rows' numbers."""
    return {link.row_id: link for link in AuditLink.objects.filter(row_id__in=[row.pk for row in rows])}


def lost(rows: Iterable[AuditRow], linked: Mapping[int, AuditLink]) -> set[int]:
    """Those of the rows that neither have a place in the chain nor wait for one."""
    unlinked = {row.pk for row in rows if row.pk not in linked}
    if not unlinked:
        return set()
    waiting = set(AuditPending.objects.filter(row_id__in=unlinked).values_list("row_id", flat=True))
    # Some may have got their places between the two questions.
    return unlinked - waiting - set(AuditLink.objects.filter(row_id__in=unlinked).values_list("row_id", flat=True))


def show(request: HttpRequest, rows: list[AuditRow]) -> list[Shown]:
    """The rows as they are drawn: with their places in the chain, and where they lead."""
    linked = places(rows)
    unplaced, links = lost(rows, linked), audit_subjects.links(request, rows)
    return [
        Shown(row, linked.get(row.pk), row.pk in unplaced, links.subjects.get(row.pk, ""), links.actors.get(row.pk, ""))
        for row in rows
    ]


@dataclass(frozen=True)
class Standing:
    """How the whole log stands: the end of its chain, what waits, and by when it was signed and verified."""

    last: AuditLink | None
    waiting: int
    checkpoint: AuditCheckpoint | None
    verified: AuditRow | None

    most = WAITING

    @property
    def rows(self) -> int:
        """How many rows have their place: places are given without gaps."""
        return self.last.position if self.last else 0

    @property
    def found(self) -> str:
        """What the last verification found, in a word or a sentence."""
        after = _fields(self.verified.after) if self.verified else {}
        return str(after.get("found", ""))


def standing() -> Standing:
    return Standing(
        AuditLink.objects.order_by("-position").first(),
        AuditPending.objects.all()[: WAITING + 1].count(),
        AuditCheckpoint.objects.order_by("-id").first(),
        AuditRow.objects.filter(act=VERIFIED).order_by("-at", "-id").first(),
    )
