"""What is adrift counts as long as it is the current version of something."""

from collections.abc import Iterable

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from .kinds import KINDS
from .models.submission import EntryQuerySet


def current(rows: EntryQuerySet, kinds: Iterable[str] = KINDS) -> EntryQuerySet:
    """Those of the entries that are the current version of something that was not deleted.

    Written out, since every page of a list asks it: put together from parts it takes longer to write than to answer.
    """
    return rows.filter(RawSQL(_is_current("entry.id", kinds), (), BooleanField()))  # noqa: S611 (names of our own)


def _is_current(entry: str, kinds: Iterable[str]) -> str:
    """Whether it is, by the kind first: to look a row up is dear."""
    held = " ".join(
        f"WHEN '{name}' THEN EXISTS (SELECT FROM {KINDS[name].model._meta.db_table} AS held"
        f" WHERE held.entry_id = {entry} AND held.deleted_at IS NULL)"
        for name in kinds
    )
    return f"CASE entry.kind {held} ELSE false END"
