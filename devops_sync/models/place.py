"""What runs in each place: in each environment of each pipeline.

A place is one step down the unique index of deployments, so that what a question costs grows with the places it is
about, not with the deployments.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from ..jira import keys
from .deployment import Deployment

Place = tuple[int, str, str]


class Latest(NamedTuple):
    """The deployment with the highest number in a place: as much of it as tells the places of a ledger apart."""

    site_id: int
    pipeline_id: str
    environment_id: str
    pipeline_name: str
    environment_name: str
    environment_type: str
    pk: int
    number: int
    state: str
    gated: bool
    changed_at: dt.datetime

    @property
    def is_gated(self) -> bool:
        """Whether it asked Jira for a gate and has not begun."""
        return self.gated and self.state == Deployment.State.PENDING

    @property
    def key(self) -> str:
        """Its key as the entries write it."""
        return keys.text(self.pipeline_id, self.environment_id, self.number)


@dataclass(frozen=True)
class Running:
    """What runs in a place when its latest deployment does not: as much of it as a page says."""

    pk: int
    number: int
    label: str
    display_name: str
    changed_at: dt.datetime

    @property
    def name(self) -> str:
        return self.label or self.display_name or f"#{self.number}"


@dataclass(frozen=True)
class Newest(Running):
    """The latest deployment of a place as a cell says it. `issue_keys` are the first of them."""

    state: str
    gated: bool
    issue_keys: Sequence[str]

    @property
    def is_gated(self) -> bool:
        """Whether it asked Jira for a gate and has not begun."""
        return self.gated and self.state == Deployment.State.PENDING


@dataclass(frozen=True)
class Past:
    """The last few labels of a place, the latest first, its latest deployment, and what runs if that does not.

    What runs is the last success whose label was not rolled back since; where every label was, the last success.
    """

    labels: list[str]
    newest: Newest
    runs: Running | None


def latest_by_place(sites: Iterable[int]) -> list[Latest]:
    """The deployment with the highest number of each pipeline in each environment, by site, pipeline, environment."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_BY_PLACE, [list(sites)])
        return [Latest(*row) for row in cursor.fetchall()]


def past_by_place(places: Sequence[Place], most: int) -> dict[Place, Past]:
    """What each place has seen lately, looking back over `most` deployments; nothing of a place without any."""
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PAST_BY_PLACE, [*(list(part) for part in zip(*places, strict=True)), most])
        return {
            (site, pipeline, environment): Past(labels, Newest(*row[:8]), Running(*row[8:]) if row[8] else None)
            for site, pipeline, environment, labels, *row in cursor.fetchall()
        }


_LATEST_BY_PLACE = """
WITH RECURSIVE place AS (
    SELECT first.* FROM unnest(%s::bigint[]) AS site(id) CROSS JOIN LATERAL (
        SELECT site_id, pipeline_id, environment_id FROM deployment
        WHERE site_id = site.id AND deleted_at IS NULL
        ORDER BY pipeline_id, environment_id LIMIT 1
    ) AS first
  UNION ALL
    SELECT next.* FROM place CROSS JOIN LATERAL (
        SELECT site_id, pipeline_id, environment_id FROM deployment
        WHERE site_id = place.site_id AND deleted_at IS NULL
          AND (pipeline_id, environment_id) > (place.pipeline_id, place.environment_id)
        ORDER BY pipeline_id, environment_id LIMIT 1
    ) AS next
)
SELECT place.*, latest.* FROM place CROSS JOIN LATERAL (
    SELECT pipeline_name, environment_name, environment_type, id, number, state, gated, changed_at FROM deployment
    WHERE site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id
      AND deleted_at IS NULL
    ORDER BY number DESC LIMIT 1
) AS latest
"""

_PAST_BY_PLACE = """
SELECT place.*, past.*
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS place(site_id, pipeline_id, environment_id)
CROSS JOIN LATERAL (
    WITH few AS MATERIALIZED (
        SELECT id, number, label, display_name, changed_at, state, gated, issue_keys FROM deployment
        WHERE site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id
          AND deleted_at IS NULL
        ORDER BY number DESC LIMIT %s
    )
    SELECT (SELECT array_agg(label ORDER BY number DESC) FROM few), newest.*, runs.*
    FROM (
        SELECT id, number, label, display_name, changed_at, state, gated, issue_keys[:50] FROM few
        ORDER BY number DESC LIMIT 1
    ) AS newest
    LEFT JOIN LATERAL (
        SELECT id, number, label, display_name, changed_at FROM few
        WHERE state = 'successful' AND newest.state <> 'successful'
        ORDER BY EXISTS (
            SELECT 1 FROM few AS back
            WHERE back.state = 'rolled_back' AND back.number > few.number
              AND back.label = few.label AND back.label <> ''
        ), number DESC LIMIT 1
    ) AS runs ON true
) AS past
"""
