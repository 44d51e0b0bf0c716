"""What Jira gave back when it was read."""

import datetime as dt

from django.db import models

from .site import Site
from .submission import Entry


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def unanswered(self) -> "ConfirmationQuerySet":
        return self.filter(answered_at=None)

    def due(self, now: dt.datetime) -> "ConfirmationQuerySet":
        return self.unanswered().moving().filter(due_at__lte=now)

    def moving(self) -> "ConfirmationQuerySet":
        """Those of sites that are neither paused nor removed."""
        still = Site.objects.still_ids()
        return self.exclude(entry__site__in=still) if still else self


class Confirmation(models.Model):
    """One read-back of one entry: asked for, then what came and whether it is what was sent."""

    class Result(models.TextChoices):
        UNANSWERED = "", "Unanswered"
        CONFIRMED = "confirmed", "Confirmed"
        DIFFERENT = "different", "Different"
        MISSING = "missing", "Missing"
        NOT_TOLD = "not_told", "Cannot be told"

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="confirmations", db_index=False)
    user = models.ForeignKey("devops_sync.User", models.PROTECT, null=True)
    errand = models.ForeignKey(
        "devops_sync.Errand", models.PROTECT, null=True, related_name="confirmations", db_index=False
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    url = models.TextField(blank=True)
    status = models.SmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    result = models.CharField(max_length=20, choices=Result.choices, blank=True, default="")
    differences = models.JSONField(default=list, help_text="The names of the fields that differ.")
    failure = models.TextField(blank=True)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        db_table = "confirmation"
        indexes = [
            models.Index(fields=["entry", "-id"], name="confirmation_of_entry"),
            models.Index(fields=["due_at"], name="confirmation_due", condition=models.Q(answered_at=None)),
            models.Index(fields=["errand"], name="confirmation_of_errand", condition=models.Q(errand__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.result or 'unanswered'}, asked {self.asked_at:%Y-%m-%d %H:%M:%S}"
