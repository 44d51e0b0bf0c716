"""A worker's side of a clean-up: part after part into its lane, then the proof.

One worker at a time has a clean-up. Whoever dies leaves it where the next one goes on: what is marked stays marked, and
a deletion that stands in its lane is sent by whoever has the lane.
"""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ..alone import CLEANUP, alone_with
from ..models import Cleanup, CleanupPart, Deletion
from ..models.cleanup import said
from . import keyed, marking, noting, placing, proving, redacting, report, reviving, ruling, staying

log = logging.getLogger(__name__)

State = Cleanup.State
# Of one that goes key by key, so many stand in lanes at once: little is ahead, so that pausing and cancelling act soon.
MOST_STANDING = 200


_Part = CleanupPart.State
# What somebody left who died while it was paused, cancelled or stopped: marks without a deletion, a deletion that may
# still leave, or one that left and is to be proven.
_LEFT = (
    Q(parts__state__in=(_Part.MARKING, _Part.REVIVING)) & ~Q(state__in=Cleanup.MOVING)
    | Q(parts__state=_Part.STANDING, parts__deletion__outcome="waiting", state=State.PAUSED)
    | Q(parts__state__in=(_Part.STANDING, _Part.TODO), state__in=(State.CANCELLED, State.STOPPED), report=None)
)


def run_due() -> set[int]:
    """Begin what rules ask for, and let every clean-up go on that has something to do.

    Returns the lanes that got something.
    """
    lanes: set[int] = set()
    ruling.run_due(timezone.now())
    for pk in _due(timezone.now()):
        try:
            lanes |= run(pk)
        except Exception:
            # One that cannot go on must not keep the others.
            log.exception("clean-up %d stumbled; it is tried again", pk)
    return lanes


def is_anything_due(now: dt.datetime) -> bool:
    """Whether a worker has something to do."""
    return bool(_due(now) or ruling.due(now))


def _due(now: dt.datetime) -> list[int]:
    found = Cleanup.objects.due(now).values_list("pk", flat=True)
    return sorted({*found, *Cleanup.objects.filter(_LEFT).values_list("pk", flat=True)})


def run(pk: int) -> set[int]:
    """Let one clean-up go as far as it can now, unless another worker has it. Returns the lanes that got something."""
    lanes: set[int] = set()
    with alone_with(CLEANUP, pk) as is_alone:
        if not is_alone:
            return lanes
        now = timezone.now()
        Cleanup.objects.filter(pk=pk, state=State.DELAYED, starts_at__lte=now, started_at=None).update(started_at=now)
        Cleanup.objects.filter(pk=pk, state=State.DELAYED, starts_at__lte=now).update(state=State.RUNNING)
        cleanup = Cleanup.objects.select_related("site", "user", "token", "confirmed_by").get(pk=pk)
        if cleanup.state == State.RUNNING:
            lanes = _run(cleanup)
        elif cleanup.state != State.PROVING:
            _tidy(cleanup)
        if cleanup.state == State.PROVING and proving.ask(cleanup):
            if cleanup.person:
                redacting.redact(cleanup)
            report.seal(cleanup, timezone.now())
    return lanes


def _run(cleanup: Cleanup) -> set[int]:
    lanes: set[int] = set()
    room = MOST_STANDING - cleanup.parts.standing().filter(deletion__outcome="waiting").count()
    parts = cleanup.parts.open().select_related("cleanup__site", "deletion").order_by("position")
    for part in list(parts[: max(room, 0)]):
        if cleanup.rule_id is not None and keyed.has_changed(part):
            _pass_over(part)
            continue
        try:
            if not _put(part):
                break
            if part.deletion is not None:
                lanes.add(part.deletion.lane_id)
        except marking.Grown as grown:
            _stop(cleanup, str(grown))
            break
    cleanup.refresh_from_db()
    if cleanup.state == State.RUNNING and not cleanup.parts.open().exists():
        _settle(cleanup)
    return lanes


def _may_go_on(part: CleanupPart) -> bool:
    return Cleanup.objects.filter(pk=part.cleanup_id, state=State.RUNNING, stopped_for="").exists()


def _put(part: CleanupPart) -> bool:
    """Put a part into its lane. False when the clean-up may not go on. Raises `marking.Grown`."""
    if not _may_go_on(part):
        _tidy(part.cleanup)
        return False
    if part.state == _Part.REVIVING:
        reviving.revive(part, _Part.TODO)
    if part.cleanup.is_by_properties and part.cleanup.origin != Cleanup.Origin.GATEWAY:
        marking.look(part)
    if part.stamp is None:
        part.stamp = timezone.now()
        part.state = CleanupPart.State.MARKING
        part.save(update_fields=["stamp", "state"])
    if not (_put_by_properties(part) if part.cleanup.is_by_properties else keyed.put(part)):
        _tidy(part.cleanup)
        return False
    return True


def _put_by_properties(part: CleanupPart) -> bool:
    marked_to = marking.mark(part, lambda: _may_go_on(part))
    if marked_to is None:
        return False
    try:
        placing.stand(part, marked_to)
    except placing.NotRunning:
        return False
    return True


def _pass_over(part: CleanupPart) -> None:
    """Leave it: a rule is about what has been unchanged for long."""
    part.state = CleanupPart.State.CANCELLED
    part.save(update_fields=["state"])


def _tidy(cleanup: Cleanup) -> None:
    """Make alive again what was marked for a part that may not go on, and end what somebody cancelled or stopped."""
    cleanup.refresh_from_db(fields=["state", "stopped_for"])
    is_ended = cleanup.is_over or bool(cleanup.stopped_for)
    for part in cleanup.parts.filter(state__in=(_Part.MARKING, _Part.REVIVING)).select_related("cleanup"):
        reviving.take_back(part, _Part.CANCELLED if is_ended else _Part.TODO)
    if cleanup.state == State.PAUSED:
        take_back_all(cleanup, _Part.TODO)
    elif cleanup.state in (State.CANCELLED, State.STOPPED) and cleanup.report is None:
        end_the_rest(cleanup, cleanup.stopped_for or CANCELLED_HALFWAY)


def take_back_all(cleanup: Cleanup, into: CleanupPart.State) -> None:
    """Take back whatever Jira was not asked for."""
    for part in unanswered(cleanup):
        reviving.take_back(part, into)


def _stop(cleanup: Cleanup, why: str) -> None:
    """More would go than the preview showed: nothing of the rest is deleted."""
    now = timezone.now()
    with transaction.atomic():
        found = Cleanup.objects.select_for_update(no_key=True).get(pk=cleanup.pk)
        if found.state == State.RUNNING:
            history = [*found.history, said(now, "Waybill", f"stopped it: {why}")]
            stopped = {"state": State.STOPPED, "stopped_for": why, "finished_at": now, "history": history}
            Cleanup.objects.filter(pk=cleanup.pk).update(**stopped)
            noting.note("stopped", cleanup, why=why)
            log.warning("clean-up %d stopped", cleanup.pk)
    _tidy(cleanup)


CANCELLED_HALFWAY = "Somebody cancelled it before Jira was asked for all of it."


def end_the_rest(cleanup: Cleanup, why: str) -> None:
    """Take back what Jira was not asked for, for good. If it was asked for some of it, that goes on to its proof."""
    cleanup.parts.filter(state=_Part.TODO).update(state=_Part.CANCELLED)
    take_back_all(cleanup, _Part.CANCELLED)
    if cleanup.parts.standing().exists():
        ended = Cleanup.objects.filter(pk=cleanup.pk, state__in=(State.CANCELLED, State.STOPPED), report=None)
        ended.update(state=State.RUNNING, stopped_for=why, finished_at=None)
    cleanup.refresh_from_db()


def unanswered(cleanup: Cleanup) -> list[CleanupPart]:
    """The parts that stand in a lane and may not have left yet, the last first."""
    waiting = cleanup.parts.standing().filter(deletion__outcome=Deletion.Outcome.WAITING)
    return list(waiting.select_related("cleanup", "deletion").order_by("-position"))


def _settle(cleanup: Cleanup) -> None:
    """Go on to the proof once Jira has answered everything."""
    standing = Deletion.objects.filter(part__cleanup=cleanup)
    if standing.filter(outcome=Deletion.Outcome.WAITING).exists():
        return
    now = timezone.now()
    with transaction.atomic():
        found = Cleanup.objects.select_for_update(no_key=True).get(pk=cleanup.pk)
        if found.state != State.RUNNING:
            return
        cleanup.state, cleanup.asked_all_at = State.PROVING, now
        cleanup.history = [*found.history, said(now, "Jira", "answered the last of the requests")]
        stayed = [one for one in staying.let_stay(cleanup) if one.was_shown]
        if stayed:
            kept = "1 entity stays" if len(stayed) == 1 else f"{len(stayed):,} entities stay"
            cleanup.history.append(said(now, "Waybill", f"found that {kept}: Jira rejected the newest version"))
        cleanup.save(update_fields=["state", "asked_all_at", "history"])
        proving.begin(cleanup, now, stayed)
