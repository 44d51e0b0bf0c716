"""How far an issue has come: each of its pipelines by environment, with what of the issue is there."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from devops_sync.models import Deployment, Gate
from devops_sync.models.issue import latest_of_pipelines
from devops_sync.models.reach import Standing

from . import gates
from .matrix import TYPES

State = Deployment.State
MOST_RUNGS = 12
_ORDER = ("unmapped", *(type for type in TYPES if type != "unmapped"))
_ICONS = {State.IN_PROGRESS: "moving", State.FAILED: "bad", State.ROLLED_BACK: "warn"}


# The latest deployment of an issue in a place, and how the issue stands there.
_Own = tuple[Deployment, Standing]


@dataclass(frozen=True)
class Rung:
    """One environment of a pipeline. Without `latest` the issue never went there, and `there` is what is.

    `went` is the latest of the issue's deployments that went well there, `gate` the one that the latest waits at.
    `has` says whether what runs there still contains the issue, see `devops_sync.models.reach`; `runs` what that is.
    """

    environment: str
    type: str
    latest: Deployment | None
    went: Deployment | None
    there: Deployment | None
    gate: gates.Shown | None
    has: bool = False
    runs: Deployment | None = None

    @property
    def said(self) -> gates.Said | None:
        """What the gate says, while the deployment waits at it."""
        if self.latest is None or not self.latest.is_gated:
            return None
        return self.gate.said if self.gate else gates.NOTHING

    @property
    def is_reached(self) -> bool:
        return self.went is not None and self.has

    @property
    def is_gone(self) -> bool:
        """Whether it had it, and went back to what was there before."""
        return self.went is not None and not self.has and self.runs is not None and self.runs != self.went

    @property
    def tone(self) -> str:
        if self.latest is None:
            return "not"
        if said := self.said:
            return said.tone
        if self.latest.state == State.SUCCESSFUL:
            return "warn" if self.is_gone else "good"
        return _ICONS.get(State(self.latest.state), "")

    @property
    def is_quiet(self) -> bool:
        """Whether the latest there went well, and is still there."""
        return self.latest is not None and self.latest.state == State.SUCCESSFUL and not self.is_gone

    @property
    def rank(self) -> tuple[int, dt.datetime]:
        """How far it is: production is the furthest, the latest of several."""
        assert self.went is not None
        return _ORDER.index(self.type), self.went.changed_at


@dataclass(frozen=True)
class Row:
    """One pipeline of one site."""

    site_id: int
    pipeline_id: str
    name: str
    label: str
    rungs: list[Rung]
    left_out: int

    @property
    def furthest(self) -> Rung | None:
        return max((rung for rung in self.rungs if rung.is_reached), key=lambda rung: rung.rank, default=None)


@dataclass(frozen=True)
class Ladder:
    rows: list[Row]
    left_out: int
    gates: list[tuple[Deployment, gates.Shown]]

    @property
    def went_back(self) -> bool:
        """Whether an environment that had it has it no more: then the page says how that is decided."""
        return any(rung.is_gone or (rung.latest and rung.latest.state == State.ROLLED_BACK) for _, rung in self._rungs)

    @property
    def left_at(self) -> dict[str, dt.datetime]:
        """When environments went back, those that no pipeline has it in any more."""
        kept = {rung.environment for _, rung in self._rungs if rung.is_reached}
        gone = [rung for _, rung in self._rungs if rung.is_gone and rung.environment not in kept]
        return {rung.environment: rung.runs.changed_at for rung in gone if rung.runs and _is_later(rung)}

    @property
    def _rungs(self) -> list[tuple[Row, Rung]]:
        return [(row, rung) for row in self.rows for rung in row.rungs]

    @property
    def furthest(self) -> tuple[Row, Rung] | None:
        """The furthest environment of all with a success, with its pipeline."""
        reached = [(row, rung) for row, rung in self._rungs if rung.is_reached]
        return max(reached, key=lambda item: item[1].rank, default=None)

    @property
    def as_far(self) -> list[tuple[Row, Rung]]:
        """The other environments of the furthest's type that were reached."""
        top = self.furthest
        if top is None:
            return []
        names = {top[1].environment}
        found = []
        for row, rung in self._rungs:
            if rung.is_reached and rung.type == top[1].type and rung.environment not in names:
                names.add(rung.environment)
                found.append((row, rung))
        return found[:3]

    @property
    def waiting(self) -> list[tuple[Row, Rung]]:
        """Those that did not get through, or not yet."""
        return [(row, rung) for row, rung in self._rungs if rung.latest is not None and not rung.is_quiet][:4]

    @property
    def behind(self) -> list[tuple[Row, Rung | None]]:
        """The other pipelines that have not come as far."""
        top = self.furthest
        if top is None:
            return []
        own = [(row, row.furthest) for row in self.rows if row is not top[0]]
        return [(row, rung) for row, rung in own if rung is None or rung.type != top[1].type][:3]

    @property
    def lacks_production(self) -> bool:
        """Whether one of its pipelines goes to production, where nothing of the issue is yet."""
        goes = [rung for _, rung in self._rungs if rung.type == "production"]
        return bool(goes) and not any(rung.is_reached for rung in goes)

    @property
    def widest(self) -> int:
        return min(max((len(row.rungs) for row in self.rows), default=0), 9)


def build(found: Sequence[Standing], pipelines: int) -> Ladder:
    """Of how an issue stands in the places of some of so many pipelines.

    Three queries, however many environments there are.
    """
    ids = {pk for one in found for pk in (one.latest, one.successful, one.runs) if pk}
    known = Deployment.objects.in_bulk(list(ids))
    own: dict[tuple[int, str], list[_Own]] = {}
    for one in found:
        if one.latest in known:
            latest = known[one.latest]
            own.setdefault((latest.site_id, latest.pipeline_id), []).append((latest, one))
    shown = sorted(own, key=lambda pipeline: max(one.changed_at for one, _ in own[pipeline]), reverse=True)
    there: dict[tuple[int, str], list[Deployment]] = {}
    for latest in latest_of_pipelines(shown):
        there.setdefault((latest.site_id, latest.pipeline_id), []).append(latest)
    gated = [one for pipeline in shown for one, _ in own[pipeline] if one.gated]
    read = _gates(gated)
    rows = [_row(pipeline, own[pipeline], there.get(pipeline, []), read, known) for pipeline in shown]
    asked = [(one, read[one.pk]) for one in gated if one.pk in read]
    asked.sort(key=lambda item: (not item[1].said.is_open, -item[0].changed_at.timestamp()))
    return Ladder(rows, pipelines - len(shown), asked)


def _is_later(rung: Rung) -> bool:
    return rung.went is not None and rung.runs is not None and rung.runs.changed_at > rung.went.changed_at


def _gates(deployments: list[Deployment]) -> dict[int, gates.Shown]:
    by_key = {(one.site_id, one.key): one.pk for one in deployments}
    found = Gate.objects.of_keys(by_key) if by_key else Gate.objects.none()
    return {
        by_key[gate.site_id, gate.key]: gates.Shown(gate, [], may_refresh=False)
        for gate in found
        if (gate.site_id, gate.key) in by_key
    }


def _row(
    pipeline: tuple[int, str],
    own: list[_Own],
    there: list[Deployment],
    read: dict[int, gates.Shown],
    known: dict[int, Deployment],
) -> Row:
    rungs = [
        Rung(
            one.environment_name,
            one.environment_type,
            one,
            known.get(standing.successful or 0),
            None,
            read.get(one.pk),
            has=standing.has,
            runs=known.get(standing.runs or 0),
        )
        for one, standing in own[:MOST_RUNGS]
    ]
    seen = {one.environment_id for one, _ in own}
    others = [one for one in there if one.environment_id not in seen and one.environment_type != "unmapped"]
    others.sort(key=lambda one: (-_ORDER.index(one.environment_type), one.environment_name))
    room = MOST_RUNGS - len(rungs)
    rungs += [Rung(one.environment_name, one.environment_type, None, None, one, None) for one in others[:room]]
    rungs.sort(key=lambda rung: (TYPES.index(rung.type), rung.environment.casefold()))
    newest = max((one for one, _ in own), key=lambda one: one.changed_at)
    left_out = len(own) + len(others) - len(rungs)
    return Row(*pipeline, newest.pipeline_name, newest.label, rungs, left_out)
