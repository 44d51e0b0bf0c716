"""The gates that deployments wait at: what Jira Service Management says of them, each time it was asked."""

import datetime as dt
from collections.abc import Collection

from django.db import models
from django.db.models import Q

from .site import Site
from .submission import Entry


class GateQuerySet(models.QuerySet["Gate"]):
    def followed(self) -> "GateQuerySet":
        return self.filter(stopped_at=None)

    def due(self, now: dt.datetime) -> "GateQuerySet":
        """Those to ask for now, of sites that are neither paused nor removed."""
        return self.followed().filter(due_at__lte=now).exclude(site__in=Site.objects.still_ids())

    def of_key(self, site_id: int, key: str) -> "GateQuerySet":
        return self.filter(site=site_id, key=key)

    def of_keys(self, keys: Collection[tuple[int, str]]) -> "GateQuerySet":
        """Those of these sites with these keys; a key of one site may bring the same key of another."""
        return self.filter(site__in={site for site, _ in keys}, key__in=[key for _, key in keys])


class Gate(models.Model):
    """The gate of one deployment, followed from Jira's acceptance until it is decided or no longer matters."""

    class Stop(models.TextChoices):
        FOLLOWED = "", "Followed"
        DECIDED = "decided", "Decided"
        LEFT_PENDING = "left_pending", "The deployment is no longer pending"
        NOT_AVAILABLE = "not_available", "Not available with this credential"
        NEVER_FOUND = "never_found", "Jira never knew of it"

    # What Jira may say once and for all. "expired" is known from Atlassian's Jenkins plugin only.
    ALLOWED = "allowed"
    FINAL = (ALLOWED, "prevented", "expired", "invalid")

    site = models.ForeignKey(Site, models.PROTECT, related_name="gates", db_index=False)
    key = models.TextField()
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="gates")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    status = models.CharField(max_length=100, blank=True, help_text="As Jira says it; empty until it says any.")
    details = models.JSONField(default=list, help_text="The issues that decide it: issueKey, issueLink.")
    read_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stop = models.CharField(max_length=20, choices=Stop.choices, blank=True, default="")

    objects = GateQuerySet.as_manager()

    class Meta:
        db_table = "gate"
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="gate_is_one_of_its_deployment")]
        indexes = [models.Index(fields=["due_at"], name="gate_due", condition=Q(stopped_at=None))]

    def __str__(self) -> str:
        return f"gate of {self.key}: {self.status or 'not known'}"

    @property
    def is_allowed(self) -> bool:
        return self.status == self.ALLOWED


class GateReading(models.Model):
    """One answer about a gate, or the reason why none came. Never changed."""

    gate = models.ForeignKey(Gate, models.PROTECT, related_name="readings", db_index=False)
    read_at = models.DateTimeField()
    http_status = models.SmallIntegerField(null=True)
    status = models.CharField(max_length=100, blank=True)
    body = models.BinaryField()
    failure = models.TextField(blank=True)

    class Meta:
        db_table = "gate_reading"
        indexes = [models.Index(fields=["gate", "-id"], name="gate_reading_of_gate")]

    def __str__(self) -> str:
        return f"{self.status or self.http_status or 'no answer'} at {self.read_at:%Y-%m-%d %H:%M:%S}"
