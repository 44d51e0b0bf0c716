"""How far an errand is, told from the entries and read-backs that it made."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from ..models import Confirmation, Entry, Errand


@dataclass(frozen=True)
class Progress:
    """What became of an errand's entries so far. `by_result` has outcomes, or the results of read-backs."""

    purpose: str
    total: int
    passed_over: int
    by_result: Mapping[str, int]

    @property
    def handled(self) -> int:
        """How many had their turn: they were put into a lane, asked for, or passed over."""
        return sum(self.by_result.values()) + self.passed_over

    @property
    def waiting(self) -> int:
        """How many had their turn and still wait, for Jira or to be read."""
        waits = Entry.Outcome.WAITING if self.purpose == Errand.Purpose.RESEND else Confirmation.Result.UNANSWERED
        return self.by_result.get(waits, 0)

    @property
    def settled(self) -> int:
        """How many are at their end."""
        return self.handled - self.waiting

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return self.settled / self.total if self.total else 1.0

    @property
    def accepted(self) -> int:
        return self.by_result.get(Entry.Outcome.ACCEPTED, 0)

    @property
    def rejected(self) -> int:
        return self.by_result.get(Entry.Outcome.REJECTED, 0)

    @property
    def superseded(self) -> int:
        return self.by_result.get(Entry.Outcome.SUPERSEDED, 0)

    @property
    def withdrawn(self) -> int:
        return self.by_result.get(Entry.Outcome.WITHDRAWN, 0)

    @property
    def confirmed(self) -> int:
        return self.by_result.get(Confirmation.Result.CONFIRMED, 0)

    @property
    def missing(self) -> int:
        return self.by_result.get(Confirmation.Result.MISSING, 0)

    @property
    def different(self) -> int:
        return self.by_result.get(Confirmation.Result.DIFFERENT, 0)

    @property
    def not_told(self) -> int:
        return self.by_result.get(Confirmation.Result.NOT_TOLD, 0)


def progress(errand: Errand) -> Progress:
    """How far it is now. It counts what the errand made so far."""
    by_result: dict[str, int]
    if errand.purpose == Errand.Purpose.RESEND:
        entries = Entry.objects.filter(submission__errand=errand).order_by()
        by_result = dict(entries.values_list("outcome").annotate(Count("pk")))
    else:
        asked = Confirmation.objects.filter(errand=errand).order_by()
        by_result = dict(asked.values_list("result").annotate(Count("pk")))
    passed_over = Errand.objects.values_list("passed_over", flat=True).get(pk=errand.pk)
    return Progress(errand.purpose, errand.total, passed_over, by_result)
