"""What the audit log can be filtered by: one's sites, the act, who, on what, when, from where, and a text."""

import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from devops_sync.audit.acts import ACTS
from devops_sync.models import AuditRow
from devops_sync.models.audit import RECEIVED, AuditRowQuerySet

from . import audit_subjects
from .filters import DatedFilters

# The groups of acts, by the first part of their names.
GROUPS: Mapping[str, str] = {
    "session": "Sessions",
    "submission": "Submissions",
    "secret": "Submissions",
    "raw": "Reading and exporting",
    "export": "Reading and exporting",
    "evidence": "Reading and exporting",
    "audit": "Reading and exporting",
    "correction": "Resends and checks",
    "errand": "Resends and checks",
    "readback": "Resends and checks",
    "gate": "Resends and checks",
    "lane": "Resends and checks",
    "deletion": "Deletions",
    "deletion_rule": "Deletions",
    "site": "Sites and tokens",
    "token": "Sites and tokens",
    "user": "People",
    "grant": "People",
    "view": "Other",
    "settings": "Other",
    "retirement": "Other",
}


def word(act: str) -> str:
    """An act in a pick list, such as "deletion confirmed"."""
    return act.replace(".", " ").replace("_", " ")


def grouped() -> list[tuple[str, list[tuple[str, str]]]]:
    """The acts that can be picked, by group."""
    found: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS.values()}
    for name in ACTS:
        found.setdefault(GROUPS.get(name.partition(".")[0], "Other"), []).append((name, word(name)))
    return list(found.items())


@dataclass
class AuditFilters(DatedFilters):
    acts: list[str] = field(default_factory=list)
    actors: list[str] = field(default_factory=list)
    actor_kinds: list[str] = field(default_factory=list)
    subjects: list[audit_subjects.Thing] = field(default_factory=list)
    address: str = ""
    q: str = ""

    def read(self) -> None:
        self.q = self.text("q")
        if self.q:
            self.chip("q", self.q)
        self.acts = self.choices("act", [(name, word(name)) for name in ACTS], "act")
        self.actors = self.named("actor")
        self.actor_kinds = self.choices("actor_kind", AuditRow.ActorKind.choices, "kind of actor")
        self._read_subjects()
        self._read_address()
        self.read_days()

    def _read_subjects(self) -> None:
        for text in self.texts("subject"):
            thing = audit_subjects.read(text)
            if thing is None:
                self.problems.append(f"“{text}” names nothing. It is written as kind:number, such as deployment:12.")
            else:
                self.subjects.append(thing)
                self.chip("subject", text, said=audit_subjects.named(thing))

    def _read_address(self) -> None:
        text = self.text("address")
        try:
            self.address = str(ipaddress.ip_address(text)) if text else ""
        except ValueError:
            self.problems.append(f"“{text}” is no address. It is written as 192.0.2.7 or 2001:db8::7.")
        if self.address:
            self.chip("address", text)

    def apply(self, *, is_everywhere: bool) -> AuditRowQuerySet:
        """The rows that match. `is_everywhere`: also those of no site, as long as none is picked."""
        rows = AuditRow.objects.all()
        if self.site is not None or not is_everywhere:
            rows = rows.of(self.sites)
        if self.acts:
            rows = rows.filter(act__in=self.acts)
        if self.acts and RECEIVED not in self.acts:
            # Said once more, so that the index of what is rare is seen to serve.
            rows = rows.exclude(act=RECEIVED)
        if self.actors:
            rows = rows.filter(actor__in=self.actors)
        rows = self._of_kinds(rows)
        if self.subjects:
            rows = rows.on([one for thing in self.subjects for one in audit_subjects.with_all(thing)])
        if self.address:
            rows = rows.filter(remote_address=self.address)
        if self.start:
            rows = rows.filter(at__gte=self.start)
        if self.end:
            rows = rows.filter(at__lt=self.end)
        return self._saying(rows) if self.q else rows

    def _of_kinds(self, rows: AuditRowQuerySet) -> AuditRowQuerySet:
        if not self.actor_kinds:
            return rows
        rows = rows.filter(actor_kind__in=self.actor_kinds)
        return rows if AuditRow.ActorKind.TOKEN in self.actor_kinds else rows.exclude(actor_kind="token")

    def _saying(self, rows: AuditRowQuerySet) -> AuditRowQuerySet:
        """A submission's id finds all that happened to it; any other text what says it."""
        try:
            number = str(uuid.UUID(self.q)) if len(self.q) == 36 else ""
        except ValueError:
            number = ""
        if number:
            return rows.filter(Q(subject_kind="submission", subject_id=number))
        return rows.saying(self.q)

    @property
    def subject_texts(self) -> Sequence[str]:
        return [f"{kind}:{number}" for kind, number in self.subjects]
