"""The current state of every deployment."""

import datetime as dt
from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Count, F, Func, Q, Value

from ..jira import keys
from . import saying
from .current import Current, StatedQuerySet, rejected
from .submission import PropertySet

# What free text is looked for in.
_SAID = ("label", "display_name", "description", "pipeline_name", "pipeline_id")


class DeploymentQuerySet(StatedQuerySet["Deployment"]):
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

    def per_day(self, days: Sequence[dt.datetime]) -> list[tuple[dt.date, str, int]]:
        """How many last changed on each of the days, which are given by when they begin, by state."""
        of_days = Value(list(days), ArrayField(models.DateTimeField()))
        bucket = Func(F("changed_at"), of_days, function="width_bucket", output_field=models.IntegerField())
        found = (
            self.filter(changed_at__gte=days[0])
            .order_by()
            .annotate(day=bucket)
            .values_list("day", "state")
            .annotate(many=Count("pk"))
        )
        return [(days[day - 1].date(), state, many) for day, state, many in found]


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

    property_set = models.ForeignKey(PropertySet, models.PROTECT, db_index=False)
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
            rejected("deployment"),
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
            # With all that the preview of a clean-up counts, so that of millions no row is read; save whether it was
            # deleted, since marking would touch each index of a row then.
            models.Index(
                fields=["property_set", "-changed_at", "-id"],
                name="deployment_of_set",
                include=[
                    "entry",
                    "sequence",
                    "site",
                    "pipeline_id",
                    "environment_id",
                    "environment_type",
                ],
            ),
            models.Index(
                fields=["property_set", "state"], name="deployment_of_set_state", condition=~Q(state="successful")
            ),
            models.Index(
                fields=["pipeline_id", "state", "-changed_at", "-id"],
                name="deployment_of_pipeline_state",
                condition=~Q(state="successful"),
            ),
            # It summarizes pages, and unlike any other lets a row be marked without touching each of its indexes.
            BrinIndex(fields=["deleted_at"], name="deployment_deleted", autosummarize=True, pages_per_range=32),
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
