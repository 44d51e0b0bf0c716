"""One line of the table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is what the aim is set for."""

    name: str
    ours: float
    theirs: float | None
    unit: str
    ratio: float
    aim: str
    reached: bool
