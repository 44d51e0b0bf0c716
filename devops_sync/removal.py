"""Deletions as the ledger takes them: what falls under one is marked, and what waits of it is withdrawn.

A deletion takes its lane alone while it is written. So every entry numbered before it is committed before it
and leaves before it, and every later one gets a higher number and leaves after it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from . import kinds
from .jira import keys, paths
from .kinds import Kind
from .models import Branch, Commit, Deletion, Lane, PullRequest, Site, Token, User


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


_SETS = "SELECT id FROM property_set WHERE site_id = %(site)s AND pairs @> %(pairs)s"

_REPOSITORIES_GONE = "SELECT repository_id FROM repository WHERE site_id = %(site)s AND deleted_at = %(now)s"
_IN_REPOSITORIES = (Branch, Commit, PullRequest)

# Jira deletes by the properties of the version that it holds. Where an earlier version with other properties has
# or may have reached it, what waits has to be sent first: withdrawn, it would leave that version untouched. A version
# of a repository that was never sent for itself may have travelled with what lies in it.
_ALL_VERSIONS_FALL = f"""NOT EXISTS (
                SELECT 1 FROM entry AS version JOIN envelope ON envelope.id = version.envelope_id
                WHERE version.site_id = %(site)s AND version.kind = entry.kind AND version.key = entry.key
                  AND (version.outcome IN ('waiting', 'accepted')
                       OR version.kind = 'repository' AND version.outcome IN ('out_of_order', 'superseded'))
                  AND envelope.property_set_id NOT IN ({_SETS})
            )"""  # noqa: S608 (names of this project's own)


@transaction.atomic
def store(site: Site, lane: Lane, asked: Asked) -> Deletion:
    """Write a deletion down in its place in the lane, and mark what falls under it."""
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
        for kind, condition, values in _falling(asked):
            counts = _mark(
                cursor, kind, condition, {**values, "site": site.pk, "lanes": lanes, "now": asked.received_at}
            )
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
        properties=dict(asked.properties) if asked.properties is not None else None,
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


def _falling(asked: Asked) -> list[tuple[Kind, str, dict[str, Any]]]:
    """What falls under a deletion, by kind: a condition on current rows, and its values."""
    spared = " AND held.sequence <= %(until)s" if asked.until_sequence is not None else ""
    until = {"until": asked.until_sequence}
    if asked.properties is not None:
        given = {"pairs": Jsonb(dict(asked.properties)), **until}
        matches = f"held.property_set_id IN ({_SETS})"
        # A repository that matches goes with all that lies in it, whatever the properties of that.
        with_it = f"({matches} OR held.repository_id IN ({_REPOSITORIES_GONE}))"
        return [
            (kind, (with_it if kind.model in _IN_REPOSITORIES else matches) + spared, given)
            for kind in kinds.of_api(asked.api)
        ]
    kind = kinds.KINDS[asked.kind]
    values = dict(zip(kind.key, asked.key, strict=True))
    condition = " AND ".join(f"held.{name} = %({name})s" for name in kind.key)
    found = [(kind, condition + spared, {**values, **until})]
    if asked.kind == "repository":
        # What lies in a repository goes with it.
        inside = [other for other in kinds.of_api("devinfo") if other.name != "repository"]
        found += [(other, condition + spared, {**values, **until}) for other in inside]
    return found


def _mark(cursor: Any, kind: Kind, condition: str, values: dict[str, Any]) -> tuple[int, int]:
    """Mark the current rows that fall under a deletion. Returns how many, and how many entries were withdrawn."""
    withdraws = _ALL_VERSIONS_FALL if "pairs" in values else "true"
    cursor.execute(
        f"""
        WITH gone AS (
            UPDATE {kind.model._meta.db_table} AS held SET deleted_at = %(now)s
            WHERE held.site_id = %(site)s AND held.deleted_at IS NULL AND {condition}
            RETURNING entry_id, sequence
        ), named AS (
            SELECT entry.key, gone.sequence FROM gone JOIN entry ON entry.id = gone.entry_id WHERE {withdraws}
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
