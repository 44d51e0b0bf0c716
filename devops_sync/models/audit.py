"""The audit log: what was done, what still waits for its place in the chain, the chain, and what signs its end.

Nothing here has a foreign key: a row says how things were called when it was written, and outlives them.
"""

from collections.abc import Iterable, Sequence

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Upper

from .saying import Lines
from .site import Site

# Nearly all rows are of these two, so what is rare is found by indexes without them, which cost intake nothing.
RECEIVED = "submission.received"
_OF_TOKENS = "token"
_SAID = ("subject", "actor", "before", "after")


def _lines() -> Lines:
    """What a row says, a line each."""
    parts = [part for name in _SAID for part in (Value("\n"), F(name))]
    return Lines(*parts[1:])


class AuditRowQuerySet(models.QuerySet["AuditRow"]):
    def of(self, sites: Iterable[Site]) -> "AuditRowQuerySet":
        """Those of these sites; what belongs to no site is not among them."""
        return self.filter(site_id__in=[site.pk for site in sites])

    def on(self, things: Sequence[tuple[str, str]]) -> "AuditRowQuerySet":
        """Those that were done on any of the things, each by its kind and number."""
        by_kind: dict[str, list[str]] = {}
        for kind, number in things:
            by_kind.setdefault(kind, []).append(number)
        found = Q(pk__in=[])
        for kind, numbers in by_kind.items():
            found |= Q(subject_kind=kind, subject_id__in=numbers)
        return self.filter(found)

    def saying(self, text: str) -> "AuditRowQuerySet":
        """Those with the text in the name of the thing or the actor, or in what was before and after.

        Received submissions are passed over: they are nearly all of the log, and found by their ids.
        """
        return self.exclude(act=RECEIVED).alias(lines=_lines()).filter(lines__icontains=text)

    def newest_first(self) -> "AuditRowQuerySet":
        return self.order_by("-at", "-id")


def _append_only() -> pgtrigger.Trigger:
    """The trigger by which the database refuses to change, remove or truncate, even where no row would be hit."""
    return pgtrigger.Trigger(
        name="is_append_only",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        func="RAISE EXCEPTION 'The audit log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME"
        " USING ERRCODE = 'restrict_violation';",
    )


class AuditRow(models.Model):
    """One act: who did what on what, when and from where, with what was before and after.

    `before` and `after` are JSON, empty where there is nothing to say; they never hold a secret.
    """

    class ActorKind(models.TextChoices):
        USER = "user", "Person"
        TOKEN = "token", "Token"
        COMMAND = "command", "Command"
        SYSTEM = "system", "Waybill itself"
        STRANGER = "stranger", "Nobody known"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    act = models.TextField()
    actor_kind = models.TextField(choices=ActorKind.choices)
    actor = models.TextField(blank=True, help_text="Their name as it was then.")
    user_id = models.BigIntegerField(null=True)
    token_id = models.BigIntegerField(null=True)
    remote_address = models.TextField(blank=True)
    site_id = models.BigIntegerField(null=True)
    site = models.TextField(blank=True, help_text="The site's short name as it was then.")
    subject_kind = models.TextField(blank=True)
    subject_id = models.TextField(blank=True)
    subject = models.TextField(blank=True, help_text="What it was done on, as a person reads it.")
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    objects = AuditRowQuerySet.as_manager()

    class Meta:
        db_table = "audit_row"
        constraints = [
            models.CheckConstraint(
                condition=Q(actor_kind__in=["user", "token", "command", "system", "stranger"]),
                name="audit_row_actor_kind_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_row_of_subject"),
            models.Index(fields=["at", "id"], name="audit_row_by_time"),
            models.Index(fields=["site_id", "at", "id"], name="audit_row_of_site"),
            models.Index(fields=["actor", "at", "id"], name="audit_row_of_actor"),
            models.Index(fields=["remote_address", "at", "id"], name="audit_row_from_address"),
            models.Index(fields=["act", "at", "id"], name="audit_row_of_act", condition=~Q(act=RECEIVED)),
            models.Index(
                fields=["actor_kind", "at", "id"],
                name="audit_row_of_actor_kind",
                condition=~Q(actor_kind=_OF_TOKENS),
            ),
            GinIndex(
                OpClass(Upper(_lines()), name="gin_trgm_ops"), name="audit_row_saying", condition=~Q(act=RECEIVED)
            ),
        ]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"


class AuditPending(models.Model):
    """A row that has no place in the chain yet. It is written by the row's own statement."""

    row_id = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "audit_pending"

    def __str__(self) -> str:
        return f"row {self.row_id}"


class AuditLink(models.Model):
    """A row's place in the chain: its MAC covers the place, the MAC before and every column of the row."""

    position = models.BigIntegerField(primary_key=True)
    row_id = models.BigIntegerField(unique=True)
    key_id = models.CharField(max_length=16)
    mac = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_link"
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"position {self.position}"


class AuditCheckpoint(models.Model):
    """A signature under the chain up to a position, by which a tail that was cut off is missed."""

    position = models.BigIntegerField()
    mac = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_checkpoint"
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"checkpoint at {self.position}"
