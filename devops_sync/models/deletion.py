"""Deletions: what was asked to go, by key or by properties, and what Jira said to it."""

from django.db import models
from django.db.models import Q

from .site import Site, Token


class DeletionQuerySet(models.QuerySet["Deletion"]):
    def waiting(self) -> "DeletionQuerySet":
        return self.filter(outcome=Deletion.Outcome.WAITING)

    def newest_first(self) -> "DeletionQuerySet":
        return self.order_by("-id")


class Deletion(models.Model):
    """One request to delete. Its number comes from the entries' sequence: it is its place in the lane."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    id = models.BigIntegerField(primary_key=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="deletions")
    lane = models.ForeignKey("devops_sync.Lane", models.PROTECT, related_name="deletions")
    token = models.ForeignKey(Token, models.PROTECT, null=True, related_name="deletions")
    user = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="deletions")
    remote_address = models.GenericIPAddressField(null=True)
    api = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=20, blank=True)
    key = models.TextField(blank=True)
    properties = models.JSONField(null=True)
    until_sequence = models.BigIntegerField(null=True, help_text="Only what has at most this sequence goes.")
    marked_count = models.IntegerField(default=0, help_text="How many entities it deleted in the ledger.")
    withdrawn_count = models.IntegerField(default=0, help_text="How many entries it kept from being sent.")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.WAITING)
    outcome_at = models.DateTimeField(null=True)
    errors = models.JSONField(default=list)

    objects = DeletionQuerySet.as_manager()

    class Meta:
        db_table = "deletion"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="", key="", properties__isnull=False) | Q(~Q(kind=""), properties__isnull=True),
                name="deletion_is_by_key_or_by_properties",
            )
        ]
        indexes = [
            models.Index(fields=["lane", "id"], name="deletion_waiting", condition=Q(outcome="waiting")),
            models.Index(fields=["site", "-id"], name="deletion_of_site"),
        ]

    def __str__(self) -> str:
        return f"deletion {self.pk}"
