"""Clean-ups: what an admin, a rule or a client asked to be deleted, from the first look to the proof that it is gone.

A clean-up is the case, which the pages call a deletion: criteria, preview, reason, who asked and who approved. What
stands in a lane and leaves for Jira are its parts, each one deletion, of an API by properties or of one entity by key.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .site import Site


class CleanupQuerySet(models.QuerySet["Cleanup"]):
    def of(self, sites: "models.QuerySet[Site] | Sequence[Site]") -> "CleanupQuerySet":
        return self.filter(site__in=sites)

    def newest_first(self) -> "CleanupQuerySet":
        return self.order_by("-id")

    def due(self, now: dt.datetime) -> "CleanupQuerySet":
        """Those that a worker has something to do for."""
        return self.filter(Q(state__in=Cleanup.MOVING) | Q(state=Cleanup.State.DELAYED, starts_at__lte=now))


class Cleanup(models.Model):
    """One clean-up. What it chose is either all with some properties, or a list of keys, its parts."""

    class Origin(models.TextChoices):
        PAGE = "page", "By hand"
        SHELL = "shell", "Command line"
        GATEWAY = "gateway", "A client's own request"
        RULE = "rule", "A rule"

    class State(models.TextChoices):
        PREVIEWED = "previewed", "Previewed"
        AWAITING = "awaiting", "Awaiting approval"
        DELAYED = "delayed", "Starts soon"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"
        PROVING = "proving", "Being proven"
        PROVEN = "proven", "Proven"
        UNPROVEN = "unproven", "Not proven"
        CANCELLED = "cancelled", "Cancelled"

    MOVING = (State.RUNNING, State.PROVING)
    OVER = (State.PROVEN, State.UNPROVEN, State.CANCELLED, State.STOPPED)

    site = models.ForeignKey(Site, models.PROTECT, related_name="cleanups", db_index=False)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEWED)
    rule = models.ForeignKey("devops_sync.CleanupRule", models.PROTECT, null=True, related_name="cleanups")
    user = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="cleanups")
    token = models.ForeignKey("devops_sync.Token", models.PROTECT, null=True, related_name="cleanups")
    remote_address = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField()
    what = models.CharField(max_length=1000, help_text="What it is about, in a person's words.")
    apis = ArrayField(models.CharField(max_length=20))
    properties = models.JSONField(null=True, help_text="None for a list of keys.")
    until_sequence = models.BigIntegerField(null=True, help_text="Only what has at most this sequence goes.")
    person = models.CharField(max_length=300, blank=True, help_text="Whose traces go, where a person is forgotten.")

    previewed_at = models.DateTimeField()
    seen_to = models.BigIntegerField(help_text="The number of the last entry that the preview can have seen.")
    preview = models.JSONField(default=dict)
    total = models.IntegerField(default=0, help_text="How many entities would go from Jira.")
    fingerprint = models.CharField(max_length=64)

    reason = models.TextField(blank=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="+")
    needs_approval = models.BooleanField(default=False)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="+")
    delay = models.IntegerField(default=0, help_text="Seconds between the last yes and the start.")
    starts_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    asked_all_at = models.DateTimeField(null=True, help_text="When Jira had answered the last of its requests.")
    finished_at = models.DateTimeField(null=True)
    stopped_for = models.TextField(blank=True, help_text="Why it stopped, in a sentence.")
    history = models.JSONField(default=list, help_text="What was done with it: at, by, what; oldest first.")

    report = models.BinaryField(null=True, help_text="The sealed report: canonical JSON.")
    report_sha256 = models.BinaryField(max_length=32, null=True)

    objects = CleanupQuerySet.as_manager()

    class Meta:
        db_table = "cleanup"
        indexes = [
            models.Index(fields=["site", "-id"], name="cleanup_of_site"),
            models.Index(fields=["site"], name="cleanup_awaiting", condition=Q(state="awaiting")),
            models.Index(
                fields=["id"], name="cleanup_moving", condition=Q(state__in=["running", "proving", "delayed"])
            ),
        ]

    def __str__(self) -> str:
        return f"clean-up {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def is_by_properties(self) -> bool:
        return self.properties is not None

    @property
    def sender(self) -> str:
        """Who asked for it, as the pages say it."""
        if self.token is not None:
            return self.token.name
        if self.user is not None:
            return self.user.get_username()
        return {self.Origin.RULE: "a rule", self.Origin.SHELL: "command line"}.get(
            self.Origin(self.origin), "nobody known"
        )

    @property
    def waiting(self) -> int:
        """How many entities still waited to be sent when it was previewed, and would be withdrawn."""
        return int(self.preview.get("waiting", 0))


class CleanupPartQuerySet(models.QuerySet["CleanupPart"]):
    def open(self) -> "CleanupPartQuerySet":
        """Those that do not stand in a lane yet."""
        return self.exclude(state__in=(CleanupPart.State.STANDING, CleanupPart.State.CANCELLED))

    def standing(self) -> "CleanupPartQuerySet":
        """Those that stand in their lane, with or without an answer of Jira."""
        return self.filter(state=CleanupPart.State.STANDING)


class CleanupPart(models.Model):
    """One request of a clean-up: an API by the clean-up's properties, or one entity by its key."""

    class State(models.TextChoices):
        TODO = "todo", "Not yet asked"
        MARKING = "marking", "Being marked"
        STANDING = "standing", "In its lane"
        REVIVING = "reviving", "Being taken back"
        CANCELLED = "cancelled", "Cancelled"

    cleanup = models.ForeignKey(Cleanup, models.PROTECT, related_name="parts", db_index=False)
    position = models.IntegerField()
    api = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, blank=True)
    key = models.TextField(blank=True)
    total = models.IntegerField(default=0, help_text="How many entities the preview counted in Jira.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.TODO)
    stamp = models.DateTimeField(null=True, help_text="What marks its entities as deleted: their `deleted_at`.")
    seen_to = models.BigIntegerField(null=True, help_text="Up to which entry it was seen that no more match.")
    marked = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    deletion = models.OneToOneField("devops_sync.Deletion", models.PROTECT, null=True, related_name="part")

    objects = CleanupPartQuerySet.as_manager()

    class Meta:
        db_table = "cleanup_part"
        constraints = [models.UniqueConstraint(fields=["cleanup", "position"], name="cleanup_part_has_its_place")]
        indexes = [
            models.Index(fields=["stamp"], name="cleanup_part_marking", condition=Q(state__in=["marking", "reviving"]))
        ]

    def __str__(self) -> str:
        return f"part {self.position} of clean-up {self.cleanup_id}"


class ProofReadingQuerySet(models.QuerySet["ProofReading"]):
    def unanswered(self) -> "ProofReadingQuerySet":
        return self.filter(result=ProofReading.Result.UNANSWERED)


class ProofReading(models.Model):
    """One question to Jira whether something is gone, asked again with patience: Jira deletes in its own time."""

    class Result(models.TextChoices):
        UNANSWERED = "", "Not yet asked"
        GONE = "gone", "Gone"
        THERE = "there", "Still there"
        NEWER = "newer", "Sent again since"
        NOT_TOLD = "not_told", "Cannot be told"

    cleanup = models.ForeignKey(Cleanup, models.PROTECT, related_name="readings", db_index=False)
    position = models.IntegerField()
    api = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, blank=True, help_text="Empty: whether anything has the properties.")
    key = models.TextField(blank=True)
    due_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    url = models.TextField(blank=True)
    status = models.SmallIntegerField(null=True)
    body = models.BinaryField(default=bytes)
    failure = models.TextField(blank=True)
    result = models.CharField(max_length=10, choices=Result.choices, blank=True, default=Result.UNANSWERED)
    answered_at = models.DateTimeField(null=True)
    answers = models.JSONField(default=list, help_text="Each time it was asked: when, and what came back.")

    objects = ProofReadingQuerySet.as_manager()

    class Meta:
        db_table = "proof_reading"
        constraints = [models.UniqueConstraint(fields=["cleanup", "position"], name="proof_reading_has_its_place")]

    def __str__(self) -> str:
        return f"reading {self.position} of clean-up {self.cleanup_id}"


class CleanupRule(models.Model):
    """A rule that cleans up again and again: what has these properties and is older than some days.

    It is off until an admin has confirmed its first preview; each run is a clean-up of its own.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="cleanup_rules")
    name = models.CharField(max_length=100)
    apis = ArrayField(models.CharField(max_length=20))
    properties = models.JSONField()
    older_than = models.IntegerField(help_text="Days since it last changed.")
    every = models.IntegerField(default=1, help_text="Days between two runs.")
    is_on = models.BooleanField(default=False)
    user = models.ForeignKey("devops_sync.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="+")
    next_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cleanup_rule"
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="cleanup_rule_name_is_unique_in_its_site"),
            models.CheckConstraint(condition=Q(older_than__gte=1, every__gte=1), name="cleanup_rule_counts_in_days"),
        ]

    def __str__(self) -> str:
        return self.name


class Redaction(models.Model):
    """A note that personal fields of one record were redacted: what it was, by its hash, and for which clean-up."""

    cleanup = models.ForeignKey(Cleanup, models.PROTECT, related_name="redactions")
    record = models.CharField(max_length=20, help_text="The table: submission, entry or delivery.")
    number = models.CharField(max_length=40, help_text="The row's number or id.")
    column = models.CharField(max_length=20)
    sha256_before = models.BinaryField(max_length=32)
    sha256_after = models.BinaryField(max_length=32)
    fields = models.IntegerField(help_text="How many fields were redacted in it.")
    redacted_at = models.DateTimeField()

    class Meta:
        db_table = "redaction"
        indexes = [models.Index(fields=["record", "number"], name="redaction_of_record")]

    def __str__(self) -> str:
        return f"{self.record} {self.number}, redacted"


def said(at: dt.datetime, by: str, what: str) -> dict[str, Any]:
    """A line of a clean-up's history."""
    return {"at": at.isoformat(), "by": by, "what": what}
