"""What belongs to an entity, as its page shows it: a few of each other kind, by issue keys and references."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devops_sync.models import kin
from devops_sync.models.current import Current

from . import references, versions
from .kinds import KINDS, Kind

SHOWN = 5
# Of an entity that names more issues, the first lead to its kin.
ISSUES = 25
MOST = kin.MOST


@dataclass(frozen=True)
class Kin:
    """One that belongs to it. `is_named`: the one names the other, not only the same issue."""

    row: Any
    is_named: bool
    issues: list[str]


@dataclass(frozen=True)
class Kindred:
    """Those of one kind, the nearest first, and how many there are beside them."""

    kind: Kind
    shown: list[Kin]
    count: int

    @property
    def said(self) -> str:
        """The partial that says what one of them is."""
        return f"_kin.html#{self.kind.name}"


def of(found: Current, kind: Kind) -> list[Kindred]:
    """What belongs to it. One query for the ids, and one for each kind among them."""
    names = _NAMES[kind.name](found)
    mine = set(names.issues)
    by_kind = kin.of(found.site_id, kind.name, names, found.changed_at, SHOWN)
    return [
        Kindred(
            KINDS[name],
            [
                Kin(row, row.pk in some.named, [key for key in row.issue_keys if key in mine])
                for row in _rows(name, some)
            ],
            some.count,
        )
        for name, some in sorted(by_kind.items(), key=lambda item: kin.KINDS.index(item[0]))
    ]


def _rows(kind: str, some: kin.Found) -> list[Current]:
    rows = KINDS[kind].model._default_manager.in_bulk(some.ids)
    return [rows[pk] for pk in some.ids if pk in rows]


def _names(found: Any, commits: Sequence[str] = (), branches: Sequence[str] = ()) -> kin.Names:
    return kin.Names(found.issue_keys[:ISSUES], [one for one in commits if one], [one for one in branches if one])


_NAMES: Mapping[str, Callable[[Any], kin.Names]] = {
    "deployment": lambda found: _names(found, references.commits_of(versions.read(found.entry.payload))),
    "build": lambda found: _names(found, found.commit_ids[: references.SHOWN], found.ref_names[: references.SHOWN]),
    "repository": lambda found: kin.Names([]),
    "commit": lambda found: _names(found, [found.ident]),
    "branch": lambda found: _names(found, [found.last_commit_id], [found.name]),
    "pull_request": lambda found: _names(found, (), [found.source_branch]),
}
