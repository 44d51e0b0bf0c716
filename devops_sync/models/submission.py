"""What came in: submissions as received, and the entries in them. Rows here are never changed,
save for what became of an entry."""

import datetime as dt
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Q

from .site import Site, Token

# How the path of a submission begins that did not come over HTTP: whoever can run commands is no stranger.
FROM_COMMAND_LINE = "manage.py submit"


def time_ordered_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): milliseconds first, so that rows lie in the index as they came."""
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (noise >> 68) << 64 | 2 << 62 | noise & (1 << 62) - 1
    return uuid.UUID(int=value)


class PropertySet(models.Model):
    """One distinct set of properties of a site, stored once. Jira never gives properties back."""

    site = models.ForeignKey(Site, models.PROTECT)
    digest = models.BinaryField(max_length=32)
    pairs = models.JSONField()

    class Meta:
        db_table = "property_set"
        constraints = [models.UniqueConstraint(fields=["site", "digest"], name="property_set_is_stored_once")]
        indexes = [GinIndex(fields=["pairs"], opclasses=["jsonb_path_ops"], name="property_set_by_pair")]

    def __str__(self) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.pairs.items())


class Envelope(models.Model):
    """What stood around the entities of a request, as raw JSON by field: properties, provider and all else.

    Entries that share an envelope may leave in one request.
    """

    site = models.ForeignKey(Site, models.PROTECT)
    digest = models.BinaryField(max_length=32)
    fields = models.JSONField()
    property_set = models.ForeignKey(PropertySet, models.PROTECT)

    class Meta:
        db_table = "envelope"
        constraints = [models.UniqueConstraint(fields=["site", "digest"], name="envelope_is_stored_once")]

    def __str__(self) -> str:
        return f"envelope {self.pk}"


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def of(self, sites: "models.QuerySet[Site] | Sequence[Site]", *, and_of_none: bool = False) -> "SubmissionQuerySet":
        """Those of the given sites; `and_of_none` adds the ones that named no site."""
        return self.filter(Q(site__in=sites) | Q(site=None) if and_of_none else Q(site__in=sites))

    def newest_first(self) -> "SubmissionQuerySet":
        return self.order_by("-id")


class Submission(models.Model):
    """One request that came in: its bytes, their SHA-256, who sent it and when."""

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="submissions")
    token = models.ForeignKey(Token, models.PROTECT, null=True, related_name="submissions")
    user = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="submissions")
    remote_address = models.GenericIPAddressField(null=True)
    api = models.CharField(max_length=20)
    path = models.CharField(max_length=300)
    received_at = models.DateTimeField()
    validated_at = models.DateTimeField()
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32, null=True)
    raw = models.BinaryField(null=True)
    envelope = models.ForeignKey(Envelope, models.PROTECT, null=True)
    status = models.SmallIntegerField()
    refusal = models.TextField(blank=True)
    entry_count = models.IntegerField(default=0)
    refused_count = models.IntegerField(default=0)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        db_table = "submission"
        indexes = [
            models.Index(fields=["site", "-id"], name="submission_of_site"),
            models.Index(fields=["-id"], name="submission_refused", condition=Q(status__gte=400)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sender(self) -> str:
        """Who sent it, as the pages say it."""
        if self.token is not None:
            return self.token.name
        if self.path.startswith(FROM_COMMAND_LINE):
            return "command line"
        return self.user.get_username() if self.user is not None else "nobody known"

    @property
    def sound_count(self) -> int:
        """How many of its entities were not refused."""
        return self.entry_count - self.refused_count

    @property
    def validation_time(self) -> dt.timedelta:
        return self.validated_at - self.received_at


class FirstAnswer(models.Model):
    """What was answered to the first request that came with an `Idempotency-Key`, for those that repeat it.

    `body` is empty until that answer is given.
    """

    token = models.ForeignKey(Token, models.PROTECT)
    key = models.CharField(max_length=255)
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="first_answer")
    status = models.SmallIntegerField()
    body = models.BinaryField(null=True)

    class Meta:
        db_table = "first_answer"
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="first_answer_is_one_for_a_key")]

    def __str__(self) -> str:
        return f"answer to {self.submission_id}"


class EntryQuerySet(models.QuerySet["Entry"]):
    def waiting(self) -> "EntryQuerySet":
        return self.filter(outcome=Entry.Outcome.WAITING)

    def rejected_since(self, instant: dt.datetime) -> "EntryQuerySet":
        return self.filter(outcome=Entry.Outcome.REJECTED, outcome_at__gte=instant)

    def of_key(self, site_id: int, kind: str, key: str) -> "EntryQuerySet":
        return self.filter(site_id=site_id, kind=kind, key=key)


class Entry(models.Model):
    """One version of one entity inside a submission, and what became of it."""

    class Outcome(models.TextChoices):
        REFUSED = "refused", "Refused"
        OUT_OF_ORDER = "out_of_order", "Out of order"
        WAITING = "waiting", "Waiting"
        SUPERSEDED = "superseded", "Superseded"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    class ReadBack(models.TextChoices):
        NOT_READ = "not_read", "Not read"
        CONFIRMED = "confirmed", "Confirmed"
        DIFFERENT = "different", "Different"
        MISSING = "missing", "Missing"

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="entries")
    position = models.IntegerField()
    site = models.ForeignKey(Site, models.PROTECT)
    lane = models.ForeignKey("devops_sync.Lane", models.PROTECT, null=True, related_name="entries")
    envelope = models.ForeignKey(Envelope, models.PROTECT)
    kind = models.CharField(max_length=20)
    key = models.TextField()
    sequence = models.BigIntegerField(null=True)
    payload = models.TextField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    outcome_at = models.DateTimeField(null=True)
    delivery = models.ForeignKey("devops_sync.Delivery", models.PROTECT, null=True, related_name="entries")
    errors = models.JSONField(default=list)
    mends = models.JSONField(default=list, help_text="What was mended as Jira would have done, a sentence each.")
    unknown_issues = ArrayField(models.TextField(), default=list)
    read_back = models.CharField(max_length=20, choices=ReadBack.choices, default=ReadBack.NOT_READ)
    read_back_at = models.DateTimeField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        db_table = "entry"
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["submission", "position"], name="entry_has_its_own_position"),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "refused",
                        "out_of_order",
                        "waiting",
                        "superseded",
                        "withdrawn",
                        "accepted",
                        "rejected",
                    ]
                ),
                name="entry_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="waiting") | Q(lane__isnull=False, sequence__isnull=False),
                name="entry_that_waits_stands_in_a_lane",
            ),
        ]
        indexes = [
            models.Index(fields=["lane", "id"], name="entry_waiting", condition=Q(outcome="waiting")),
            models.Index(fields=["site", "-id"], name="entry_rejected", condition=Q(outcome="rejected")),
            models.Index(fields=["site", "-outcome_at"], name="entry_rejected_lately", condition=Q(outcome="rejected")),
            models.Index(fields=["site", "kind", "key", "-id"], name="entry_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} at {self.sequence}"

    @property
    def messages(self) -> list[str]:
        """What was said against it, by us or by Jira, one sentence each."""
        return [str(error["message"]) for error in self._errors() if error.get("message")]

    @property
    def trace_ids(self) -> list[str]:
        """The trace ids that Atlassian's support can follow."""
        return [str(error["trace_id"]) for error in self._errors() if error.get("trace_id")]

    def _errors(self) -> list[dict[str, Any]]:
        return list(self.errors)


@dataclass(frozen=True)
class Balance:
    """What was received against what became of it, read in one statement and so at one moment."""

    received: int
    by_outcome: dict[str, int]

    @property
    def missing(self) -> int:
        """Zero, or something was lost."""
        return self.received - sum(self.by_outcome.values())


def balance(sites: Sequence[int]) -> Balance:
    """Count every entry of the sites. It reads them all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT coalesce(sum(entry_count), 0) FROM submission WHERE site_id = ANY(%s)),
                   (SELECT json_object_agg(outcome, many) FROM (
                       SELECT outcome, count(*) AS many FROM entry WHERE site_id = ANY(%s) GROUP BY outcome
                   ) AS counted)
            """,
            [list(sites), list(sites)],
        )
        received, by_outcome = cursor.fetchone()
    return Balance(int(received), by_outcome or {})
