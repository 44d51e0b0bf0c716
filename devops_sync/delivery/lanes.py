"""A worker's turn at a lane: claim it, send batch after batch, write each answer down, give it back.

Whoever holds the lane renews its lease with every request, and every outcome is written only while the
fencing number is still the holder's own. A worker that was thought dead and wakes up writes nothing.
"""

import datetime as dt
import hashlib
import logging
import os
import socket
import threading
import time
import uuid
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from .. import vault
from ..jira import client as jira
from ..jira import exchange
from ..models import Deletion, Delivery, Entry, Lane
from . import gating, outcomes
from .batch import Batch, next_batch
from .clients import client_of
from .removal import Removal, next_removal

log = logging.getLogger(__name__)

# Longer than any exchange can take, since the lease is renewed before each one.
LEASE = dt.timedelta(seconds=exchange.WHOLE_SECONDS + 20)
TURN_SECONDS = 20.0

_FINAL = (Delivery.Verdict.RECEIVED, Delivery.Verdict.REFUSED)
# What one request carries.
Load = Batch | Removal

_STUMBLED = "Waybill could not handle what came back; the worker's log says why"

_stopping = threading.Event()


class LaneLost(Exception):
    """Somebody else holds the lane by now: what this worker still knows of it must not be written."""


def stop() -> None:
    """Let every turn of this process end after the request that is on its way."""
    _stopping.set()


def run(lane_id: int) -> bool:
    """Send what waits in a lane, as long as it is due and for one turn at most.

    Returns whether more waits that could be sent at once, so that the lane should be rung again.
    """
    deadline = time.monotonic() + TURN_SECONDS
    while not _stopping.is_set():
        turn = _claim(lane_id)
        if turn is None:
            return False
        try:
            done = turn.work(deadline)
        except LaneLost:
            log.warning("lane %d was taken over; what is under way here is left to the new holder", lane_id)
            return False
        except Exception:
            # Whatever it was, it must not come again at once and for ever.
            log.exception("lane %d stumbled; it sleeps before it tries again", lane_id)
            turn.stumble()
            return False
        finally:
            turn.give_back()
        if not done:
            return True
        # What was committed between the last look and giving back found the lane taken when it rang.
        if not Lane.objects.filter(pk=lane_id).due(timezone.now()).with_work().exists():
            return False
    return False


def _claim(lane_id: int) -> "_Turn | None":
    worker = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    fence = Lane.objects.claim(lane_id, worker, timezone.now(), LEASE)
    return None if fence is None else _Turn(lane_id, fence)


class _Turn:
    """One worker's hold on one lane."""

    def __init__(self, lane_id: int, fence: int):
        self.lane = Lane.objects.select_related("site").get(pk=lane_id)
        self.fence = fence
        Delivery.objects.abandoned(lane_id, fence).update(
            finished_at=timezone.now(), failure="Its worker ended before an answer was written down."
        )

    def work(self, deadline: float) -> bool:
        """Send until nothing waits or the lane may not be used. Returns False when time ran out before that."""
        while not _stopping.is_set() and time.monotonic() < deadline:
            load = self._next()
            if load is None or not self._send(load):
                return True
        return False

    def _next(self) -> Load | None:
        """The next entries, or the deletion that stands before all others."""
        batch = next_batch(self.lane)
        # Looked for after the entries: a deletion that is numbered below one of them is there by now.
        removal = next_removal(self.lane)
        if batch is None or removal is None:
            return batch or removal
        return batch.before(removal.deletion.pk) or removal

    def stumble(self) -> None:
        """Let the lane sleep after a failure of our own, longer each time."""
        self._settle_lane(outcomes.of_failure(_STUMBLED, self.lane.failures), False, timezone.now())

    def give_back(self) -> None:
        Lane.objects.filter(pk=self.lane.pk, fence=self.fence).update(leased_until=None, leased_by="")

    def _send(self, load: Load) -> bool:
        """Send, in halves where Jira refuses a batch whole. Returns False when the lane has to rest."""
        meaning = self._attempt(load, token_was_fresh=False)
        if meaning.retry_with_new_token:
            meaning = self._attempt(load, token_was_fresh=True)
        if meaning.verdict == Delivery.Verdict.SPLIT and isinstance(load, Batch):
            first, second = load.halves()
            return self._send(first) and not _stopping.is_set() and self._send(second)
        return meaning.verdict in (Delivery.Verdict.RECEIVED, Delivery.Verdict.REFUSED)

    def _attempt(self, load: Load, *, token_was_fresh: bool) -> outcomes.Meaning:
        """One request on the wire, on record before it leaves and after it was answered."""
        self._renew()
        delivery: Delivery | None = None
        answer: jira.Answer | None = None
        try:
            client = client_of(self.lane.site)
            request = load.request(client)
            authorization = client.authorize(request)
            self._renew()
            delivery = self._record(request, authorization, load)
            answer = client.send(request, authorization)
            meaning = self._meaning(load, answer, token_was_fresh or not authorization.can_be_renewed)
            if meaning.retry_with_new_token:
                client.forget(authorization)
        except jira.Unreachable as unreachable:
            meaning = outcomes.of_failure(str(unreachable), self.lane.failures, unreachable.retry_after)
        except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
            why = f"{str(refusal).rstrip('.')}. Mend it, then try now."
            meaning = outcomes.Meaning(Delivery.Verdict.HELD, reason=why)
        self._settle(load, delivery, answer, meaning)
        return meaning

    def _meaning(self, load: Load, answer: jira.Answer, token_was_fresh: bool) -> outcomes.Meaning:
        known: dict[str, Any] = {"failures": self.lane.failures, "token_was_fresh": token_was_fresh}
        if isinstance(load, Removal):
            return outcomes.of_deletion(self.lane.api, answer, **known)
        return outcomes.of_submission(self.lane.api, answer, load.entries, **known)

    def _renew(self) -> None:
        held = Lane.objects.filter(pk=self.lane.pk, fence=self.fence).update(leased_until=timezone.now() + LEASE)
        if not held:
            raise LaneLost

    def _record(self, request: jira.Request, authorization: jira.Authorization, load: Load) -> Delivery:
        return Delivery.objects.create(
            lane=self.lane,
            fence=self.fence,
            entry_ids=[entry.pk for entry in load.entries] if isinstance(load, Batch) else [],
            deletion=load.deletion if isinstance(load, Removal) else None,
            method=request.method,
            url=request.url,
            request_headers={**request.headers, "Authorization": authorization.on_record},
            request_body=request.body,
            request_sha256=hashlib.sha256(request.body).digest(),
            started_at=timezone.now(),
        )

    def _settle(
        self, load: Load, delivery: Delivery | None, answer: jira.Answer | None, meaning: outcomes.Meaning
    ) -> None:
        """Write down what came back and what it means, in one transaction under this turn's fence."""
        now = timezone.now()
        if delivery is not None:
            # That the request went out and what was answered stays a fact even when the lane was lost.
            self._complete(delivery, answer, meaning, now)
        with transaction.atomic():
            self._settle_lane(meaning, answer is not None, now)
            if delivery is not None and meaning.settled:
                _settle_entries(delivery, meaning.settled, now)
                if isinstance(load, Batch):
                    gating.begin(load.entries, meaning.settled, now)
            if isinstance(load, Removal) and meaning.verdict in _FINAL:
                _settle_deletion(load.deletion, meaning, now)

    def _complete(
        self, delivery: Delivery, answer: jira.Answer | None, meaning: outcomes.Meaning, now: dt.datetime
    ) -> None:
        delivery.finished_at = now
        delivery.verdict = meaning.verdict
        if answer is None:
            delivery.failure = meaning.reason
        else:
            delivery.status = answer.status
            delivery.response_headers = dict(answer.headers)
            delivery.response_body = answer.body
        delivery.save(
            update_fields=["finished_at", "verdict", "failure", "status", "response_headers", "response_body"]
        )

    def _settle_lane(self, meaning: outcomes.Meaning, was_answered: bool, now: dt.datetime) -> None:
        """Let the lane go on, sleep or be held. Raises `LaneLost` when it is somebody else's by now."""
        change: dict[str, object] = {"answered_at": now} if was_answered else {}
        if meaning.verdict == Delivery.Verdict.HELD:
            change |= {"held_at": now, "held_reason": meaning.reason[:500]}
            log.warning("lane %d is held: %s", self.lane.pk, meaning.reason)
        elif meaning.pause is not None:
            self.lane.failures += 1
            change |= {
                "wake_at": now + dt.timedelta(seconds=meaning.pause),
                "failures": self.lane.failures,
                "slept_for": meaning.reason[:500],
            }
        elif self.lane.failures and was_answered and not meaning.retry_with_new_token:
            self.lane.failures = 0
            change |= {"failures": 0, "wake_at": None, "slept_for": ""}
        change["leased_until"] = now + LEASE
        if not Lane.objects.filter(pk=self.lane.pk, fence=self.fence).update(**change):
            raise LaneLost


def _settle_deletion(deletion: Deletion, meaning: outcomes.Meaning, now: dt.datetime) -> None:
    """Write down that Jira took a deletion, or why it did not."""
    taken = meaning.verdict == Delivery.Verdict.RECEIVED
    Deletion.objects.waiting().filter(pk=deletion.pk).update(
        outcome=Deletion.Outcome.ACCEPTED if taken else Deletion.Outcome.REJECTED,
        outcome_at=now,
        errors=[] if taken else [{"message": meaning.reason}],
    )


def _settle_entries(delivery: Delivery, settled: list[dict[str, object]], now: dt.datetime) -> None:
    """Write each entry's outcome, in one statement and only where it still waits."""
    rows = msgspec.json.encode(settled).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE entry SET outcome = row.outcome, outcome_at = %s, delivery_id = %s,
                errors = row.errors, unknown_issues = row.unknown_issues
            FROM json_to_recordset(%s::json)
                AS row (id bigint, outcome text, errors jsonb, unknown_issues text[])
            WHERE entry.id = row.id AND entry.outcome = %s
            """,
            [now, delivery.pk, rows, Entry.Outcome.WAITING],
        )
