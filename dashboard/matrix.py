"""Pipelines by environments: the latest deployment of each, and what runs where it is not what runs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from devops_sync.models import Deployment, Site
from devops_sync.models.place import Latest, Newest, Past, Place, Running, past_by_place

from . import places
from .gates import NOTHING, Said

State = Deployment.State
MOST_ROWS = 50
MOST_COLUMNS = 24
LOOKED_BACK = 30
TYPES = ("development", "testing", "staging", "production", "unmapped")
# The same by how far it is: who did not say comes first.
FURTHEST = ("unmapped", *TYPES[:-1])
_PROJECT = re.compile(r"^([^\W\d]\w*)-\d+$")


class Typed(Protocol):
    """What has an environment's type."""

    @property
    def type(self) -> str: ...


E = TypeVar("E", bound=Typed)
Found = Latest | Deployment


@dataclass(frozen=True)
class Column:
    """One environment, with what its pipelines call it."""

    id: str
    type: str
    name: str


@dataclass(frozen=True)
class Cell:
    """The latest deployment of a pipeline in an environment. `says` goes before what runs, see the template."""

    latest: Newest
    column: Column
    state: str
    tone: str
    says: str = ""
    gate: Said | None = None
    runs: Running | None = None
    behind: int = 0
    is_at_least: bool = False

    @property
    def running(self) -> Running | None:
        """What runs there: the latest if it went well, else the last that did before it."""
        return self.latest if self.state == State.SUCCESSFUL else self.runs


@dataclass(frozen=True)
class Row:
    """One pipeline of one site, with a cell or nothing for each column."""

    site: Site
    pipeline_id: str
    name: str
    projects: list[str]
    cells: list[tuple[Column, Cell | None]]

    @property
    def url(self) -> str:
        return places.url_of(self.site.slug, self.pipeline_id)


@dataclass(frozen=True)
class Matrix:
    columns: list[Column]
    rows: list[Row]
    pipelines: int
    failed: int
    gated: int
    stopped: int
    environments: int
    behind_the_cut: int
    columns_left_out: int
    is_first: bool = True

    @property
    def is_empty(self) -> bool:
        return self.pipelines == 0

    @property
    def next_page(self) -> str:
        """Where the rows go on, as `build` takes it."""
        return _mark((self.rows[-1].site.pk, self.rows[-1].pipeline_id)) if self.behind_the_cut else ""

    @property
    def troubles(self) -> list[str]:
        """What the head says of those that did not go well."""
        told = (
            (self.failed, "deployment failed", "deployments failed"),
            (self.gated, "waits at a gate", "wait at a gate"),
            (self.stopped, "was stopped at a gate", "were stopped at a gate"),
        )
        return [f"{count:,} {one if count == 1 else many}" for count, one, many in told if count]


def build(
    latest: Iterable[Found],
    sites: dict[int, Site],
    said: Mapping[int, Said],
    pipeline: str,
    environment_type: str,
    *,
    needs_look: bool,
    after: str = "",
) -> Matrix:
    """Lay the latest deployments out, with what Jira `said` of their gates: a page of them, by name, `after` a place.

    They tell which places there are, and may have been kept for a while; cells say what stands there now. That and what
    came before is asked for the places of the page alone, by one query.
    """
    chosen = [
        found
        for found in latest
        if (not environment_type or found.environment_type == environment_type)
        and (not pipeline or pipeline.casefold() in f"{found.pipeline_name}\n{found.pipeline_id}".casefold())
    ]
    grouped: dict[tuple[int, str], list[Found]] = {}
    for found in chosen:
        grouped.setdefault((found.site_id, found.pipeline_id), []).append(found)
    if needs_look:
        grouped = {key: group for key, group in grouped.items() if any(_tone(found, said) for found in group)}
    ordered = sorted(grouped.items(), key=lambda item: (_name(item[1]).casefold(), item[0]))
    first = next((index + 1 for index, (key, _) in enumerate(ordered) if _mark(key) == after), 0)
    shown = ordered[first : first + MOST_ROWS]
    found_columns = _columns(found for _, group in shown for found in group)
    columns = found_columns[:MOST_COLUMNS]
    ids = {(column.id, column.type) for column in columns}
    in_columns = [found for _, group in shown for found in group if _column_key(found) in ids]
    past = past_by_place([_place(found) for found in in_columns], LOOKED_BACK)
    columns = _in_order(columns)
    kept = [found for group in grouped.values() for found in group]
    at_gates = [said[found.pk] for found in kept if found.pk in said]
    return Matrix(
        columns,
        [_row(sites[key[0]], key[1], group, columns, past, said) for key, group in shown],
        pipelines=len(grouped),
        failed=sum(found.state == State.FAILED for found in kept),
        gated=sum(gate.is_open for gate in at_gates),
        stopped=sum(not gate.is_open and not gate.is_allowed for gate in at_gates),
        environments=len({_column_key(found) for found in kept}),
        behind_the_cut=len(ordered) - first - len(shown),
        columns_left_out=len(found_columns) - len(columns),
        is_first=first == 0,
    )


def _mark(pipeline: tuple[int, str]) -> str:
    """A place among the rows, as an address writes it."""
    return f"{pipeline[0]},{pipeline[1]}"


def _tone(deployment: Found | Newest, said: Mapping[int, Said]) -> str:
    """What makes a cell stand out."""
    if gate := said.get(deployment.pk):
        return "" if gate.is_allowed else gate.tone
    if deployment.state == State.FAILED:
        return "bad"
    return "warn" if deployment.state == State.ROLLED_BACK else ""


def _name(group: list[Found]) -> str:
    return max(group, key=lambda found: found.changed_at).pipeline_name


def _place(deployment: Found) -> Place:
    return deployment.site_id, deployment.pipeline_id, deployment.environment_id


def _column_key(deployment: Found) -> tuple[str, str]:
    return deployment.environment_id, deployment.environment_type


def _columns(deployments: Iterable[Found]) -> list[Column]:
    """The environments, of each type by turns those that changed last."""
    newest: dict[tuple[str, str], Found] = {}
    for found in deployments:
        key = _column_key(found)
        if key not in newest or found.changed_at > newest[key].changed_at:
            newest[key] = found
    by_time = sorted(newest.items(), key=lambda item: item[1].changed_at, reverse=True)
    return by_turns([Column(*key, found.environment_name) for key, found in by_time])


def by_turns(environments: Sequence[E]) -> list[E]:
    """Of each type in its turn one, production first: a thousand previews do not crowd it out."""
    turns: dict[str, int] = {}
    ranked = []
    for one in environments:
        turns[one.type] = turns.get(one.type, 0) + 1
        ranked.append((turns[one.type], -FURTHEST.index(one.type), one))
    return [one for _, _, one in sorted(ranked, key=lambda item: item[:2])]


def _in_order(columns: list[Column]) -> list[Column]:
    """From development to production."""
    return sorted(columns, key=lambda column: (TYPES.index(column.type), column.name.casefold(), column.id))


def _row(
    site: Site,
    pipeline_id: str,
    group: list[Found],
    columns: list[Column],
    past: dict[Place, Past],
    said: Mapping[int, Said],
) -> Row:
    by_column = {_column_key(found): found for found in group}
    cells: list[tuple[Column, Cell | None]] = []
    before: list[str] = []
    for column in columns:
        latest = by_column.get((column.id, column.type))
        own = past.get(_place(latest)) if latest else None
        if own is None:
            cells.append((column, None))
            continue
        cells.append((column, _cell(column, own, before, said)))
        before = own.labels
    newest = [cell.latest for _, cell in cells if cell]
    return Row(site, pipeline_id, _name(group), _projects(newest), cells)


def _cell(column: Column, past: Past, before: list[str], said: Mapping[int, Said]) -> Cell:
    latest = past.newest
    behind, is_at_least = _behind(latest.label, before)
    if latest.is_gated and latest.pk not in said:
        said = {latest.pk: NOTHING}
    return Cell(
        latest,
        column,
        latest.state,
        _tone(latest, said),
        says=_says(latest),
        gate=said.get(latest.pk),
        runs=past.runs,
        behind=behind,
        is_at_least=is_at_least,
    )


def _says(latest: Newest) -> str:
    if latest.is_gated:
        return "gated"
    if latest.state in (State.FAILED, State.PENDING, State.CANCELLED):
        return "runs"
    if latest.state == State.ROLLED_BACK:
        return "back"
    return "unknown" if latest.state == State.UNKNOWN else ""


def _behind(label: str, before: list[str]) -> tuple[int, bool]:
    """How many labels the environment before has had since this one, and whether it may be more.

    Nothing when either has no labels to compare.
    """
    if not label or not before or not before[0]:
        return 0, False
    if label in before:
        return len({newer for newer in before[: before.index(label)] if newer}), False
    # Never seen there: a place of its own kind, unless the look back was too short to tell.
    return (len(set(before)), True) if len(before) >= LOOKED_BACK else (0, False)


def _projects(group: list[Newest]) -> list[str]:
    found = (_PROJECT.match(key) for one in group for key in one.issue_keys)
    return sorted({match[1] for match in found if match})
