"""The gate of a deployment as its page tells it: what Jira said last, when, and whether it is asked again."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from devops_sync.models import Deployment, Gate, GateReading
from devops_sync.models.place import Latest

MOST_READINGS = 20
# status as Jira says it: icon, word, tone
_STATUSES = {
    "awaiting": ("awaiting", "awaiting approval", "warn"),
    "allowed": ("allowed", "allowed", "good"),
    "prevented": ("prevented", "prevented", "bad"),
    "expired": ("expired", "expired", "bad"),
    "invalid": ("invalid", "invalid", "bad"),
}
_ENDS = {
    Gate.Stop.LEFT_PENDING: "The deployment is no longer pending, so Jira is not asked any more.",
    Gate.Stop.NOT_AVAILABLE: "Gating status is not available with this credential.",
    Gate.Stop.NEVER_FOUND: "Jira did not know of this gate for an hour, so it is not asked any more.",
}


@dataclass(frozen=True)
class Said:
    """What Jira says of a gate, as it is drawn. `is_open` while it may still be decided."""

    icon: str
    word: str
    tone: str
    is_open: bool = True

    @property
    def ink(self) -> str:
        return "good-ink" if self.tone == "good" else ""

    @property
    def is_allowed(self) -> bool:
        return self.word == Gate.ALLOWED

    @property
    def chip(self) -> str:
        """As a row says it."""
        return "Awaiting gate" if self.is_awaiting else f"Gate {self.word}"

    @property
    def is_awaiting(self) -> bool:
        return self.word in (NOTHING.word, _STATUSES["awaiting"][1])


@dataclass(frozen=True)
class Shown:
    """A gate with its last answers, the latest first."""

    gate: Gate
    readings: list[GateReading]
    may_refresh: bool

    @property
    def said(self) -> "Said":
        return _read(self.gate)

    @property
    def end(self) -> str:
        """Why Jira is not asked any more, where that is not plain from the status."""
        return _ENDS.get(Gate.Stop(self.gate.stop), "")

    @property
    def pause(self) -> dt.timedelta | None:
        """How long it takes until Jira is asked again, while it is."""
        if self.gate.stopped_at or not self.gate.read_at:
            return None
        return self.gate.due_at - self.gate.read_at


NOTHING = Said("awaiting", "not known yet", "warn")


def said(deployments: Iterable[Deployment | Latest]) -> dict[int, Said]:
    """What Jira says of the gates that these deployments wait at, by the deployment's id. One query."""
    gated = {(one.site_id, one.key): one.pk for one in deployments if one.is_gated}
    if not gated:
        return {}
    found = {(gate.site_id, gate.key): _read(gate) for gate in Gate.objects.of_keys(gated).defer("details")}
    return {pk: found.get(place, NOTHING) for place, pk in gated.items()}


def _read(gate: Gate) -> Said:
    """Only Jira's own "allowed" is drawn as such; a status that nobody has heard of is shown as itself."""
    if gate.status:
        icon, word, tone = _STATUSES.get(gate.status, ("unknown", f"“{gate.status}”", "warn"))
        return Said(icon, word, tone, is_open=gate.status not in Gate.FINAL)
    return Said("awaiting", "not available", "warn") if gate.stop == Gate.Stop.NOT_AVAILABLE else NOTHING


def of(deployment: Deployment, *, may_refresh: bool) -> Shown | None:
    """The gate that the deployment asked for, if it did and Jira took it."""
    gate = Gate.objects.of_key(deployment.site_id, deployment.key).first()
    if gate is None:
        return None
    return Shown(gate, list(gate.readings.order_by("-id")[:MOST_READINGS]), may_refresh)
