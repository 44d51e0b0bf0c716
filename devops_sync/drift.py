"""What is adrift counts as long as it is the current version of something."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from .kinds import KINDS
from .models.submission import EntryQuerySet


def current(rows: EntryQuerySet, kinds: Iterable[str] = KINDS) -> EntryQuerySet:
    """Those of the entries that are the current version of something that was not deleted."""
    found = Q(pk=None)
    for kind in map(KINDS.__getitem__, kinds):
        alive = kind.model._default_manager.filter(deleted_at=None)
        found |= Q(kind=kind.name) & Q(Exists(alive.filter(entry=OuterRef("pk"))))
    return rows.filter(found)
