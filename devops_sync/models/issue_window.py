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
        began=_began(until),
        rows=_rows(until),
        project="AND key LIKE %s" if project else "",
        place=f"HAVING (max(changed_at), key) {sign} (%s, %s)" if mark else "",
        order=order,
    )
    values = [*_values(sites, until) * 2, *([_prefix(project)] if project else []), *(mark or ()), most]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    since = found[0][0]
    issues = [Touched(*row) for _, *row in found if row[0] is not None]
    return Window(since, issues[::-1] if newer else issues)


def projects(sites: Sequence[int]) -> list[tuple[str, int]]:
    """The projects of the issues that the latest changes touched, with how many issues of each, the most first."""
    with connection.cursor() as cursor:
        cursor.execute(_PROJECTS.format(began=_began(None), rows=_rows(None)), _values(sites, None) * 2)
        return [(project, many) for project, many in cursor.fetchall()]


def count_after(sites: Sequence[int], instant: dt.datetime, *, project: str = "") -> int:
    """How many issues were touched after an instant, by the latest changes."""
    window = touched(sites, CHANGES, project=project, newer=(instant, "\U0010ffff"))
    return len(window.issues)


def _prefix(project: str) -> str:
    return project.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "-%"


def _values(sites: Sequence[int], until: dt.datetime | None) -> list[Any]:
    return [list(sites), *([until] if until else [])] * len(KINDS)


def _began(until: dt.datetime | None) -> str:
    """Where the latest of each kind of each site begin, if they do not go back to the first: a step in the index."""
    return " UNION ALL ".join(
        f"""SELECT first.* FROM unnest(%s::bigint[]) AS site(id) CROSS JOIN LATERAL (
            SELECT changed_at AS first_at FROM {table} WHERE site_id = site.id {_before(until)}
            ORDER BY changed_at DESC, id DESC OFFSET {CHANGES - 1} LIMIT 1
        ) AS first"""  # noqa: S608 (names of this project's own)
        for table in KINDS
    )


def _rows(until: dt.datetime | None) -> str:
    """The latest rows of each kind of each site that lie in the window: by the index of that site's newest."""
    return " UNION ALL ".join(
        f"""SELECT '{table}' AS kind, few.* FROM began CROSS JOIN unnest(%s::bigint[]) AS site(id) CROSS JOIN LATERAL (
            SELECT issue_keys, changed_at, deleted_at FROM {table}
            WHERE site_id = site.id AND changed_at >= coalesce(began.since, '-infinity') {_before(until)}
            ORDER BY changed_at DESC, id DESC LIMIT {CHANGES}
        ) AS few"""  # noqa: S608 (names of this project's own)
        for table in KINDS
    )


def _before(until: dt.datetime | None) -> str:
    return "AND changed_at < %s" if until else ""


# Where the latest of a kind do not go back to its first, the window begins at the oldest of them, for every kind: most
# kinds have far fewer rows in it than the one that has the most, and only these are read.
_WINDOW = """
WITH began AS MATERIALIZED (SELECT max(first_at) AS since FROM ({began}) AS cut),
latest AS MATERIALIZED ({rows}),
named AS (SELECT kind, changed_at, unnest(issue_keys) AS key FROM latest WHERE deleted_at IS NULL)
"""

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
