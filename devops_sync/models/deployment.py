"""The current state of every deployment, and what runs in each place."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from ..jira import keys
from . import saying
from .current import Current, CurrentQuerySet

# What free text is looked for in.
_SAID = ("label", "display_name", "description", "pipeline_name", "pipeline_id")


class DeploymentQuerySet(CurrentQuerySet["Deployment"]):
    def saying(self, text: str) -> "DeploymentQuerySet":
        """Those with the text in a name, label, description or number."""
        return self.alias(lines=saying.lines(*_SAID)).filter(saying.matching(text))

    def in_environment(self, text: str) -> "DeploymentQuerySet":
        """Those in the environment with this id or name."""
        return self.filter(Q(environment_id=text) | Q(environment_name=text))

    def named_like(self, other: "Deployment") -> "DeploymentQuerySet":
        """The same label of the same pipeline, wherever it went; none when it has no label."""
        if not other.label:
            return self.none()
        return self.alive().filter(site=other.site_id, pipeline_id=other.pipeline_id, label=other.label)

    def in_place_of(self, other: "Deployment") -> "DeploymentQuerySet":
        """All of the same pipeline in the same environment."""
        place = {"pipeline_id": other.pipeline_id, "environment_id": other.environment_id}
        return self.alive().filter(site=other.site_id, **place)

    def per_day(self, since: dt.datetime) -> list[tuple[dt.date, str, int]]:
        """How many last changed on each day (UTC), by state."""
        found = (
            self.filter(changed_at__gte=since)
            .order_by()
            .annotate(day=TruncDate("changed_at", tzinfo=dt.UTC))
            .values_list("day", "state")
            .annotate(many=Count("pk"))
        )
        return [(day, state, many) for day, state, many in found]


class Deployment(Current):
    """The version of a deployment with the highest update sequence."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        IN_PROGRESS = "in_progress", "In progress"
        SUCCESSFUL = "successful", "Successful"
        FAILED = "failed", "Failed"
        ROLLED_BACK = "rolled_back", "Rolled back"
        CANCELLED = "cancelled", "Cancelled"
        UNKNOWN = "unknown", "Unknown"

    class EnvironmentType(models.TextChoices):
        DEVELOPMENT = "development", "Development"
        TESTING = "testing", "Testing"
        STAGING = "staging", "Staging"
        PRODUCTION = "production", "Production"
        UNMAPPED = "unmapped", "Unmapped"

    pipeline_id = models.CharField(max_length=255)
    environment_id = models.CharField(max_length=255)
    number = models.BigIntegerField()
    state = models.CharField(max_length=20, choices=State.choices)
    display_name = models.CharField(max_length=255)
    label = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=255, blank=True)
    url = models.CharField(max_length=2000)
    pipeline_name = models.CharField(max_length=255)
    pipeline_url = models.CharField(max_length=2000)
    environment_name = models.CharField(max_length=255)
    environment_type = models.CharField(max_length=20, choices=EnvironmentType.choices)
    duration = models.BigIntegerField(null=True, help_text="Seconds, as reported.")
    gated = models.BooleanField(default=False)

    objects = DeploymentQuerySet.as_manager()

    class Meta(Current.Meta):
        db_table = "deployment"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "pipeline_id", "environment_id", "number"], name="deployment_has_one_current_version"
            )
        ]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="deployment_newest"),
            models.Index(fields=["site", "-changed_at", "-id"], name="deployment_newest_of_site"),
            # Without the site: who asks usually sees several, and an index that begins with it would not give their
            # order together.
            models.Index(fields=["pipeline_id", "-changed_at", "-id"], name="deployment_of_pipeline"),
            models.Index(fields=["environment_id", "-changed_at", "-id"], name="deployment_of_environment"),
            # Most went well, and among all of them those are soon found.
            models.Index(
                fields=["state", "-changed_at", "-id"], name="deployment_of_state", condition=~Q(state="successful")
            ),
            GinIndex(fields=["issue_keys"], name="deployment_of_issue"),
            models.Index(fields=["site", "pipeline_id", "label"], name="deployment_by_label", condition=~Q(label="")),
            saying.index("deployment_by_text", *_SAID),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_name} {self.name}"

    @property
    def name(self) -> str:
        """What people call it: its label, else its display name, else its number."""
        return self.label or self.display_name or f"#{self.number}"

    @property
    def is_gated(self) -> bool:
        """Whether it asked Jira for a gate and has not begun."""
        return self.gated and self.state == self.State.PENDING

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
class Past:
    """The last few labels of a place, the latest first, and what ran before its latest deployment.

    That is the last success whose label was not rolled back since; where every label was, the last success.
    """

    labels: list[str]
    runs: Running | None


Place = tuple[int, str, str]


def latest_by_place(sites: Iterable[int]) -> list[Deployment]:
    """The deployment with the highest number of each pipeline in each environment, by site, pipeline, environment.

    One step down the unique index for each place: what it costs grows with the places, not the deployments.
    """
    return list(Deployment.objects.raw(_LATEST_BY_PLACE, [list(sites)]))


def past_by_place(places: Sequence[Place], most: int) -> dict[Place, Past]:
    """What each place (site, pipeline, environment) has seen lately, looking back over `most` deployments."""
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PAST_BY_PLACE, [*(list(part) for part in zip(*places, strict=True)), most, most])
        return {
            (site, pipeline, environment): Past(labels, Running(*runs) if runs[0] else None)
            for site, pipeline, environment, labels, *runs in cursor.fetchall()
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
SELECT latest.* FROM place CROSS JOIN LATERAL (
    SELECT * FROM deployment
    WHERE site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id
      AND deleted_at IS NULL
    ORDER BY number DESC LIMIT 1
) AS latest
"""

_PAST_BY_PLACE = """
SELECT place.*, past.labels, runs.*
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS place(site_id, pipeline_id, environment_id)
CROSS JOIN LATERAL (
    SELECT array_agg(label ORDER BY number DESC) FROM (
        SELECT label, number FROM deployment
        WHERE site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id
          AND deleted_at IS NULL
        ORDER BY number DESC LIMIT %s
    ) AS few
) AS past(labels)
LEFT JOIN LATERAL (
    WITH few AS (
        SELECT id, number, label, display_name, changed_at, state FROM deployment
        WHERE site_id = place.site_id AND pipeline_id = place.pipeline_id AND environment_id = place.environment_id
          AND deleted_at IS NULL
        ORDER BY number DESC LIMIT %s
    )
    SELECT id, number, label, display_name, changed_at FROM few
    WHERE state = 'successful' AND number < (SELECT max(number) FROM few)
    ORDER BY EXISTS (
        SELECT 1 FROM few AS back
        WHERE back.state = 'rolled_back' AND back.number > few.number AND back.label = few.label AND back.label <> ''
    ), number DESC LIMIT 1
) AS runs ON true
"""
