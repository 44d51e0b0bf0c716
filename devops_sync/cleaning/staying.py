"""What stays in Jira although a clean-up marked it, since Jira never took the version that fell under the clean-up.

A version that waits with other properties than the one before it has to reach Jira before the deletion does: Jira goes
by the properties of what it holds. When Jira rejects that version, it holds the one before, and the deletion passes it
by. So the entity is alive in the ledger, too; and where the preview had counted it, the proof says that it stays.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from ..kinds import Kind
from ..models import Cleanup, CleanupPart, Deletion
from . import matching
from .marking import criteria_of

WHY = "Jira rejected its newest version and keeps an older one, which this deletion is not about. Delete it by its key."


@dataclass(frozen=True)
class Stayed:
    """An entity that is alive again. `was_shown` says whether the preview counted it among those that would go."""

    api: str
    kind: str
    key: str
    was_shown: bool


def let_stay(cleanup: Cleanup) -> list[Stayed]:
    """Make alive again what Jira was asked for and kept by right. Call it in a transaction, once Jira has answered."""
    if not cleanup.is_by_properties:
        return []
    taken = cleanup.parts.filter(deletion__outcome=Deletion.Outcome.ACCEPTED).select_related("cleanup")
    found = []
    for part in taken:
        stayed = [one for kind in criteria_of(part).kinds for one in _of_kind(part, kind)]
        if stayed:
            part.marked -= len(stayed)
            part.save(update_fields=["marked"])
        found += stayed
    return found


def _of_kind(part: CleanupPart, kind: Kind) -> list[Stayed]:
    """A row whose current version was rejected, or whose repository's was, and of which Jira holds another version."""
    criteria = criteria_of(part)
    refused_at = "CASE WHEN latest.outcome = 'rejected' THEN latest.outcome_at END"
    if kind.model in matching.IN_REPOSITORIES:
        refused_at = f"greatest({refused_at}, ({_HOME_REFUSED_AT}))"
    table = kind.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH marked AS MATERIALIZED ({criteria.found(kind, "held.id", "held.deleted_at = %(stamp)s")}),
            refused AS MATERIALIZED (
                SELECT held.id, latest.key, {refused_at} AS at
                FROM marked JOIN {table} AS held ON held.id = marked.id
                JOIN entry AS latest ON latest.id = held.entry_id
            ), stays AS (
                SELECT * FROM refused WHERE at IS NOT NULL AND EXISTS ({matching.in_jira("refused.key")})
            )
            UPDATE {table} AS held SET deleted_at = NULL FROM stays
            WHERE held.id = stays.id AND held.deleted_at = %(stamp)s
            RETURNING stays.key, stays.at""",  # noqa: S608 (names of this project's own)
            _values(part, kind),
        )
        rows = sorted(cursor.fetchall())
    return [Stayed(part.api, kind.name, key, at > part.cleanup.previewed_at) for key, at in rows]


def _values(part: CleanupPart, kind: Kind) -> dict[str, Any]:
    return criteria_of(part).values(stamp=part.stamp, kind=kind.name, api=part.api, deletion=part.deletion_id)


_HOME_REFUSED_AT = """
                    SELECT max(home.outcome_at) FROM entry AS home
                    WHERE home.site_id = held.site_id AND home.kind = 'repository'
                      AND home.key = json_build_array(held.repository_id)::text
                      AND home.outcome = 'rejected' AND home.id < %(deletion)s"""


def stays(cleanup: Cleanup, kind: Kind, key: dict[str, Any]) -> bool:
    """Whether an entity is there because Jira kept an older version of it, and not because something newer came."""
    part = cleanup.parts.get(api=kind.api)
    rows = kind.model._default_manager.filter(site=cleanup.site_id, deleted_at=None, **key)
    return rows.filter(entry__lt=part.deletion_id).exists()
