"""A worker's turn at a lane: claim it, send batch after batch, write each answer down, give it back.

Every outcome is written only while the fencing number is still the holder's own. A worker that was thought dead and
wakes up writes nothing.
"""

import datetime as dt
import hashlib
import logging
import threading
import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import vault
from ..jira import client as jira
from ..models import Delivery, Lane
from . import gating, leases, outcomes, pace, sampling, settling, superseding, unsettled
from .batch import Batch, next_batch
from .clients import client_of
from .due_deletion import DueDeletion, next_deletion
from .leases import LaneLost, LaneRests

log = logging.getLogger(__name__)

TURN_SECONDS = 20.0

_FINAL = (Delivery.Verdict.RECEIVED, Delivery.Verdict.REFUSED)
# What one request carries.
Load = Batch | DueDeletion

_STUMBLED = "Waybill could not handle what came back; the worker's log says why"
# How soon to look again whether the lane of resent history is free for a deletion to pass.
_SHORTLY = dt.timedelta(seconds=1)

_stopping = threading.Event()


def stop() -> None:
    """Let every turn of this process end after the request that is on its way."""
    _stopping.set()


def run(lane_id: int) -> bool:
    """Send what waits in a lane, as long as it is due and for one turn at most.

    Returns whether more waits that could be sent at once, so that the lane should be rung again.
    """
    deadline = time.monotonic() + TURN_SECONDS
    while not _stopping.is_set():
        hold = leases.take(lane_id, timezone.now())
        if hold is None:
            return False
        try:
            done = _take_turn(hold, deadline)
        finally:
            hold.give_back()
        if done is None:
            return False
        if not done:
            return True
        # What was committed between the last look and giving back found the lane taken when it rang.
        if not Lane.objects.filter(pk=lane_id).due(timezone.now()).with_work().exists():
            return False
        if Lane.objects.filter(pk=lane_id, priority=Lane.Priority.RESENT).exists():
            return False
    return False


def _take_turn(hold: leases.Hold, deadline: float) -> bool | None:
    """Whether the turn got to its end, or None when the lane has to be left alone."""
    turn = _Turn(hold)
    try:
        return turn.work(deadline)
    except LaneLost:
        log.warning("lane %d was taken over; what is under way here is left to the new holder", hold.lane_id)
    except LaneRests:
        log.info("lane %d rests by now", hold.lane_id)
    except Exception:
        # Whatever it was, it must not come again at once and for ever.
        log.exception("lane %d stumbled; it sleeps before it tries again", hold.lane_id)
        turn.stumble()
    return None


class _Turn:
    """One worker's turn at one lane."""

    def __init__(self, hold: leases.Hold):
        self.hold = hold
        self.lane = Lane.objects.select_related("site").get(pk=hold.lane_id)

    def work(self, deadline: float) -> bool:
        """Send until nothing waits or the lane may not be used. Returns False when time ran out before that."""
        unsettled.close_abandoned(self.lane, self.hold)
        superseding.pass_over(self.lane, self.hold, timezone.now())
        while not _stopping.is_set() and time.monotonic() < deadline:
            if pace.gives_way(self.lane, timezone.now()):
                return True
            load = self._next()
            if load is None or not self._may_leave(load) or not self._send_learning(load):
                return True
            _stopping.wait(pace.between_requests(self.lane, timezone.now()))
        return False

    def _next(self) -> Load | None:
        """The next entries, or the deletion that stands before all others."""
        batch = next_batch(self.lane, pace.largest(self.lane, timezone.now()))
        # Looked for after the entries: a deletion that is numbered below one of them is there by now.
        due = next_deletion(self.lane)
        if batch is None or due is None:
            return batch or due
        return batch.before(due.deletion.pk) or due

    def _may_leave(self, load: Load) -> bool:
        """Whether nothing that is still on its way stands in the way. If not, the lane sleeps until then."""
        now = timezone.now()
        until = unsettled.in_the_way(self.lane, isinstance(load, DueDeletion), now)
        if until is None:
            return True
        why = "A request that nobody read the answer of may still reach Jira; a deletion waits until it cannot."
        self.hold.change(wake_at=until, slept_at=now, slept_for=why)
        return False

    def stumble(self) -> None:
        """Let the lane sleep after a failure of our own, longer each time."""
        try:
            # What this turn has just settled may be rolled back.
            self.lane.refresh_from_db(fields=["failures", "failing_since", "slept_for"])
            self._settle_lane(outcomes.of_failure(_STUMBLED, self.lane.failures), False, timezone.now())
        except LaneLost:
            log.warning("lane %d was taken over", self.lane.pk)

    def _send_learning(self, load: Load) -> bool:
        """Send, and remember which size of request Jira takes where it found one too large."""
        if isinstance(load, DueDeletion):
            return self._send_deletion(load)
        sizes = pace.Sizes()
        try:
            return self._send(load, sizes)
        finally:
            if sizes.learned is not None:
                self.lane.batch_limit = sizes.learned
                self.hold.change(batch_limit=sizes.learned, batch_limit_at=timezone.now())

    def _send_deletion(self, due: DueDeletion) -> bool:
        """Send a deletion while nobody sends resent history beside it, which could bring back what it deletes."""
        beside = Lane.objects.filter(site=self.lane.site_id, api=self.lane.api, priority=Lane.Priority.RESENT).first()
        if beside is None or self.lane.priority == Lane.Priority.RESENT:
            return self._one(due)
        now = timezone.now()
        other = leases.take(beside.pk, now, even_asleep=True)
        if other is None:
            why = "A deletion waits for the request of resent history that is under way."
            self.hold.change(wake_at=now + _SHORTLY, slept_at=now, slept_for=why)
            return False
        try:
            beside.refresh_from_db()
            unsettled.close_abandoned(beside, other)
            until = unsettled.in_the_way(beside, True, now)
            if until is not None:
                why = "A request of resent history may still reach Jira; a deletion waits until it cannot."
                self.hold.change(wake_at=until, slept_at=now, slept_for=why)
                return False
            return self._one(due)
        finally:
            other.give_back()

    def _send(self, batch: Batch, sizes: pace.Sizes) -> bool:
        """Send, in halves where Jira refuses a batch whole. Returns False when the lane has to rest."""
        meaning = self._attempt_signed_in(batch)
        sizes.note(len(batch.entries), meaning)
        if meaning.verdict == Delivery.Verdict.SPLIT:
            first, second = batch.halves()
            return self._send(first, sizes) and not _stopping.is_set() and self._send(second, sizes)
        return meaning.verdict in _FINAL

    def _one(self, due: DueDeletion) -> bool:
        return self._attempt_signed_in(due).verdict in _FINAL

    def _attempt_signed_in(self, load: Load) -> outcomes.Meaning:
        """One request, and the same with a new token where Jira did not take the old one."""
        meaning = self._attempt(load, token_was_fresh=False)
        return self._attempt(load, token_was_fresh=True) if meaning.retry_with_new_token else meaning

    def _attempt(self, load: Load, *, token_was_fresh: bool) -> outcomes.Meaning:
        """One request on the wire, on record before it leaves and after it was answered."""
        delivery: Delivery | None = None
        answer: jira.Answer | None = None
        try:
            client = client_of(self.lane.site)
            request = load.request(client)
            authorization = client.authorize(request)
            self.hold.renew()
            delivery = self._record(request, authorization, load)
            self.hold.renew_if_stale()
            answer = client.send(request, authorization)
            meaning = self._meaning(load, answer, token_was_fresh or not authorization.can_be_renewed)
            if meaning.retry_with_new_token:
                client.forget(authorization)
        except jira.Unreachable as unreachable:
            meaning = outcomes.of_failure(str(unreachable), self.lane.failures, unreachable.retry_after)
            if delivery is not None and unreachable.may_have_arrived:
                unsettled.note(self.lane, self.hold, delivery)
        except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
            why = f"{str(refusal).rstrip('.')}. Mend it, then try now."
            meaning = outcomes.Meaning(Delivery.Verdict.HELD, reason=why)
        self._settle(load, delivery, answer, meaning)
        return meaning

    def _meaning(self, load: Load, answer: jira.Answer, token_was_fresh: bool) -> outcomes.Meaning:
        known: dict[str, Any] = {"failures": self.lane.failures, "token_was_fresh": token_was_fresh}
        if isinstance(load, DueDeletion):
            return outcomes.of_deletion(self.lane.api, answer, **known)
        return outcomes.of_submission(self.lane.api, answer, load.entries, **known)

    @transaction.atomic
    def _record(self, request: jira.Request, authorization: jira.Authorization, load: Load) -> Delivery:
        if isinstance(load, DueDeletion) and not load.still_stands():
            raise LaneRests
        return Delivery.objects.create(
            lane=self.lane,
            fence=self.hold.fence,
            entry_ids=[entry.pk for entry in load.entries] if isinstance(load, Batch) else [],
            deletion=load.deletion if isinstance(load, DueDeletion) else None,
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
                settling.settle_entries(delivery, meaning.settled, now)
                if isinstance(load, Batch):
                    gating.begin(load.entries, meaning.settled, now)
                    sampling.begin(load.entries, meaning.settled, now)
            if isinstance(load, DueDeletion) and meaning.verdict in _FINAL:
                settling.settle_deletion(load.deletion, meaning, now)
        if meaning.is_of_whole_site:
            pace.rest(self.lane, meaning, now)

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
        if meaning.limit_is_near:
            self.lane.slow_until = pace.slow_until(meaning, now)
            change["slow_until"] = self.lane.slow_until
        if meaning.verdict == Delivery.Verdict.HELD:
            change |= {"held_at": now, "held_reason": meaning.reason[:500]}
            log.warning("lane %d is held: %s", self.lane.pk, meaning.reason)
        elif meaning.pause is not None:
            self.lane.failures += 1
            self.lane.failing_since = self.lane.failing_since or now
            change |= {
                "wake_at": now + dt.timedelta(seconds=meaning.pause),
                "slept_at": now,
                "failures": self.lane.failures,
                "failing_since": self.lane.failing_since,
                "slept_for": meaning.reason[:500],
            }
        elif (self.lane.failures or self.lane.slept_for) and was_answered and not meaning.retry_with_new_token:
            self.lane.failures, self.lane.failing_since, self.lane.slept_for = 0, None, ""
            change["failing_since"] = None
            # A time to wake up comes from another lane: it had the whole site rest while this answer was on its way.
            Lane.objects.filter(pk=self.lane.pk, fence=self.hold.fence, wake_at=None).update(
                failures=0, slept_at=None, slept_for=""
            )
        self.hold.change(**change)
