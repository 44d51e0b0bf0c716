"""Where a deployment is: what is known of its way to Jira, worked out from facts that each have a time."""

import datetime as dt
from dataclasses import dataclass

from devops_sync.models import Confirmation, Delivery, Deployment, Entry
from devops_sync.models.lane import Lane

Outcome = Entry.Outcome
MOST_TRIES = 20
MOST_READINGS = 10


@dataclass(frozen=True)
class Whereabouts:
    """The facts of one version. `case` names the sentence that answers "where is it?"."""

    entry: Entry
    lane: Lane | None
    tries: list[Delivery]
    readings: list[Confirmation]
    now: dt.datetime

    @property
    def case(self) -> str:
        entry, lane = self.entry, self.lane
        if entry.outcome == Outcome.ACCEPTED:
            is_known = entry.read_back not in (Entry.ReadBack.NOT_READ, Entry.ReadBack.NOT_TOLD)
            return str(entry.read_back) if is_known else "accepted"
        if entry.outcome != Outcome.WAITING:
            return str(entry.outcome)
        if self.is_under_way:
            return "sent"
        if lane is not None and lane.held_at is not None:
            return "held"
        return "asleep" if lane is not None and lane.wake_at is not None and lane.wake_at > self.now else "waiting"

    @property
    def delivery(self) -> Delivery | None:
        """The request that settled it, or the one that is under way."""
        if self.entry.delivery_id:
            return next((one for one in self.tries if one.pk == self.entry.delivery_id), self.entry.delivery)
        return self.tries[0] if self.is_under_way else None

    @property
    def is_under_way(self) -> bool:
        """The latest request that had it in it was not answered yet. One without an answer after a minute is lost."""
        return bool(
            self.entry.outcome == Outcome.WAITING
            and self.tries
            and self.tries[0].finished_at is None
            and self.now - self.tries[0].started_at < dt.timedelta(minutes=1)
        )

    @property
    def failed_tries(self) -> list[Delivery]:
        """Those before the one that settled it, the latest first."""
        settled = self.delivery
        return [one for one in self.tries if settled is None or one.pk != settled.pk]

    @property
    def others_with_it(self) -> int:
        return len(self.delivery.entry_ids) - 1 if self.delivery else 0

    @property
    def waited(self) -> dt.timedelta | None:
        return self.delivery.started_at - self.entry.submission.validated_at if self.delivery else None

    @property
    def took_in_all(self) -> dt.timedelta | None:
        """From receipt to the outcome."""
        return self.entry.outcome_at - self.entry.submission.received_at if self.entry.outcome_at else None

    @property
    def reading(self) -> Confirmation | None:
        """The read-back that is under way."""
        return next((one for one in self.readings if one.answered_at is None), None)

    @property
    def last_reading(self) -> Confirmation | None:
        """The latest that came back."""
        return next((one for one in self.readings if one.answered_at is not None), None)

    @property
    def read_after(self) -> dt.timedelta | None:
        """From Jira's answer to what was read back last."""
        entry = self.entry
        return entry.read_back_at - entry.outcome_at if entry.read_back_at and entry.outcome_at else None

    @property
    def follows_every(self) -> float | None:
        """Seconds until it is worth asking again, None when nothing moves."""
        if self.reading or self.case in ("waiting", "sent"):
            return 1
        return {"asleep": 2, "held": 5}.get(self.case)


def of(entry: Entry, now: dt.datetime, *, with_bodies: bool) -> Whereabouts:
    """Read what became of an entry that was read with its submission and lane. Two queries."""
    tries: list[Delivery] = []
    if entry.lane_id:
        until = entry.outcome_at or now
        carrying = Delivery.objects.carrying(entry, until).order_by("-started_at")
        tries = list(carrying.defer(*(() if with_bodies else ("request_body", "response_body")))[:MOST_TRIES])
    readings = entry.confirmations.select_related("user").order_by("-pk")
    return Whereabouts(
        entry,
        entry.lane,
        tries,
        list((readings if with_bodies else readings.defer("body"))[:MOST_READINGS]),
        now,
    )


@dataclass(frozen=True)
class Elsewhere:
    """The same label in one environment."""

    latest: Deployment
    tries: int
    is_here: bool


def elsewhere(deployment: Deployment) -> list[Elsewhere]:
    """Where the same label of the pipeline went, in the order of environments, the latest try in each."""
    found: dict[str, list[Deployment]] = {}
    for one in Deployment.objects.named_like(deployment).order_by("-number")[:200]:
        found.setdefault(one.environment_id, []).append(one)
    types = ("development", "testing", "staging", "production", "unmapped")
    latest = [
        Elsewhere(group[0], len(group), group[0].environment_id == deployment.environment_id)
        for group in found.values()
    ]
    return sorted(latest, key=lambda one: (types.index(one.latest.environment_type), one.latest.environment_name))
