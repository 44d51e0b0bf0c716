"""How far what came in one submission, or went out in one delivery, has come: its entries' facts, summed up."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Q

from devops_sync.models import Entry
from devops_sync.models.submission import EntryQuerySet

_ANSWERED = Q(outcome__in=(Entry.Outcome.ACCEPTED, Entry.Outcome.REJECTED))
_READ = ~Q(read_back__in=(Entry.ReadBack.NOT_READ, Entry.ReadBack.NOT_TOLD))


@dataclass(frozen=True)
class Way:
    """Of some entries: how many are where, and when the first and the last came there."""

    waiting: int
    accepted: int
    rejected: int
    read: int
    confirmed: int
    deliveries: int
    first_delivery: int | None
    submissions: int
    received_at: dt.datetime | None
    sent_at: dt.datetime | None
    sent_last_at: dt.datetime | None
    answered_at: dt.datetime | None
    read_at: dt.datetime | None

    @property
    def answered(self) -> int:
        return self.accepted + self.rejected

    @property
    def adrift(self) -> int:
        """Those that Jira did not give back as they were sent."""
        return self.read - self.confirmed

    @property
    def answer_took(self) -> dt.timedelta | None:
        """From the first that was sent to the last answer."""
        return self.answered_at - self.sent_at if self.answered_at and self.sent_at else None

    @property
    def read_took(self) -> dt.timedelta | None:
        """From the last answer to the last reading."""
        return self.read_at - self.answered_at if self.read_at and self.answered_at else None


def of(entries: EntryQuerySet) -> Way:
    """One query."""
    facts: dict[str, Any] = entries.order_by().aggregate(
        waiting=Count("pk", filter=Q(outcome=Entry.Outcome.WAITING)),
        accepted=Count("pk", filter=Q(outcome=Entry.Outcome.ACCEPTED)),
        rejected=Count("pk", filter=Q(outcome=Entry.Outcome.REJECTED)),
        read=Count("pk", filter=_READ),
        confirmed=Count("pk", filter=Q(read_back=Entry.ReadBack.CONFIRMED)),
        deliveries=Count("delivery", distinct=True),
        first_delivery=Min("delivery"),
        submissions=Count("submission", distinct=True),
        received_at=Min("submission__received_at"),
        sent_at=Min("delivery__started_at"),
        sent_last_at=Max("delivery__started_at"),
        answered_at=Max("outcome_at", filter=_ANSWERED),
        read_at=Max("read_back_at", filter=_READ),
    )
    return Way(**facts)
