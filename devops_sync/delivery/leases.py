"""Holding a lane: by a short lease in its row, renewed by a thread for as long as the turn lasts.

Short, so that the lanes of a worker that died are taken over within seconds. What such a worker had on its way may
reach Jira after that: `unsettled` says what has to wait for it.
"""

import datetime as dt
import logging
import os
import socket
import threading
import time
import uuid

from django.db import Error, connection
from django.utils import timezone

from ..models import Lane
from ..models.lane import LEASE

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
_LOCK_MILLISECONDS = 2000
_RENEW = """
UPDATE lane SET leased_until = %s WHERE id = %s AND fence = %s
RETURNING wake_at, held_at, EXISTS (
    SELECT 1 FROM site WHERE id = lane.site_id AND (paused_at IS NOT NULL OR retired_at IS NOT NULL)
)
"""


class LaneLost(Exception):
    """Somebody else holds the lane by now: what this worker still knows of it must not be written."""


class LaneRests(Exception):
    """Somebody put the lane to sleep, held it, or paused its site, while this worker had it."""


class Hold:
    """One worker's hold on one lane, under the fencing number that it got with it."""

    def __init__(self, lane_id: int, fence: int, worker: str):
        self.lane_id = lane_id
        self.fence = fence
        self.worker = worker
        self._renewed = time.monotonic()
        _heart.take(self)

    def renew(self) -> None:
        """Make the lease last again. Raises `LaneLost` or `LaneRests`."""
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_RENEW, [now + LEASE, self.lane_id, self.fence])
            row = cursor.fetchone()
        if row is None:
            raise LaneLost
        self._renewed = time.monotonic()
        wake_at, held_at, stands_still = row
        if stands_still or held_at is not None or (wake_at is not None and wake_at > now):
            raise LaneRests

    def renew_if_stale(self) -> None:
        """Renew the lease unless that was just done: this process may have been stopped in between."""
        if time.monotonic() - self._renewed > HEARTBEAT_SECONDS:
            self.renew()

    def change(self, **columns: object) -> None:
        """Change the lane's row, and make the lease last again. Raises `LaneLost`."""
        columns["leased_until"] = timezone.now() + LEASE
        if not Lane.objects.filter(pk=self.lane_id, fence=self.fence).update(**columns):
            raise LaneLost

    def give_back(self) -> None:
        _heart.drop(self)
        Lane.objects.filter(pk=self.lane_id, fence=self.fence).update(leased_until=None, leased_by="")


def take(lane_id: int, now: dt.datetime, *, even_asleep: bool = False) -> Hold | None:
    """Take a lane, or None when it is in other hands, asleep or held; `even_asleep` asks for the hands only."""
    worker = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    fence = Lane.objects.claim(lane_id, worker, now, even_asleep=even_asleep)
    return None if fence is None else Hold(lane_id, fence, worker)


class _Heart:
    """The thread that renews what this process holds. Turns that end between two beats cost no query."""

    def __init__(self) -> None:
        self._held: set[Hold] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def take(self, hold: Hold) -> None:
        with self._changed:
            self._held.add(hold)
            # A process that was forked has the object, but not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="lease heartbeat", daemon=True)
                self._thread.start()
            self._changed.notify()

    def drop(self, hold: Hold) -> None:
        with self._changed:
            self._held.discard(hold)
            self._changed.notify()

    def _beat(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._held)
                until = time.monotonic() + HEARTBEAT_SECONDS
                self._changed.wait_for(lambda: not self._held, HEARTBEAT_SECONDS)
                held = list(self._held)
            if held and time.monotonic() >= until:
                self._renew(held)
            if not held:
                connection.close()

    def _renew(self, held: list[Hold]) -> None:
        """One statement for each: rows that are locked together in no order are how deadlocks begin.

        And one failure for each: a deletion may hold on to the row of one lane for long.
        """
        for hold in held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"SET lock_timeout = {_LOCK_MILLISECONDS}")
                    cursor.execute(
                        "UPDATE lane SET leased_until = %s WHERE id = %s AND fence = %s AND leased_by = %s",
                        [timezone.now() + LEASE, hold.lane_id, hold.fence, hold.worker],
                    )
            except Error as error:
                # The turn itself finds out whether it still has the lane.
                log.warning("the lease of lane %d could not be renewed: %s", hold.lane_id, type(error).__name__)
                connection.close()


_heart = _Heart()
