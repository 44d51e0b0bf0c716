"""The current state of every build."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from ..jira import keys
from .current import Current, CurrentQuerySet


class BuildQuerySet(CurrentQuerySet["Build"]):
    pass


class Build(Current):
    """The version of a build with the highest update sequence."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        IN_PROGRESS = "in_progress", "In progress"
        SUCCESSFUL = "successful", "Successful"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        UNKNOWN = "unknown", "Unknown"

    pipeline_id = models.CharField(max_length=255)
    number = models.BigIntegerField()
    state = models.CharField(max_length=20, choices=State.choices)
    display_name = models.CharField(max_length=255)
    label = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=255, blank=True)
    url = models.CharField(max_length=2000)
    tests_total = models.IntegerField(null=True)
    tests_passed = models.IntegerField(null=True)
    tests_failed = models.IntegerField(null=True)
    tests_skipped = models.IntegerField(null=True)
    commit_ids = ArrayField(models.TextField(), default=list)
    ref_names = ArrayField(models.TextField(), default=list)

    objects = BuildQuerySet.as_manager()

    class Meta(Current.Meta):
        db_table = "build"
        constraints = [
            models.UniqueConstraint(fields=["site", "pipeline_id", "number"], name="build_has_one_current_version")
        ]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="build_newest"),
            models.Index(fields=["site", "-changed_at", "-id"], name="build_newest_of_site"),
            models.Index(fields=["site", "pipeline_id", "-changed_at", "-id"], name="build_of_pipeline"),
            GinIndex(fields=["issue_keys"], name="build_of_issue"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it: its label, else its display name, else its number."""
        return self.label or self.display_name or f"#{self.number}"

    @property
    def key(self) -> str:
        """Its key as the entries write it."""
        return keys.text(self.pipeline_id, self.number)
