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
        for kind, condition, values in falling_by_key(asked.kind, keys.text(*asked.key)):
            counts = _mark(cursor, kind, condition + spared, {**values, **given})
            marked, withdrawn = marked + counts[0], withdrawn + counts[1]
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
