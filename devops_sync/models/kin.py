"""What belongs to an entity: others of its site that name one of its issues, or that name it, or that it names.

One statement for all kinds. Rows are found by their issues and by the hashes of commits, each by its index, and
fenced off (MATERIALIZED) before they are sorted: walking through time would be slow where few of them are.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

KINDS = ("deployment", "build", "pull_request", "branch", "commit")
# How many of a kind are looked at: an issue of ten thousand commits is no help on a page.
MOST = 5_000


@dataclass(frozen=True)
class Found:
    """The ids of some of a kind, the nearest first, which of them a reference ties, and how many there are."""

    ids: list[int]
    named: set[int]
    count: int


@dataclass(frozen=True)
class Names:
    """What an entity is found by: its issues, and the commits and branches that it is or names."""

    issues: Sequence[str]
    commits: Sequence[str] = ()
    branches: Sequence[str] = ()


# How a row says that it is tied to a commit or a branch of the given names.
_TIED = {
    "deployment": "false",
    "build": "commit_ids && %(commits)s::text[] OR ref_names && %(branches)s::text[]",
    "pull_request": "source_branch = ANY(%(branches)s)",
    "branch": "name = ANY(%(branches)s) OR last_commit_id = ANY(%(commits)s)",
    "commit": "ident = ANY(%(commits)s)",
}
# Beside those that share an issue: commits are also found by their hash alone.
_FOUND_BY_NAME = {
    "commit": "UNION SELECT id, changed_at, true FROM commit WHERE site_id = %(site)s AND ident = ANY(%(commits)s)"
    " AND deleted_at IS NULL"
}


def of(site_id: int, own: str, names: Names, at: dt.datetime, shown: int) -> dict[str, Found]:
    """What belongs to an entity of the kind `own`, by kind: up to `shown` of each, what a reference ties first, then
    those nearest in time to the instant. One query; none for what names nothing."""
    if not (names.issues or names.commits):
        return {}
    values: dict[str, Any] = {
        "site": site_id,
        "issues": list(names.issues),
        "commits": list(names.commits),
        "branches": list(names.branches),
        "at": at,
        "shown": shown,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement([kind for kind in KINDS if kind != own]), values)
        return {kind: Found(ids, set(named or ()), count) for kind, ids, named, count in cursor.fetchall()}


def _statement(kinds: Sequence[str]) -> str:
    return " UNION ALL ".join(f"({_nearest(kind)})" for kind in kinds)


def _nearest(kind: str) -> str:
    return f"""
        WITH kin (id, changed_at, is_tied) AS MATERIALIZED (
            (SELECT id, changed_at, {_TIED[kind]} FROM {kind}
             WHERE issue_keys && %(issues)s::text[] AND site_id = %(site)s AND deleted_at IS NULL LIMIT %(most)s)
            {_FOUND_BY_NAME.get(kind, "")}
        ),
        few AS (
            SELECT id, is_tied, row_number() OVER (
                ORDER BY is_tied DESC, abs(date_part('epoch', changed_at - %(at)s::timestamptz)), id DESC
            ) AS place FROM kin ORDER BY place LIMIT %(shown)s
        )
        SELECT '{kind}', array_agg(id ORDER BY place), array_agg(id) FILTER (WHERE is_tied),
               (SELECT count(*) FROM kin)
        FROM few HAVING count(*) > 0
    """  # noqa: S608 (words of this module's own)
