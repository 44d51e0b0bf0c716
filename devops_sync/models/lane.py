"""What goes out: the lanes, and each request that left in one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q

from .deletion import Deletion
from .site import Site
from .submission import Entry

# How long a lane stays with a worker that shows no sign of life.
LEASE = dt.timedelta(seconds=12)
# After so long without Jira taking anything, somebody has to know.
LOUD_AFTER = dt.timedelta(hours=72)
# A size that Jira found too large is tried again, doubled from what worked, each time so much time has passed.
TRIES_LARGER_AFTER = dt.timedelta(hours=1)


class LaneQuerySet(models.QuerySet["Lane"]):
    def with_work(self) -> "LaneQuerySet":
        of_lane = {"lane": OuterRef("pk")}
        return self.filter(
            Exists(Entry.objects.waiting().filter(**of_lane)) | Exists(Deletion.objects.waiting().filter(**of_lane))
        )

    def due(self, now: dt.datetime) -> "LaneQuerySet":
        """Those that a worker may take: not held, not asleep, in nobody's hands, and of a site that is not paused."""
        # A lane that fell asleep after now: the clock was set back, and nobody knows for how long it should sleep.
        awake = Q(wake_at=None) | Q(wake_at__lte=now) | Q(slept_at__gt=now)
        return self.free(now).moving().filter(awake, held_at=None)

    def moving(self) -> "LaneQuerySet":
        """Those of sites that are neither paused nor removed.

        No join: what claims a lane has to look at its row once more when another worker was quicker.
        """
        return self.filter(~Exists(Site.objects.standing_still().filter(pk=OuterRef("site_id"))))

    def free(self, now: dt.datetime) -> "LaneQuerySet":
        """Those that are in nobody's hands."""
        # No lease is as long as this, so the clock was set back since it was given.
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + 2 * LEASE))

    def held(self) -> "LaneQuerySet":
        return self.filter(held_at__isnull=False)

    def live(self) -> "LaneQuerySet":
        return self.filter(priority=Lane.Priority.LIVE)

    def claim(self, pk: int, worker: str, now: dt.datetime, *, even_asleep: bool = False) -> int | None:
        """Take the lane. Returns the fencing number, or None when it was not to be had."""
        lane = self.filter(pk=pk)
        change = {"fence": F("fence") + 1, "leased_by": worker, "leased_until": now + LEASE}
        # From here on a time to wake up means that somebody put it to sleep while it was in this worker's hands.
        taken = lane.free(now).update(**change) if even_asleep else lane.due(now).update(**change, wake_at=None)
        return self.values_list("fence", flat=True).get(pk=pk, leased_by=worker) if taken else None


class Lane(models.Model):
    """The ordered queue of one site, one API and one priority. One worker at a time holds it by its lease."""

    class Priority(models.IntegerChoices):
        LIVE = 0, "live"
        RESENT = 1, "resent"

    site = models.ForeignKey(Site, models.PROTECT, related_name="lanes")
    api = models.CharField(max_length=20)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.LIVE)
    fence = models.BigIntegerField(default=0)
    leased_by = models.CharField(max_length=200, blank=True)
    leased_until = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    slept_at = models.DateTimeField(null=True, help_text="When it fell asleep: a clock set back must not keep it so.")
    slept_for = models.CharField(max_length=500, blank=True)
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    slow_until = models.DateTimeField(null=True, help_text="Jira said that its limit is near.")
    batch_limit = models.SmallIntegerField(
        null=True, help_text="Entities in a request that Jira did not find too large."
    )
    batch_limit_at = models.DateTimeField(null=True)
    unsettled_until = models.DateTimeField(
        null=True, help_text="Until when a request that nobody read the answer of may still reach Jira."
    )
    unsettled_deletion = models.BooleanField(default=False, help_text="Whether that request deletes.")
    held_at = models.DateTimeField(null=True)
    held_reason = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)

    objects = LaneQuerySet.as_manager()

    class Meta:
        db_table = "lane"
        constraints = [models.UniqueConstraint(fields=["site", "api", "priority"], name="lane_is_one_queue")]

    def __str__(self) -> str:
        suffix = " of resent history" if self.priority == self.Priority.RESENT else ""
        return f"{self.api} lane of {self.site}{suffix}"

    def is_loud(self, now: dt.datetime) -> bool:
        """Whether Jira has taken nothing from it for so long that waiting on is no answer."""
        return self.failing_since is not None and self.failing_since + LOUD_AFTER <= now

    def largest_request(self, now: dt.datetime) -> int | None:
        """How many entities a request may hold; None when nothing is known against Jira's own limits."""
        if self.batch_limit is None or self.batch_limit_at is None:
            return None
        hours = (now - self.batch_limit_at) // TRIES_LARGER_AFTER
        # Beyond that there is no batch so large.
        return int(self.batch_limit * 2 ** min(max(hours, 0), 10))


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def abandoned(self, lane_id: int, fence: int) -> "DeliveryQuerySet":
        """Those of a lane's earlier holders that nobody completed. The index by time keeps the look short."""
        newest = self.filter(lane=lane_id).order_by("-id").values("pk")[:10]
        return self.filter(pk__in=newest, fence__lt=fence, finished_at=None)

    def of(self, sites: "models.QuerySet[Site] | Sequence[Site]") -> "DeliveryQuerySet":
        return self.filter(lane__site__in=sites)

    def newest_first(self) -> "DeliveryQuerySet":
        return self.order_by("-id")

    def carrying(self, entry: Entry, until: dt.datetime) -> "DeliveryQuerySet":
        """The requests that had the entry in them: all tries, between its receipt and `until`."""
        return self.filter(
            lane=entry.lane_id,
            started_at__gte=entry.submission.received_at,
            started_at__lte=until,
            entry_ids__contains=[entry.pk],
        )


class Delivery(models.Model):
    """One request that went out. Written before it leaves, completed once by its answer, never changed after."""

    class Verdict(models.TextChoices):
        UNANSWERED = "", "Unanswered"
        RECEIVED = "received", "Answered"
        SPLIT = "split", "Refused whole, sent in halves"
        REFUSED = "refused", "Refused"
        LATER = "later", "To be tried later"
        HELD = "held", "Held"

    lane = models.ForeignKey(Lane, models.PROTECT, related_name="deliveries", db_index=False)
    fence = models.BigIntegerField()
    entry_ids = ArrayField(models.BigIntegerField())
    deletion = models.ForeignKey(Deletion, models.PROTECT, null=True, related_name="deliveries", db_index=False)
    method = models.CharField(max_length=10)
    url = models.TextField()
    request_headers = models.JSONField()
    request_body = models.BinaryField()
    request_sha256 = models.BinaryField(max_length=32)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(null=True)
    response_headers = models.JSONField(null=True)
    response_body = models.BinaryField(null=True)
    failure = models.TextField(blank=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "delivery"
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["lane", "-id"], name="delivery_of_lane"),
            models.Index(fields=["lane", "started_at"], name="delivery_of_lane_by_time"),
            models.Index(fields=["deletion"], name="delivery_of_deletion", condition=Q(deletion__isnull=False)),
            models.Index(fields=["verdict", "-id"], name="delivery_of_verdict", condition=~Q(verdict="received")),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def took(self) -> dt.timedelta | None:
        """How long Jira took to answer."""
        return self.finished_at - self.started_at if self.finished_at else None

    @property
    def verdict_name(self) -> str:
        """The verdict under the name that the pages draw it by."""
        return f"delivery_{self.verdict}"

    @property
    def status_word(self) -> str:
        """202 Accepted"""
        try:
            return f"{self.status} {HTTPStatus(self.status or 0).phrase}"
        except ValueError:
            return str(self.status or "")

    @property
    def trace_id(self) -> str:
        headers = {name.lower(): value for name, value in (self.response_headers or {}).items()}
        return str(headers.get("atl-traceid", ""))


@dataclass(frozen=True)
class Waiting:
    """What waits in a lane: how many entries (`MOST` stands for more), and since when the first of them."""

    MOST = 1_000_000

    count: int = 0
    since: dt.datetime | None = None


@dataclass(frozen=True)
class Times:
    """How long it took from receipt to Jira's answer, in seconds, over the latest `of` entries."""

    of: int
    median: float | None
    p95: float | None


def waiting_by_lane(lanes: Sequence[int]) -> dict[int, Waiting]:
    """What waits in each of the lanes, by the index of what waits."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_BY_LANE, [list(lanes), Waiting.MOST])
        return {lane: Waiting(count, since) for lane, count, since in cursor.fetchall()}


def times_to_jira(lanes: Sequence[int], since: dt.datetime) -> Times:
    """How long the entries of the latest answered requests took. A sample: 100 requests a lane, 50 entries each."""
    with connection.cursor() as cursor:
        cursor.execute(_TIMES_TO_JIRA, [list(lanes), since])
        of, shares = cursor.fetchone()
    median, p95 = shares or (None, None)
    return Times(of, median, p95)


_WAITING_BY_LANE = """
SELECT lane.id, waiting.many, first.received_at
FROM unnest(%s::bigint[]) AS lane(id)
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT 1 FROM entry WHERE lane_id = lane.id AND outcome = 'waiting' LIMIT %s
    ) AS counted
) AS waiting(many)
LEFT JOIN LATERAL (
    SELECT submission.received_at FROM entry JOIN submission ON submission.id = entry.submission_id
    WHERE entry.lane_id = lane.id AND entry.outcome = 'waiting'
    ORDER BY entry.id LIMIT 1
) AS first ON true
"""

_TIMES_TO_JIRA = """
SELECT count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
    ORDER BY extract(epoch FROM sent.outcome_at - submission.received_at)
)
FROM unnest(%s::bigint[]) AS lane(id)
CROSS JOIN LATERAL (
    SELECT id FROM delivery
    WHERE lane_id = lane.id AND started_at >= %s AND verdict = 'received'
    ORDER BY started_at DESC LIMIT 100
) AS request
CROSS JOIN LATERAL (
    SELECT submission_id, outcome_at FROM entry WHERE delivery_id = request.id LIMIT 50
) AS sent
JOIN submission ON submission.id = sent.submission_id
"""
