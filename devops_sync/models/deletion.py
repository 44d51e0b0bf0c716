"""Deletions: what was asked to go, by key or by properties, and what Jira said to it."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, models
from django.db.models import Count, Min, Q

from ..jira import keys
from .current import Current
from .site import Site
from .token import Token


class DeletionQuerySet(models.QuerySet["Deletion"]):
    def waiting(self) -> "DeletionQuerySet":
        return self.filter(outcome=Deletion.Outcome.WAITING)

    def newest_first(self) -> "DeletionQuerySet":
        return self.order_by("-id")

    def that_took(self, one: Current, kind: str) -> "Deletion | None":
        """The deletion that an entity fell under, with who asked for it; None while it is alive."""
        if one.deleted_at is None:
            return None
        parts = keys.parts(one.entry.key)
        by_key = Q(kind=kind, key=one.entry.key) | Q(kind="repository", key=keys.text(parts[0]))
        found = self.filter(by_key | Q(kind=""), site=one.site_id, api=one.entry.submission.api)
        found = found.filter(received_at=one.deleted_at).select_related("token", "user", "part")
        return found.order_by("-id").first()

    def that_may_have_taken(
        self, one: Current, kind: str, sets: Sequence[dict[str, str]], since: int
    ) -> list["Deletion"]:
        """Those after entry `since` that name an entity by key, or a property set of one of its versions."""
        parts = keys.parts(one.entry.key)
        reaches = Q(kind=kind, key=one.entry.key) | Q(kind="repository", key=keys.text(parts[0]))
        for pairs in sets:
            reaches |= Q(kind="", properties__contained_by=pairs)
        found = self.filter(reaches, site=one.site_id, api=one.entry.submission.api, pk__gt=since)
        return list(found.select_related("token", "user", "part").order_by("id")[:50])

    def brought_back_from(self, one: Current, kind: str, again: int) -> "Deletion | None":
        """The deletion that an entity's current version fell under, until it was sent again as entry `again`."""
        parts = keys.parts(one.entry.key)
        by_key = Q(kind=kind, key=one.entry.key) | Q(kind="repository", key=keys.text(parts[0]))
        by_properties = Q(kind="", properties__contained_by=one.property_set.pairs)
        reaches = Q(until_sequence=None) | Q(until_sequence__gte=one.sequence)
        found = self.filter(by_key | by_properties, reaches, site=one.site_id, api=one.entry.submission.api)
        between = found.filter(pk__gt=one.entry_id, pk__lt=again)
        return between.select_related("token", "user").order_by("-id").first()

    def waiting_by_lane(self, lanes: Sequence[int]) -> dict[int, tuple[int, dt.datetime]]:
        """How many wait in each of the lanes, and since when the first of them."""
        counted = self.waiting().filter(lane__in=lanes).order_by().values_list("lane")
        return {lane: (many, since) for lane, many, since in counted.annotate(Count("pk"), Min("received_at"))}


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

    @property
    def sender(self) -> str:
        """Who asked for it, as the pages say it."""
        if self.token is not None:
            return self.token.name
        return self.user.get_username() if self.user is not None else "nobody known"

    @property
    def messages(self) -> list[str]:
        """What Jira said against it, one sentence each."""
        return [str(error["message"]) for error in self.errors if error.get("message")]


def ever_deleted(sites: Sequence[int]) -> bool:
    """Whether anything of the sites was ever marked as deleted, by a deletion or a part of a clean-up."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {EVER_DELETED}", {"sites": list(sites)})
        (ever,) = cursor.fetchone()
    return bool(ever)


# A condition, for statements that would look for deleted rows among millions that never were.
EVER_DELETED = """(
    EXISTS (SELECT FROM deletion WHERE site_id = ANY(%(sites)s::bigint[]))
    OR EXISTS (
        SELECT FROM cleanup_part JOIN cleanup ON cleanup.id = cleanup_part.cleanup_id
        WHERE cleanup.site_id = ANY(%(sites)s::bigint[]) AND cleanup_part.stamp IS NOT NULL
    )
)"""
