"""Errands: long pieces of work that a person sends a worker on, planned first, then run, paused or cancelled."""

from django.db import models
from django.db.models import Q

from .lane import Lane
from .site import Site


class ErrandQuerySet(models.QuerySet["Errand"]):
    def running(self) -> "ErrandQuerySet":
        return self.filter(state=Errand.State.RUNNING)

    def feeding(self, lane_id: int) -> "ErrandQuerySet":
        """Those that send again through a lane."""
        return self.filter(
            purpose=Errand.Purpose.RESEND, site__lanes__pk=lane_id, site__lanes__priority=Lane.Priority.RESENT
        )

    def reading(self) -> "ErrandQuerySet":
        """Those that read back."""
        return self.filter(purpose=Errand.Purpose.VERIFY)

    def of(self, sites: "models.QuerySet[Site] | list[Site]") -> "ErrandQuerySet":
        return self.filter(site__in=sites)

    def newest_first(self) -> "ErrandQuerySet":
        return self.order_by("-id")


class Errand(models.Model):
    """Sending entries again, or reading them back: which ones is planned and kept before it runs.

    What was handled so far ends at `handled_to`, the number of the last item: a worker that dies leaves it
    where the next one goes on.
    """

    class Purpose(models.TextChoices):
        RESEND = "resend", "Resend"
        VERIFY = "verify", "Verification"

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Done"

    site = models.ForeignKey(Site, models.PROTECT, related_name="errands")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    user = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="errands")
    asked_at = models.DateTimeField()
    what = models.CharField(max_length=1000, help_text="What it is about, in a person's words.")
    with_history = models.BooleanField(default=False, help_text="Also versions that are not current.")
    with_deleted = models.BooleanField(default=False, help_text="Also what was deleted: somebody ticked that.")
    total = models.IntegerField(default=0)
    plan = models.JSONField(default=dict, help_text="How many of which kind, and in how many requests.")
    handled_to = models.BigIntegerField(default=0)
    passed_over = models.IntegerField(default=0, help_text="Planned, but no longer current when its turn came.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ErrandQuerySet.as_manager()

    class Meta:
        db_table = "errand"
        indexes = [
            models.Index(fields=["id"], name="errand_running", condition=Q(state="running")),
            models.Index(fields=["site", "-id"], name="errand_of_site"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.CANCELLED, self.State.DONE)


class ErrandItem(models.Model):
    """One entry that an errand is about. Its number is its place."""

    errand = models.ForeignKey(Errand, models.CASCADE, related_name="items", db_index=False)
    # Copied from entries by the statement that writes it, and no entry is ever deleted: a check of each of a million
    # would cost as much as the rest of the plan.
    entry = models.ForeignKey("devops_sync.Entry", models.PROTECT, db_index=False, db_constraint=False)
    was_deleted_at = models.DateTimeField(
        null=True, help_text="When what it brought back had been deleted: cancelled, it is deleted as before."
    )

    class Meta:
        db_table = "errand_item"
        constraints = [models.UniqueConstraint(fields=["errand", "id"], name="errand_item_in_order")]

    def __str__(self) -> str:
        return f"entry {self.entry_id} of errand {self.errand_id}"
