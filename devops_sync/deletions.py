"""Deletions by key as the ledger takes them: what falls under one is marked, and what waits of it is withdrawn.

A deletion takes its lane alone while it is written. So every entry numbered before it is committed before it
and leaves before it, and every later one gets a higher number and leaves after it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from . import kinds
from .jira import keys, paths
from .kinds import Kind
from .models import Deletion, Lane, Site, Token, User


@dataclass(frozen=True)
class Asked:
    """A request to delete: one entity by `kind` and `key`, or all of an API with these `properties`.

    `until_sequence` spares what has a higher sequence; only development information knows that.
    """

    api: str
    received_at: dt.datetime
    kind: str = ""
    key: tuple[str | int, ...] = ()
    properties: Mapping[str, str | list[str]] | None = None
    until_sequence: int | None = None
    token: Token | None = None
    user: User | None = None
    remote_address: str | None = None


@transaction.atomic
def store(site: Site, lane: Lane, asked: Asked) -> Deletion:
    """Write a deletion of one entity down in its place in the lane, and mark what falls under it.

    Those by properties are clean-ups: `devops_sync.cleaning`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lane.pk])
        # A worker that writes outcomes holds the lane's row: taken first, entries are never waited for crosswise.
        cursor.execute(
            "SELECT id FROM lane WHERE site_id = %s AND api = %s ORDER BY id FOR NO KEY UPDATE", [site.pk, asked.api]
        )
        # What is sent again waits in a lane of its own, and must not come back either.
        lanes = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT nextval('entry_id_seq')")
        (number,) = cursor.fetchone()
        marked, withdrawn = 0, 0
        given = {"site": site.pk, "lanes": lanes, "now": asked.received_at, "until": asked.until_sequence}
        spared = " AND held.sequence <= %(until)s" if asked.until_sequence is not None else ""
        falling = falling_by_key(asked.kind, keys.text(*asked.key))
        for kind, condition, values in falling:
            counts = _mark(cursor, kind, condition + spared, {**values, **given})
            marked, withdrawn = marked + counts[0], withdrawn + counts[1]
        for kind, condition, values in falling:
            withdrawn += _withdraw_sent_again(cursor, kind, condition, {**values, **given})
    refused = _refused(asked)
    settled = {"outcome": Deletion.Outcome.REJECTED, "outcome_at": asked.received_at} if refused else {}
    return Deletion.objects.create(
        id=number,
        site=site,
        lane=lane,
        token=asked.token,
        user=asked.user,
        remote_address=asked.remote_address,
        api=asked.api,
        received_at=asked.received_at,
        kind=asked.kind,
        key=keys.text(*asked.key) if asked.key else "",
        until_sequence=asked.until_sequence,
        marked_count=marked,
        withdrawn_count=withdrawn,
        errors=refused,
        **settled,
    )


def _refused(asked: Asked) -> list[dict[str, str]]:
    """Why Jira cannot be asked to delete this, if it cannot: what is never sent has come to its end."""
    try:
        if asked.key:
            paths.entity(asked.kind, asked.key)
    except paths.CannotBeNamed as unnamed:
        return [{"message": str(unnamed)}]
    return []


def falling_by_key(name: str, key: str) -> list[tuple[Kind, str, dict[str, Any]]]:
    """What falls under a deletion of one entity, by kind: a condition on a current row `held`, and its values.

    A repository goes with what lies in it.
    """
    kind = kinds.KINDS[name]
    values = dict(zip(kind.key, keys.parts(key), strict=True))
    condition = " AND ".join(f"held.{column} = %({column})s" for column in kind.key)
    inside = kinds.of_api("devinfo") if name == "repository" else [kind]
    return [(other, condition, values) for other in inside]


def _mark(cursor: Any, kind: Kind, condition: str, values: dict[str, Any]) -> tuple[int, int]:
    """Mark the current rows that fall under a deletion. Returns how many, and how many entries were withdrawn."""
    cursor.execute(
        f"""
        WITH gone AS (
            UPDATE {kind.model._meta.db_table} AS held SET deleted_at = %(now)s
            WHERE held.site_id = %(site)s AND held.deleted_at IS NULL AND {condition}
            RETURNING entry_id, sequence
        ), named AS (
            SELECT entry.key, gone.sequence FROM gone JOIN entry ON entry.id = gone.entry_id
        ), withdrawn AS (
            UPDATE entry SET outcome = 'withdrawn', outcome_at = %(now)s FROM named
            WHERE entry.site_id = %(site)s AND entry.lane_id = ANY(%(lanes)s) AND entry.outcome = 'waiting'
              AND entry.kind = '{kind.name}' AND entry.key = named.key AND entry.sequence <= named.sequence
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM withdrawn)
        """,  # noqa: S608 (names of this project's own)
        values,
    )
    marked, withdrawn = cursor.fetchone()
    return marked, withdrawn


def _withdraw_sent_again(cursor: Any, kind: Kind, condition: str, values: dict[str, Any]) -> int:
    """Withdraw what is sent again of it, which would leave after the deletion. Returns how many entries.

    Not only of what was marked just now: a clean-up may have marked it before, or it was spared, and would bring back
    the repository that it lies in.
    """
    cursor.execute(
        f"""
        UPDATE entry SET outcome = 'withdrawn', outcome_at = %(now)s
        FROM {kind.model._meta.db_table} AS held JOIN entry AS latest ON latest.id = held.entry_id
        WHERE held.site_id = %(site)s AND {condition}
          AND (held.deleted_at IS NOT NULL OR {home_is(kind, "IS NOT NULL")})
          AND entry.site_id = %(site)s AND entry.kind = latest.kind AND entry.key = latest.key
          AND entry.outcome = 'waiting'
          AND entry.lane_id IN (SELECT id FROM lane WHERE id = ANY(%(lanes)s) AND priority = %(resent)s)
        RETURNING entry.id""",  # noqa: S608 (names of this project's own)
        {**values, "resent": Lane.Priority.RESENT},
    )
    withdrawn = [pk for (pk,) in cursor.fetchall()]
    leave_deleted(cursor, kind, withdrawn, values["now"])
    return len(withdrawn)


def home_is(kind: Kind, deleted: str) -> str:
    """Whether a row `held` of a kind lies in a repository whose time of deletion is so."""
    if kind.name not in ("commit", "branch", "pull_request"):
        return "false"
    return f"""EXISTS (
                SELECT 1 FROM repository AS home WHERE home.site_id = held.site_id
                  AND home.repository_id = held.repository_id AND home.deleted_at {deleted})"""  # noqa: S608 (conditions of this project's own)


def leave_deleted(cursor: Any, kind: Kind, withdrawn: list[int], at: dt.datetime | None) -> None:
    """Leave deleted what the withdrawn entries of errands were to bring back: Jira does not have it."""
    cursor.execute(_LEAVE_DELETED.format(table=kind.model._meta.db_table), {"withdrawn": withdrawn, "at": at})


_LEAVE_DELETED = """
UPDATE {table} AS held SET deleted_at = %(at)s
FROM entry AS again JOIN submission ON submission.id = again.submission_id
JOIN errand_item AS item ON item.errand_id = submission.errand_id AND item.entry_id = again.origin_id
JOIN entry AS latest ON latest.site_id = again.site_id AND latest.kind = again.kind AND latest.key = again.key
WHERE again.id = ANY(%(withdrawn)s) AND item.was_deleted_at IS NOT NULL
  AND held.entry_id = latest.id AND held.deleted_at IS NULL AND latest.id < again.id
  AND NOT EXISTS (
      SELECT 1 FROM entry AS copy JOIN submission AS by ON by.id = copy.submission_id
      WHERE copy.site_id = again.site_id AND copy.kind = again.kind AND copy.key = again.key
        AND by.errand_id = submission.errand_id AND copy.outcome = 'accepted'
  )
"""
