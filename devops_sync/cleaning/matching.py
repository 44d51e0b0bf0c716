"""What falls under a clean-up by properties: which current entities, and which of them Jira holds.

Properties are stored once each distinct set, so "everything of account X" is a look-up in a small table, and then an
index of the current rows. A repository that matches goes with all that lies in it, whatever the properties of that.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, transaction

from .. import kinds
from ..kinds import Kind
from ..models import Branch, Commit, PullRequest

IN_REPOSITORIES = (Branch, Commit, PullRequest)
Pairs = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Criteria:
    """What a clean-up by properties is about. `until` spares development information with a higher sequence."""

    site_id: int
    apis: tuple[str, ...]
    pairs: Pairs
    until: int | None = None

    @cached_property
    def sets(self) -> list[int]:
        """The property sets that have all of the properties, as they are known now."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM property_set WHERE site_id = %s AND pairs @> %s::jsonb",
                [self.site_id, json.dumps(dict(self.pairs))],
            )
            return [pk for (pk,) in cursor.fetchall()]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of its APIs; repositories stand before what lies in them."""
        return [kind for api in self.apis for kind in kinds.of_api(api)]

    def of_api(self, api: str) -> "Criteria":
        """The same of one API, with the property sets as they are known now."""
        return Criteria(self.site_id, (api,), self.pairs, self.until)

    def values(self, **more: Any) -> dict[str, Any]:
        """The values of the conditions below."""
        return {"site": self.site_id, "sets": self.sets, "until": self.until, **more}

    def matches(self, kind: Kind) -> str:
        """A condition on a row `held` of a kind: it falls under the clean-up, alive or not."""
        own = "held.property_set_id = ANY(%(sets)s::bigint[])"
        if kind.model in IN_REPOSITORIES:
            own = f"({own} OR {self.lies_in_one()})"
        return own + self.spared

    @property
    def spared(self) -> str:
        return " AND held.sequence <= %(until)s" if self.until is not None else ""

    def found(self, kind: Kind, columns: str, alive: str = "held.deleted_at IS NULL") -> str:
        """A statement that finds the rows of a kind that fall under the clean-up.

        What lies in a matching repository is found by the repository: one condition with OR would read every row.
        """
        table = kind.model._meta.db_table
        statement = f"""
            SELECT {columns} FROM {table} AS held
            WHERE held.site_id = %(site)s AND {alive} AND held.property_set_id = ANY(%(sets)s::bigint[]){self.spared}"""  # noqa: S608 (names of this project's own)
        if kind.model not in IN_REPOSITORIES:
            return statement
        return f"""{statement}
            UNION ALL
            SELECT {columns} FROM {table} AS held
            WHERE held.site_id = %(site)s AND {alive} AND held.property_set_id <> ALL(%(sets)s::bigint[]){self.spared}
              AND {self.lies_in_one()}"""  # noqa: S608 (names of this project's own)

    def lies_in_one(self) -> str:
        """Whether a row lies in a repository that goes, or that went in this clean-up: it is marked by its stamp.

        An array, which is read first: where there is no such repository, no row of the kind is looked at.
        """
        spared = " AND home.sequence <= %(until)s" if self.until is not None else ""
        return f"""held.repository_id = ANY(ARRAY(
                SELECT home.repository_id FROM repository AS home
                WHERE home.site_id = %(site)s AND home.property_set_id = ANY(%(sets)s::bigint[]){spared}
                  AND (home.deleted_at IS NULL OR home.deleted_at = %(stamp)s)
            ))"""  # noqa: S608 (names of this project's own)


def ids(criteria: Criteria, kind: Kind, alive: str = "held.deleted_at IS NULL", stamp: Any = None) -> list[int]:
    """The numbers of the rows of a kind that fall under it, lowest first."""
    with connection.cursor() as cursor:
        cursor.execute(criteria.found(kind, "held.id", alive), criteria.values(stamp=stamp))
        return sorted(pk for (pk,) in cursor.fetchall())


def grown(criteria: Criteria, since: int, stamp: Any = None) -> int:
    """How many entities fall under it now that did not when entry `since` was the last.

    A newer version of what fell under it then is no more than before. What a resend brought back to life counts, as
    does what was deleted in between and came again.
    """
    with connection.cursor() as cursor:
        return sum(_grown(cursor, criteria, kind, since, stamp) for kind in criteria.kinds)


def taken_by(version: str, before: str) -> str:
    """A FROM clause: the deletions after a `version` (an entry) that it fell under, of those that satisfy `before`.

    What lies in a repository went with the version of it that Jira had then.
    """
    return f"""
        deletion JOIN envelope AS around ON around.id = {version}.envelope_id
        JOIN property_set AS own ON own.id = around.property_set_id
        WHERE deletion.site_id = %(site)s AND deletion.api = %(api)s AND deletion.outcome <> 'rejected'
          AND deletion.id > {version}.id AND {before}
          AND (deletion.until_sequence IS NULL OR {version}.sequence <= deletion.until_sequence)
          AND (deletion.kind = {version}.kind AND deletion.key = {version}.key
               OR own.pairs @> deletion.properties
               OR deletion.kind = 'repository' AND deletion.key = json_build_array({version}.key::json -> 0)::text
               OR deletion.properties IS NOT NULL AND {version}.kind IN ('commit', 'branch', 'pull_request') AND (
                   SELECT pairs @> deletion.properties
                       AND (deletion.until_sequence IS NULL OR home.sequence <= deletion.until_sequence)
                   FROM entry AS home JOIN envelope ON envelope.id = home.envelope_id
                   JOIN property_set ON property_set.id = envelope.property_set_id
                   WHERE home.site_id = %(site)s AND home.kind = 'repository' AND home.id < deletion.id
                     AND home.key = json_build_array({version}.key::json -> 0)::text
                     AND home.outcome IN ('accepted', 'waiting')
                   ORDER BY home.id DESC LIMIT 1
               ))"""  # noqa: S608 (names of this module's own)


def gone(version: str, before: str) -> str:
    """Whether a `version` (an entry) fell under a deletion after it that satisfies `before`."""
    return f"EXISTS (SELECT 1 FROM {taken_by(version, before)})"  # noqa: S608 (names of this module's own)


def _grown(cursor: Any, criteria: Criteria, kind: Kind, since: int, stamp: Any) -> int:
    in_repository = kind.model in IN_REPOSITORIES
    home = f"OR {criteria.lies_in_one()}" if in_repository else ""
    cursor.execute(
        f"""
        WITH came AS MATERIALIZED (
            SELECT key, max(id) AS id FROM entry
            WHERE id > %(since)s AND site_id = %(site)s AND kind = %(kind)s
              AND outcome NOT IN ('refused', 'out_of_order') GROUP BY key
        )
        SELECT count(*) FROM came
        JOIN entry AS latest ON latest.site_id = %(site)s AND latest.kind = %(kind)s AND latest.key = came.key
        JOIN {kind.model._meta.db_table} AS held ON held.entry_id = latest.id
        LEFT JOIN LATERAL (
            SELECT version.id, version.kind, version.key, version.sequence, version.envelope_id,
                envelope.property_set_id
            FROM entry AS version JOIN envelope ON envelope.id = version.envelope_id
            WHERE version.site_id = %(site)s AND version.kind = %(kind)s AND version.key = came.key
              AND version.id <= %(since)s AND version.outcome NOT IN ('refused', 'out_of_order')
              AND NOT {gone("version", "deletion.id <= %(since)s")}
            ORDER BY version.sequence DESC, version.id DESC LIMIT 1
        ) AS before ON true
        WHERE (held.deleted_at IS NULL OR held.deleted_at = %(stamp)s) AND {criteria.matches(kind)}
          AND (
              before.id IS NULL
              OR NOT (before.property_set_id = ANY(%(sets)s::bigint[]) {home})
              OR {gone("before", "deletion.id < came.id")}
          )
        """,  # noqa: S608 (names of this project's own)
        criteria.values(since=since, kind=kind.name, api=kind.api, stamp=stamp),
    )
    (many,) = cursor.fetchone()
    return int(many)


def in_jira(key: str) -> str:
    """A statement for the version of a `key` of `%(kind)s` that Jira holds: its property set and its sequence.

    That is the highest that it accepted and that no deletion took since.
    """
    return f"""
        SELECT envelope.property_set_id, version.sequence
        FROM entry AS version JOIN envelope ON envelope.id = version.envelope_id
        WHERE version.site_id = %(site)s AND version.kind = %(kind)s AND version.key = {key}
          AND version.outcome = 'accepted' AND NOT {gone("version", "true")}
        ORDER BY version.sequence DESC, version.id DESC LIMIT 1"""  # noqa: S608 (names of this module's own)


@dataclass(frozen=True)
class Unsettled:
    """Of the rows of a kind whose current version Jira has not accepted: how these count.

    `not_there`: fall under the clean-up, but Jira holds no version of them that does. `waiting`: of these, how many
    wait to be sent for the first time. `older`: do not fall under it, but the version that Jira holds does, since a
    newer one was rejected.
    """

    not_there: int
    waiting: int
    older: int


def unsettled(criteria: Criteria, kind: Kind) -> Unsettled:
    """How those that Jira has not accepted as they are now count. They are few, and found by what became of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {_judged(criteria, kind)}
            SELECT
                count(*) FILTER (WHERE falls AND (
                    NOT is_there OR outcome = 'rejected' AND NOT older_falls)),
                count(*) FILTER (WHERE falls AND outcome = 'waiting' AND NOT is_there),
                count(*) FILTER (WHERE {_OLDER})
            FROM judged
            """,  # noqa: S608 (names of this project's own)
            criteria.values(kind=kind.name, api=kind.api, stamp=None),
        )
        return Unsettled(*cursor.fetchone())


def older(criteria: Criteria, kind: Kind) -> list[int]:
    """The rows that `unsettled` counts as older, by number: Jira would lose what it holds of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_judged(criteria, kind)} SELECT held_id FROM judged WHERE {_OLDER} ORDER BY 1",  # noqa: S608 (names of this project's own)
            criteria.values(kind=kind.name, api=kind.api, stamp=None),
        )
        return [pk for (pk,) in cursor.fetchall()]


_OLDER = "NOT falls AND outcome = 'rejected' AND is_there AND older_falls"


def _judged(criteria: Criteria, kind: Kind) -> str:
    """A WITH clause: the rows of a kind that Jira has not accepted as they are now, and what it holds of them."""
    home = f"OR {criteria.lies_in_one()}" if kind.model in IN_REPOSITORIES else ""
    until = "AND coalesce(jira.sequence <= %(until)s, false)" if criteria.until is not None else ""
    return f"""
            WITH left_over AS MATERIALIZED (
                SELECT id, origin_id, key, outcome FROM entry
                WHERE lane_id = ANY(ARRAY(SELECT id FROM lane WHERE site_id = %(site)s AND api = %(api)s))
                  AND outcome = 'waiting' AND kind = %(kind)s
                UNION ALL
                SELECT id, origin_id, key, outcome FROM entry
                WHERE site_id = %(site)s AND outcome = 'rejected' AND kind = %(kind)s
            ), current AS (
                -- What is sent again stands for its origin, which stays current.
                SELECT DISTINCT ON (numbered.id) numbered.id, key, outcome
                FROM left_over CROSS JOIN LATERAL (VALUES (left_over.id), (origin_id)) AS numbered (id)
                WHERE numbered.id IS NOT NULL ORDER BY numbered.id, outcome DESC
            ), judged AS (
                SELECT held.id AS held_id, current.outcome, {criteria.matches(kind)} AS falls,
                    jira.property_set_id IS NOT NULL AS is_there,
                    coalesce(jira.property_set_id = ANY(%(sets)s::bigint[]) {home}, false) {until} AS older_falls
                FROM current JOIN {kind.model._meta.db_table} AS held ON held.entry_id = current.id
                LEFT JOIN LATERAL ({in_jira("current.key")}) AS jira ON true
                WHERE held.deleted_at IS NULL AND held.site_id = %(site)s
            )"""  # noqa: S608 (names of this project's own)


def newest_number(lanes: Iterable[int]) -> int:
    """The number of the last entry so far, with everything numbered before it committed.

    Takes the lanes alone for an instant: what is being written has its number and holds them shared. Call it outside
    of a transaction.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for lane in sorted(lanes):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lane])
        cursor.execute("SELECT nextval('entry_id_seq')")
        (number,) = cursor.fetchone()
    return int(number)
