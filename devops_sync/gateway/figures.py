"""The figures of the ledger for Prometheus. They come from the database when asked, so every web process says the same.

What reads all entries is kept for a while in the process, and how old it is is a figure too.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import django
from django.db import OperationalError, connection
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from .. import __version__
from ..models import Deletion, Delivery, Entry, Lane, Site
from ..models.balance import Balance, balances, together
from ..models.due import oldest_due

T = TypeVar("T")
_LANE = ("site", "api", "priority")
_LEAST_SECONDS = 15.0
_TIMES = 20  # Of the time that reading them took, so that they cost at most a twentieth of a core.
_RECENT = dt.timedelta(hours=1)


class Kept(Generic[T]):
    """A value that is dear to read. While one thread reads it anew, the others get the old one."""

    def __init__(self, read: Callable[[], T]):
        self._read = read
        self._reading = threading.Lock()
        self._found: tuple[T, float, float] | None = None

    def get(self) -> tuple[T, float]:
        """The value, and how many seconds ago it was read."""
        found = self._found
        if (found is None or time.monotonic() >= found[2]) and self._reading.acquire(blocking=found is None):
            try:
                # Whoever had to wait for the first value has it now.
                found = self._found if found is None and self._found else self._read_anew()
            finally:
                self._reading.release()
        assert found is not None
        return found[0], time.monotonic() - found[1]

    def _read_anew(self) -> tuple[T, float, float]:
        began = time.monotonic()
        value = self._read()
        ended = time.monotonic()
        self._found = (value, began, ended + max(_LEAST_SECONDS, (ended - began) * _TIMES))
        return self._found

    def forget(self) -> None:
        self._found = None


@dataclass(frozen=True)
class Counted:
    """What can be told only by reading every entry."""

    balances: dict[int, Balance]
    read_back: list[tuple[int, str, int]]


def _count() -> Counted:
    results = Entry.objects.exclude(read_back=Entry.ReadBack.NOT_READ).order_by().values_list("site", "read_back")
    return Counted(balances(), list(results.annotate(Count("pk"))))


counted = Kept(_count)


class Figures(Collector):
    """Reads the figures when they are asked for."""

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            # All of them before the first is told: half an answer would look like a whole one.
            found = list(_of_database(timezone.now()))
        except OperationalError:
            connection.close()
            yield _gauge("waybill_database_up", "Whether the database can be used.", 0)
            return
        yield _gauge("waybill_database_up", "Whether the database can be used.", 1)
        yield from found


def _of_database(now: dt.datetime) -> Iterator[Metric]:
    sites = dict(Site.objects.values_list("pk", "slug"))
    info = GaugeMetricFamily("waybill_info", "The versions in use.", labels=("version", "django", "postgresql"))
    info.add_metric([__version__, django.get_version(), _server_version()], 1)
    yield info
    yield from _balance(sites)
    lanes = list(Lane.objects.select_related("site").order_by("pk"))
    yield from _lanes(lanes, now)
    due = oldest_due(now)
    yield _gauge(
        "waybill_oldest_due_seconds",
        "How long the oldest work waits that a worker could do now; 0 when nothing is due.",
        due.total_seconds() if due else 0,
    )
    yield _deliveries(lanes, now)


def _server_version() -> str:
    connection.ensure_connection()
    return ".".join(map(str, connection.get_database_version()))


def _balance(sites: dict[int, str]) -> Iterator[Metric]:
    found, age = counted.get()
    total = together(found.balances.values())
    entries = GaugeMetricFamily("waybill_entries", "Entries by what became of them.", labels=("site", "outcome"))
    received = GaugeMetricFamily("waybill_entries_received", "Entries that ever came in.", labels=("site",))
    for pk, slug in sites.items():
        balance = found.balances.get(pk, Balance(0, {}))
        received.add_metric([slug], balance.received)
        for outcome, many in balance.terms:
            entries.add_metric([slug, outcome.value], many)
    yield from (entries, received)
    yield _gauge(
        "waybill_balance_missing",
        "Entries received of which nobody knows what became of them. Must be 0.",
        total.missing,
    )
    yield _gauge("waybill_balance_received", "Entries received in all.", total.received)
    read_back = GaugeMetricFamily(
        "waybill_read_back_entries", "Entries read back from Jira, by what was found.", labels=("site", "result")
    )
    by_result = {(site, result): many for site, result, many in found.read_back}
    for pk, slug in sites.items():
        for result in Entry.ReadBack.values:
            if result != Entry.ReadBack.NOT_READ:
                read_back.add_metric([slug, result], by_result.get((pk, result), 0))
    yield read_back
    yield _gauge("waybill_balance_age_seconds", "How long ago entries and read-backs were counted.", round(age, 3))


def _lanes(lanes: list[Lane], now: dt.datetime) -> Iterator[Metric]:
    entries = _waiting_entries()
    deletions = Deletion.objects.waiting_by_lane([lane.pk for lane in lanes])
    waiting = _per_lane("waybill_lane_waiting", "Entries that wait in the lane.")
    waiting_deletions = _per_lane("waybill_lane_waiting_deletions", "Deletions that wait in the lane.")
    oldest = _per_lane("waybill_lane_oldest_waiting_seconds", "For how long the oldest of them waits; 0 without any.")
    held = _per_lane("waybill_lane_held", "1 while the lane needs a person.")
    paused = _per_lane("waybill_lane_paused", "1 while the site of the lane is paused.")
    asleep = _per_lane("waybill_lane_asleep", "1 while the lane waits for its next try.")
    failures = _per_lane("waybill_lane_failures", "Tries that failed since the last good one.")
    failing = _per_lane(
        "waybill_lane_failing_seconds",
        "For how long Jira has taken nothing of what waits in the lane; 0 while it does.",
    )
    answered = _per_lane("waybill_lane_answered_timestamp_seconds", "When Jira last answered; 0: never.")
    for lane in lanes:
        labels = _labels(lane)
        many, since = entries.get(lane.pk, (0, None))
        many_deletions, deletion_since = deletions.get(lane.pk, (0, None))
        first = min((at for at in (since, deletion_since) if at), default=None)
        waiting.add_metric(labels, many)
        waiting_deletions.add_metric(labels, many_deletions)
        oldest.add_metric(labels, max(0.0, (now - first).total_seconds()) if first else 0)
        held.add_metric(labels, lane.held_at is not None)
        paused.add_metric(labels, lane.site.is_paused)
        is_asleep = lane.held_at is None and lane.failures > 0 and lane.wake_at is not None and lane.wake_at > now
        asleep.add_metric(labels, is_asleep)
        failures.add_metric(labels, lane.failures)
        failing.add_metric(labels, _failing_for(lane, now) if first else 0)
        answered.add_metric(labels, lane.answered_at.timestamp() if lane.answered_at else 0)
    yield from (waiting, waiting_deletions, oldest, held, paused, asleep, failures, failing, answered)


def _failing_for(lane: Lane, now: dt.datetime) -> float:
    """Seconds since its first try in a row that failed, or since it is held."""
    since = min((at for at in (lane.failing_since, lane.held_at) if at), default=now)
    return max(0.0, (now - since).total_seconds())


def _waiting_entries() -> dict[int, tuple[int, dt.datetime | None]]:
    """How many wait in each lane, exactly, and since when the first: by the index of what waits."""
    found = Entry.objects.waiting().order_by().values_list("lane").annotate(Count("pk"), Min("pk"))
    many = {first: (lane, count) for lane, count, first in found}
    received = Entry.objects.filter(pk__in=list(many)).values_list("pk", "submission__received_at")
    return {many[pk][0]: (many[pk][1], at) for pk, at in received}


def _deliveries(lanes: list[Lane], now: dt.datetime) -> Metric:
    by_pk = {lane.pk: lane for lane in lanes}
    recent = Delivery.objects.filter(lane__in=list(by_pk), started_at__gte=now - _RECENT).order_by()
    metric = GaugeMetricFamily(
        "waybill_deliveries_last_hour",
        "Requests that went out in the last hour, by what came of them.",
        labels=(*_LANE, "verdict"),
    )
    for pk, verdict, many in recent.values_list("lane", "verdict").annotate(Count("pk")):
        metric.add_metric([*_labels(by_pk[pk]), verdict or "unanswered"], many)
    return metric


def _labels(lane: Lane) -> list[str]:
    return [lane.site.slug, lane.api, lane.get_priority_display()]


def _per_lane(name: str, says: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, labels=_LANE)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)
