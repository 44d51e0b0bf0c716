"""What came in: submissions as received, and the entries in them. Rows here are never changed,
save for what became of an entry."""

import datetime as dt
import os
import time
import uuid
from collections.abc import Sequence
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.db import models
from django.db.models import Q

from .site import Site
from .token import Token

# How the path of a submission begins that did not come over HTTP: whoever can run commands is no stranger.
FROM_COMMAND_LINE = "manage.py submit"


def time_ordered_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): milliseconds first, so that rows lie in the index as they came."""
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (noise >> 68) << 64 | 2 << 62 | noise & (1 << 62) - 1
    return uuid.UUID(int=value)


def first_id_at(instant: dt.datetime) -> uuid.UUID:
    """The lowest id that a submission of that millisecond can have."""
    return uuid.UUID(int=(int(instant.timestamp() * 1000) & (1 << 48) - 1) << 80)


class PropertySet(models.Model):
    """One distinct set of properties of a site, stored once. Jira never gives properties back."""

    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
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

    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
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

    def with_digest(self, sha256: str) -> "SubmissionQuerySet":
        """Those whose bytes have this digest, written in hexadecimal."""
        return self.filter(sha256=bytes.fromhex(sha256))

    def newest_first(self) -> "SubmissionQuerySet":
        return self.order_by("-id")


class Submission(models.Model):
    """One request that came in: its bytes, their SHA-256, who sent it and when.

    What Waybill itself sends again, or a person corrects, is a submission too, without bytes of its own.
    """

    class Purpose(models.TextChoices):
        RECEIVED = "", "Received"
        RESEND = "resend", "Sent again"
        CORRECTION = "correction", "Correction"

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="submissions", db_index=False)
    token = models.ForeignKey(Token, models.PROTECT, null=True, related_name="submissions", db_index=False)
    user = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, related_name="submissions", db_index=False)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, blank=True, default="", db_default="")
    errand = models.ForeignKey(
        "devops_sync.Errand", models.PROTECT, null=True, related_name="submissions", db_index=False
    )
    remote_address = models.GenericIPAddressField(null=True)
    api = models.CharField(max_length=20)
    path = models.CharField(max_length=300)
    received_at = models.DateTimeField()
    validated_at = models.DateTimeField()
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32, null=True)
    raw = models.BinaryField(null=True)
    head = models.JSONField(
        null=True, help_text="The line and the headers that it came with, credentials struck out; none if not by HTTP."
    )
    answer = models.BinaryField(
        null=True, help_text="What it was answered, where that does not follow from the rest: Jira's word, waited for."
    )
    envelope = models.ForeignKey(Envelope, models.PROTECT, null=True, db_index=False)
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
            models.Index(fields=["token", "-id"], name="submission_of_token"),
            models.Index(fields=["errand"], name="submission_of_errand", condition=Q(errand__isnull=False)),
            models.Index(fields=["api", "-id"], name="submission_of_api"),
            models.Index(fields=["envelope", "-id"], name="submission_of_envelope"),
            HashIndex(fields=["sha256"], name="submission_by_digest"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sender(self) -> str:
        """Who sent it, as the pages say it."""
        if self.token is not None:
            return self.token.name
        is_resend = self.purpose == self.Purpose.RESEND
        if self.is_from_command_line or (is_resend and self.user is None):
            return "command line"
        return self.user.get_username() if self.user is not None else "nobody known"

    @property
    def is_from_command_line(self) -> bool:
        return self.path.startswith(FROM_COMMAND_LINE)

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

    token = models.ForeignKey(Token, models.PROTECT, db_index=False)
    key = models.CharField(max_length=255)
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="first_answer")
    status = models.SmallIntegerField()
    body = models.BinaryField(null=True)

    class Meta:
        db_table = "first_answer"
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="first_answer_is_one_for_a_key")]

    def __str__(self) -> str:
        return f"answer to {self.submission_id}"


class Cause(models.Model):
    """Why Jira rejects: a message of its own, with the parts that vary folded into the same sign."""

    text = models.CharField(max_length=500, unique=True)

    class Meta:
        db_table = "cause"

    def __str__(self) -> str:
        return self.text


class EntryQuerySet(models.QuerySet["Entry"]):
    def waiting(self) -> "EntryQuerySet":
        return self.filter(outcome=Entry.Outcome.WAITING)

    def free(self) -> "EntryQuerySet":
        """Those that may leave: not of an errand that is paused."""
        return self.exclude(submission__in=Submission.objects.filter(errand__state="paused"))

    def adrift(self) -> "EntryQuerySet":
        """Those that Jira did not give back as they were sent, when last read."""
        return self.filter(read_back__in=[Entry.ReadBack.MISSING, Entry.ReadBack.DIFFERENT])

    def of_key(self, site_id: int, kind: str, key: str) -> "EntryQuerySet":
        return self.filter(site_id=site_id, kind=kind, key=key)


# What becomes of few entries, as a rule.
UNUSUAL = ["refused", "out_of_order", "superseded", "withdrawn", "rejected"]


def _marks_rejected() -> pgtrigger.Trigger:
    """The trigger by which a current row says whether its entry was rejected, whoever wrote that.

    Its condition keeps it from running for what Jira accepts.
    """
    tables = ("deployment", "build", "repository", "commit", "branch", "pull_request")
    said = " ".join(
        f"WHEN '{table}' THEN UPDATE \"{table}\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id;"  # noqa: S608 (names of this project's own)
        for table in tables
    )
    return pgtrigger.Trigger(
        name="marks_rejected",
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("outcome"),  # type: ignore[no-untyped-call]
        condition=pgtrigger.Condition("OLD.outcome <> NEW.outcome AND 'rejected' IN (OLD.outcome, NEW.outcome)"),
        func=f"CASE NEW.kind {said} ELSE NULL; END CASE; RETURN NULL;",
    )


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
        NOT_TOLD = "not_told", "Cannot be told"

    # Foreign keys without an index of their own: another index begins with them, or nothing asks by them. Each one
    # that every entry has to be put into costs intake.
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="entries", db_index=False)
    position = models.IntegerField()
    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    lane = models.ForeignKey("devops_sync.Lane", models.PROTECT, null=True, related_name="entries", db_index=False)
    envelope = models.ForeignKey(Envelope, models.PROTECT, db_index=False)
    kind = models.CharField(max_length=20)
    key = models.TextField()
    sequence = models.BigIntegerField(null=True)
    payload = models.TextField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    outcome_at = models.DateTimeField(null=True)
    delivery = models.ForeignKey(
        "devops_sync.Delivery", models.PROTECT, null=True, related_name="entries", db_index=False
    )
    errors = models.JSONField(default=list)
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="entries", db_index=False)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="superseded", db_index=False)
    origin = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="followers",
        db_index=False,
        help_text="The entry that this one sends again, or corrects.",
    )
    mends = models.JSONField(default=list, help_text="What was mended as Jira would have done, a sentence each.")
    unknown_issues = ArrayField(models.TextField(), default=list)
    read_back = models.CharField(max_length=20, choices=ReadBack.choices, default=ReadBack.NOT_READ)
    read_back_at = models.DateTimeField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        db_table = "entry"
        triggers = [_marks_rejected()]
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
            models.Index(fields=["cause", "-id"], name="entry_of_cause", condition=Q(outcome="rejected")),
            models.Index(
                fields=["cause", "-outcome_at"], name="entry_of_cause_lately", condition=Q(outcome="rejected")
            ),
            models.Index(fields=["site", "outcome_at"], name="entry_withdrawn", condition=Q(outcome="withdrawn")),
            # What comes in has none yet.
            models.Index(fields=["delivery"], name="entry_of_delivery", condition=Q(delivery__isnull=False)),
            # Without rows of the table: which entries of a kind came to an unusual end.
            models.Index(fields=["kind", "outcome", "id"], name="entry_unusual", condition=Q(outcome__in=UNUSUAL)),
            models.Index(fields=["origin"], name="entry_of_origin", condition=Q(origin__isnull=False)),
            models.Index(
                fields=["site", "-read_back_at"],
                name="entry_adrift",
                condition=Q(read_back__in=["missing", "different"]),
            ),
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
