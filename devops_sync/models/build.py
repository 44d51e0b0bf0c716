"""The current state of every build."""

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import connection, models
from django.db.models import Q

from ..jira import keys
from . import saying
from .current import Current, StatedQuerySet, rejected
from .submission import PropertySet

# What free text is looked for in.
_SAID = ("label", "display_name", "description", "pipeline_id")


class BuildQuerySet(StatedQuerySet["Build"]):
    def saying(self, text: str) -> "BuildQuerySet":
        """Those with the text in a name, label, description, pipeline or number."""
        return self.alias(lines=saying.lines(*_SAID)).filter(saying.matching(text))


class Build(Current):
    """The version of a build with the highest update sequence."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        IN_PROGRESS = "in_progress", "In progress"
        SUCCESSFUL = "successful", "Successful"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        UNKNOWN = "unknown", "Unknown"

    property_set = models.ForeignKey(PropertySet, models.PROTECT, db_index=False)
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
            rejected("build"),
            models.Index(fields=["-changed_at", "-id"], name="build_newest"),
            models.Index(fields=["site", "-changed_at", "-id"], name="build_newest_of_site"),
            models.Index(fields=["pipeline_id", "-changed_at", "-id"], name="build_of_pipeline"),
            models.Index(
                fields=["state", "-changed_at", "-id"], name="build_of_state", condition=~Q(state="successful")
            ),
            # With all that the preview of a clean-up counts, so that of millions no row is read; save whether it was
            # deleted, since marking would touch each index of a row then.
            models.Index(
                fields=["property_set", "-changed_at", "-id"],
                name="build_of_set",
                include=["entry", "sequence", "site", "pipeline_id"],
            ),
            models.Index(fields=["property_set", "state"], name="build_of_set_state", condition=~Q(state="successful")),
            models.Index(
                fields=["pipeline_id", "state", "-changed_at", "-id"],
                name="build_of_pipeline_state",
                condition=~Q(state="successful"),
            ),
            # It summarizes pages, and unlike any other lets a row be marked without touching each of its indexes.
            BrinIndex(fields=["deleted_at"], name="build_deleted", autosummarize=True, pages_per_range=32),
            GinIndex(fields=["issue_keys"], name="build_of_issue"),
            saying.index("build_by_text", *_SAID),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it: its label, else its display name, else its number."""
        return self.label or self.display_name or f"#{self.number}"

    @property
    def says_number(self) -> bool:
        """Whether what people call it tells its number already."""
        return self.name.endswith(f"#{self.number}")

    @property
    def full_name(self) -> str:
        """With its pipeline, unless its name tells that already."""
        return self.name if self.pipeline_id in self.name else f"{self.pipeline_id} {self.name}"

    @property
    def key(self) -> str:
        """Its key as the entries write it."""
        return keys.text(self.pipeline_id, self.number)


def pipelines_of(sites: Sequence[int]) -> list[str]:
    """The pipelines that have builds: one step down the unique index for each."""
    with connection.cursor() as cursor:
        cursor.execute(_PIPELINES_OF, [list(sites)])
        return [pipeline for (pipeline,) in cursor.fetchall()]


_PIPELINES_OF = """
WITH RECURSIVE place AS (
    SELECT first.* FROM unnest(%s::bigint[]) AS site(id) CROSS JOIN LATERAL (
        SELECT site_id, pipeline_id FROM build WHERE site_id = site.id ORDER BY pipeline_id LIMIT 1
    ) AS first
  UNION ALL
    SELECT next.* FROM place CROSS JOIN LATERAL (
        SELECT site_id, pipeline_id FROM build
        WHERE site_id = place.site_id AND pipeline_id > place.pipeline_id ORDER BY pipeline_id LIMIT 1
    ) AS next
)
SELECT DISTINCT pipeline_id FROM place
"""
