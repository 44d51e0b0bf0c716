"""What the summary tells: counted while the files are written, with the first of each kind in full."""

from collections import Counter
from dataclasses import dataclass, field

# So many rows of each table are in the summary; all are in the files.
MOST_TOLD = 300


@dataclass
class Table:
    """Some rows under a head, and how many there are in all."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    count: int = 0

    def add(self, *row: object) -> None:
        self.count += 1
        if len(self.rows) < MOST_TOLD:
            self.rows.append(tuple("" if value is None else str(value) for value in row))

    @property
    def untold(self) -> int:
        return self.count - len(self.rows)


@dataclass
class Tally:
    """The tables by their titles, and what is to be known beside them."""

    tables: dict[str, Table] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    read_backs: Counter[str] = field(default_factory=Counter)
    redactions: int = 0
    unchained: int = 0

    def table(self, title: str, *head: str) -> Table:
        return self.tables.setdefault(title, Table(head))
