"""The properties that there are: keys, and the values of a key, with how many entities have each.

Whoever asks completes what somebody writes: a filter, or what is to be deleted. Jira never gives properties back, so
this ledger is the one place that can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

# The latest sets that are looked through, and how far the entities of one value are counted.
SETS = 20_000
COUNTED = 1000
_KINDS = ("deployment", "build", "repository", "commit", "branch", "pull_request")


@dataclass(frozen=True)
class Key:
    """A key, with how many different values it has."""

    name: str
    values: int


@dataclass(frozen=True)
class Value:
    """A value of a key, with how many current entities have it; `COUNTED` stands for more."""

    key: str
    value: str
    entities: int

    @property
    def pair(self) -> str:
        return f"{self.key}={self.value}"


def keys(sites: Sequence[int], text: str = "", most: int = 30) -> list[Key]:
    """Keys that contain the text, regardless of case: those that begin with it first."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, {"sites": list(sites), "sets": SETS, "text": text, "most": most})
        return [Key(*row) for row in cursor.fetchall()]


def values(sites: Sequence[int], key: str, text: str = "", most: int = 30) -> list[Value]:
    """Values of the key that contain the text, in the same order."""
    asked: dict[str, Any] = {
        "sites": list(sites),
        "sets": SETS,
        "key": key,
        "text": text,
        "most": most,
        "counted": COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, asked)
        return [Value(key, *row) for row in cursor.fetchall()]


_LATEST = """
WITH latest AS MATERIALIZED (
    SELECT id, pairs FROM property_set WHERE site_id = ANY(%(sites)s) ORDER BY id DESC LIMIT %(sets)s
)
"""

_KEYS = f"""{_LATEST}
SELECT pair.key, count(DISTINCT pair.value)
FROM latest CROSS JOIN LATERAL jsonb_each_text(latest.pairs) AS pair
WHERE strpos(upper(pair.key), upper(%(text)s)) > 0
GROUP BY pair.key ORDER BY NOT starts_with(upper(pair.key), upper(%(text)s)), pair.key LIMIT %(most)s
"""  # noqa: S608 (text of this project's own)

_VALUES = f"""{_LATEST},
found AS MATERIALIZED (
    SELECT pairs ->> %(key)s AS value, array_agg(id) AS sets FROM latest
    WHERE pairs ->> %(key)s IS NOT NULL AND strpos(upper(pairs ->> %(key)s), upper(%(text)s)) > 0
    GROUP BY 1 ORDER BY NOT starts_with(upper(pairs ->> %(key)s), upper(%(text)s)), 1 LIMIT %(most)s
)
SELECT found.value, (
    SELECT count(*) FROM (
        {" UNION ALL ".join(f"SELECT 1 FROM {kind} WHERE property_set_id = ANY(found.sets) AND deleted_at IS NULL" for kind in _KINDS)}
        LIMIT %(counted)s
    ) AS few
)
FROM found ORDER BY NOT starts_with(upper(found.value), upper(%(text)s)), found.value
"""  # noqa: S608, E501 (text of this project's own)
