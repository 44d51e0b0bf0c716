"""Which issues were touched lately. Nothing is kept for each issue, so it is read from the latest rows of each kind:
what that costs is bounded, however much there is, and how far back it reaches is said."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .issue import KINDS

CHANGES = 2000


@dataclass(frozen=True)
class Touched:
    """An issue, with how many rows of each kind touched it in the window, and when last."""

    key: str
    changed_at: dt.datetime
    branches: int
    commits: int
    pull_requests: int
    builds: int
    deployments: int

    @property
    def pk(self) -> str:
        return self.key


@dataclass(frozen=True)
class Window:
    """Some of the issues of a window that begins at `since`, None when it reaches back to the first of all."""

    since: dt.datetime | None
    issues: list[Touched]


Mark = tuple[dt.datetime, str]


def touched(
    sites: Sequence[int],
    most: int,
    *,
    project: str = "",
    until: dt.datetime | None = None,
    older: Mark | None = None,
    newer: Mark | None = None,
) -> Window:
    """Issues that the latest changes before `until` touched, the latest first; or those next to a mark."""
    mark = older or newer
    sign, order = (">", "ASC") if newer else ("<", "DESC")
    statement = _TOUCHED.format(
        rows=_rows(until),
        project="AND key LIKE %s" if project else "",
        place=f"HAVING (max(changed_at), key) {sign} (%s, %s)" if mark else "",
        order=order,
    )
    values = [*_values(sites, until), *([_prefix(project)] if project else []), *(mark or ()), most]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    since = found[0][0]
    issues = [Touched(*row) for _, *row in found if row[0] is not None]
    return Window(since, issues[::-1] if newer else issues)


def projects(sites: Sequence[int]) -> list[tuple[str, int]]:
    """The projects of the issues that the latest changes touched, with how many issues of each, the most first."""
    with connection.cursor() as cursor:
        cursor.execute(_PROJECTS.format(rows=_rows(None)), _values(sites, None))
        return [(project, many) for project, many in cursor.fetchall()]


def count_after(sites: Sequence[int], instant: dt.datetime, *, project: str = "") -> int:
    """How many issues were touched after an instant, by the latest changes."""
    window = touched(sites, CHANGES, project=project, newer=(instant, "\U0010ffff"))
    return len(window.issues)


def _prefix(project: str) -> str:
    return project.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "-%"


def _values(sites: Sequence[int], until: dt.datetime | None) -> list[Any]:
    return [list(sites), *([until] if until else [])] * len(KINDS)


def _rows(until: dt.datetime | None) -> str:
    """The latest rows of each kind of each site: one step down the index of that site's newest."""
    before = "AND changed_at < %s" if until else ""
    return " UNION ALL ".join(
        f"""SELECT '{table}' AS kind, few.* FROM unnest(%s::bigint[]) AS site(id) CROSS JOIN LATERAL (
            SELECT site_id, issue_keys, changed_at, deleted_at FROM {table}
            WHERE site_id = site.id {before}
            ORDER BY changed_at DESC, id DESC LIMIT {CHANGES}
        ) AS few"""  # noqa: S608 (names of this project's own)
        for table in KINDS
    )


# Where the latest of a kind do not go back to its first, the window begins at the oldest of them, for every kind.
_WINDOW = f"""
WITH latest AS MATERIALIZED ({{rows}}),
began AS (
    SELECT max(first_at) AS since FROM (
        SELECT min(changed_at) AS first_at FROM latest GROUP BY kind, site_id HAVING count(*) >= {CHANGES}
    ) AS cut
),
named AS (
    SELECT kind, changed_at, unnest(issue_keys) AS key FROM latest CROSS JOIN began
    WHERE deleted_at IS NULL AND (since IS NULL OR changed_at >= since)
)
"""  # noqa: S608 (names of this project's own)

_TOUCHED = f"""{_WINDOW},
issue AS (
    SELECT key, max(changed_at) AS changed_at, {", ".join(f"count(*) FILTER (WHERE kind = '{kind}')" for kind in KINDS)}
    FROM named WHERE key <> '' {{project}}
    GROUP BY key {{place}}
    ORDER BY 2 {{order}}, key {{order}} LIMIT %s
)
SELECT began.since, issue.* FROM began LEFT JOIN issue ON true ORDER BY issue.changed_at {{order}}, issue.key {{order}}
"""  # noqa: S608 (names of this project's own)

_PROJECTS = f"""{_WINDOW}
SELECT regexp_replace(key, '-[0-9]+$', '') AS project, count(DISTINCT key) AS many
FROM named WHERE key ~ '-[0-9]+$' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 60
"""  # noqa: S608 (names of this project's own)
