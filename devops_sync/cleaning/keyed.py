"""A part of a clean-up by key: one entity, a repository with all that lies in it, put into its lane."""

from typing import Any

from django.db import connection, transaction

from .. import deletions
from ..jira import keys
from ..models import Cleanup, CleanupPart, Lane
from . import matching
from .marking import Grown


@transaction.atomic
def put(part: CleanupPart) -> bool:
    """Put a part into its lane. False when somebody paused or cancelled the clean-up.

    Raises `Grown`, with nothing changed, when more goes with it than the preview showed.
    """
    cleanup = Cleanup.objects.select_for_update(no_key=True).get(pk=part.cleanup_id)
    if cleanup.state != Cleanup.State.RUNNING or cleanup.stopped_for or part.stamp is None:
        return False
    lane, _ = Lane.objects.get_or_create(site_id=cleanup.site_id, api=part.api, priority=Lane.Priority.LIVE)
    if cleanup.rule_id is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lane.pk])
        _look(part, came(part))
    asked = deletions.Asked(
        part.api,
        part.stamp,
        part.kind,
        keys.parts(part.key),
        token=cleanup.token,
        user=cleanup.confirmed_by or cleanup.user,
        remote_address=cleanup.remote_address,
    )
    part.deletion = deletions.store(cleanup.site, lane, asked)
    if (within := cleanup.preview.get("within")) is not None:
        # What another clean-up had marked was not in the preview, and is alive again where that one was taken back.
        _look(part, part.deletion.marked_count - within.get(part.key, 1))
    part.state = CleanupPart.State.STANDING
    part.marked, part.withdrawn = part.deletion.marked_count, part.deletion.withdrawn_count
    part.save(update_fields=["deletion", "state", "marked", "withdrawn"])
    return True


def _look(part: CleanupPart, more: int) -> None:
    if more > 0:
        raise Grown(more, f"{part.kind.replace('_', ' ')} {keys.words(part.key)}")


def came(part: CleanupPart) -> int:
    """How many go with it now that were not there, or not alive, when the preview was taken.

    A newer version of what was there is no more than before.
    """
    with connection.cursor() as cursor:
        return sum(_came(cursor, part, *falling) for falling in deletions.falling_by_key(part.kind, part.key))


def _came(cursor: Any, part: CleanupPart, kind: Any, condition: str, values: dict[str, Any]) -> int:
    cursor.execute(
        f"""
        SELECT count(*) FROM {kind.model._meta.db_table} AS held JOIN entry AS latest ON latest.id = held.entry_id
        LEFT JOIN LATERAL (
            SELECT version.id, version.kind, version.key, version.sequence, version.envelope_id FROM entry AS version
            WHERE version.site_id = %(site)s AND version.kind = %(kind)s AND version.key = latest.key
              AND version.id <= %(since)s AND version.outcome NOT IN ('refused', 'out_of_order')
              AND NOT {matching.gone("version", "deletion.id <= %(since)s")}
            ORDER BY version.sequence DESC, version.id DESC LIMIT 1
        ) AS before ON true
        WHERE held.site_id = %(site)s AND held.deleted_at IS NULL AND {condition}
          AND (held.entry_id > %(since)s OR EXISTS (
              SELECT 1 FROM entry AS again WHERE again.origin_id = held.entry_id AND again.id > %(since)s))
          AND (before.id IS NULL OR {matching.gone("before", "true")})""",  # noqa: S608 (names of this project's own)
        {
            **values,
            "site": part.cleanup.site_id,
            "since": part.cleanup.seen_to,
            "kind": kind.name,
            "api": part.api,
        },
    )
    (many,) = cursor.fetchone()
    return int(many)


def has_changed(part: CleanupPart) -> bool:
    """Whether a new version of what a part names by key, or of anything in it, came since the preview."""
    with connection.cursor() as cursor:
        for kind, condition, values in deletions.falling_by_key(part.kind, part.key):
            cursor.execute(
                f"""
                SELECT EXISTS (
                    SELECT 1 FROM {kind.model._meta.db_table} AS held
                    WHERE held.site_id = %(site)s AND held.deleted_at IS NULL AND held.entry_id > %(seen_to)s
                      AND {condition}
                )""",  # noqa: S608 (names of this project's own)
                {**values, "site": part.cleanup.site_id, "seen_to": part.cleanup.seen_to},
            )
            if cursor.fetchone() == (True,):
                return True
    return False
