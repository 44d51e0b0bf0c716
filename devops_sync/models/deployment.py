"""The current state of every deployment: a projection of the entries, with columns for what people filter by."""

import datetime as dt
import json

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from .site import Site
from .submission import Entry, PropertySet


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def of(self, sites: "models.QuerySet[Site]") -> "DeploymentQuerySet":
        return self.filter(site__in=sites)

    def for_issue(self, key: str) -> "DeploymentQuerySet":
        return self.filter(issue_keys__contains=[key.upper()])

    def newest_first(self) -> "DeploymentQuerySet":
        return self.order_by("-changed_at", "-id")

    def before(self, changed_at: dt.datetime, pk: int) -> "DeploymentQuerySet":
        """Those that come after the given one when the newest stands first."""
        return self.filter(Q(changed_at__lt=changed_at) | Q(changed_at=changed_at, id__lt=pk)).filter(
            changed_at__lte=changed_at
        )

    def after(self, changed_at: dt.datetime, pk: int) -> "DeploymentQuerySet":
        """Those that come before the given one when the newest stands first."""
        return self.filter(Q(changed_at__gt=changed_at) | Q(changed_at=changed_at, id__gt=pk)).filter(
            changed_at__gte=changed_at
        )


class Deployment(models.Model):
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

    site = models.ForeignKey(Site, models.PROTECT, related_name="deployments")
    pipeline_id = models.CharField(max_length=255)
    environment_id = models.CharField(max_length=255)
    number = models.BigIntegerField()
    sequence = models.BigIntegerField()
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="deployment")
    property_set = models.ForeignKey(PropertySet, models.PROTECT)
    state = models.CharField(max_length=20, choices=State.choices)
    display_name = models.CharField(max_length=255)
    label = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=255, blank=True)
    url = models.CharField(max_length=2000)
    pipeline_name = models.CharField(max_length=255)
    pipeline_url = models.CharField(max_length=2000)
    environment_name = models.CharField(max_length=255)
    environment_type = models.CharField(max_length=20, choices=EnvironmentType.choices)
    issue_keys = ArrayField(models.TextField(), default=list)
    duration = models.BigIntegerField(null=True, help_text="Seconds, as reported.")
    gated = models.BooleanField(default=False)
    reported_at = models.DateTimeField(help_text="The sender's lastUpdated.")
    changed_at = models.DateTimeField(
        help_text="When it changed: as reported, but never later than it was received, since clocks err."
    )
    first_received_at = models.DateTimeField()

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        db_table = "deployment"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "pipeline_id", "environment_id", "number"], name="deployment_has_one_current_version"
            )
        ]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="deployment_newest"),
            models.Index(fields=["site", "-changed_at", "-id"], name="deployment_newest_of_site"),
            models.Index(fields=["site", "pipeline_id", "-changed_at", "-id"], name="deployment_of_pipeline"),
            GinIndex(fields=["issue_keys"], name="deployment_of_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_name} {self.name}"

    @property
    def name(self) -> str:
        """What people call it: its label, else its display name, else its number."""
        return self.label or self.display_name or f"#{self.number}"

    @property
    def key(self) -> str:
        """Its key as the entries write it."""
        return key_of(self.pipeline_id, self.environment_id, self.number)


def key_of(pipeline_id: str, environment_id: str, number: int) -> str:
    """The key of a deployment as text: a JSON array, since ids may contain any separator."""
    return json.dumps([pipeline_id, environment_id, number], ensure_ascii=False, separators=(",", ":"))
