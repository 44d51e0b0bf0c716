"""What runs where, in one sentence: the furthest environment of a pipeline, and what stands in the way of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from devops_sync.models import Deployment

from .matrix import FURTHEST, Cell

State = Deployment.State
MOST = 4
_UNDER_WAY = (State.PENDING, State.IN_PROGRESS)


@dataclass(frozen=True)
class Answer:
    """The cells that the sentence names. `top` is the furthest with a success.

    `same` are others of its type that run the same, `others` those that run something else. `ahead` is the environment
    before, which has had so many labels more (or at least so many).
    """

    top: Cell | None
    same: list[Cell]
    others: list[Cell]
    ahead: tuple[str, int, bool] | None
    amiss: list[Cell]


def of(cells: Sequence[Cell]) -> Answer:
    """The answer that the cells of one pipeline give, in the order of environments."""
    amiss = [cell for cell in reversed(cells) if cell.tone or cell.latest.state in _UNDER_WAY][:MOST]
    running = [cell for cell in cells if cell.running]
    if not running:
        return Answer(None, [], [], None, amiss)
    furthest = max(running, key=lambda cell: FURTHEST.index(cell.column.type)).column.type
    alike = [cell for cell in running if cell.column.type == furthest]
    top, rest = alike[0], alike[1:]
    same = [cell for cell in rest if _name(cell) == _name(top)]
    others = [cell for cell in rest if _name(cell) != _name(top)]
    return Answer(top, same[:MOST], others[:MOST], _ahead(cells, top), amiss)


def _name(cell: Cell) -> str:
    return cell.running.name if cell.running else ""


def _ahead(cells: Sequence[Cell], top: Cell) -> tuple[str, int, bool] | None:
    """Only where the latest is what runs: that is what `behind` counts from."""
    before = cells[: cells.index(top)]
    if not before or not top.behind or top.latest.state != State.SUCCESSFUL:
        return None
    return before[-1].column.name, top.behind, top.is_at_least
