"""The gate of a deployment as its page tells it: what Jira said last, when, and whether it is asked again."""

import datetime as dt
from dataclasses import dataclass

from devops_sync.models import Deployment, Gate, GateReading

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
class Shown:
    """A gate with its last answers, the latest first."""

    gate: Gate
    readings: list[GateReading]
    may_refresh: bool

    @property
    def icon(self) -> str:
        return self._drawn[0]

    @property
    def word(self) -> str:
        return self._drawn[1]

    @property
    def tone(self) -> str:
        return self._drawn[2]

    @property
    def ink(self) -> str:
        return "good-ink" if self.tone == "good" else ""

    @property
    def _drawn(self) -> tuple[str, str, str]:
        """A status that nobody has heard of is shown as itself."""
        if not self.gate.status:
            word = "not available" if self.gate.stop == Gate.Stop.NOT_AVAILABLE else "not known yet"
            return "awaiting", word, "warn"
        return _STATUSES.get(self.gate.status, ("unknown", f"“{self.gate.status}”", "warn"))

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


def of(deployment: Deployment, *, may_refresh: bool) -> Shown | None:
    """The gate that the deployment asked for, if it did and Jira took it."""
    gate = Gate.objects.of_key(deployment.site_id, deployment.key).first()
    if gate is None:
        return None
    return Shown(gate, list(gate.readings.order_by("-id")[:MOST_READINGS]), may_refresh)
