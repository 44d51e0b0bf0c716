"""Confirming, approving, pausing and cancelling a clean-up. Each is one change, made only from where it may be."""

import datetime as dt
import logging
from typing import Any

from django.db import transaction

from .. import approvals, doorbell
from ..cleaning import noting, running
from ..models import Cleanup, CleanupPart, User
from ..models.cleanup import said
from ..people import settled

log = logging.getLogger(__name__)

State = Cleanup.State
LONGEST_DELAY = 7 * 24 * 3600  # Seconds.
# What is called otherwise in the audit log.
_NOTED = {"gone on with": "resumed"}
DEFAULT_DELAY = 300  # Seconds in which a person can still think better of it.
_NOT_BEGUN = (State.PREVIEWED, State.AWAITING, State.DELAYED)
_CAN_BE_ENDED = (*_NOT_BEGUN, State.RUNNING, State.PAUSED)


class Wrong(Exception):
    """It cannot be done; the text says why, in one sentence. `field` names what was given wrong, if anything was."""

    def __init__(self, sentence: str, field: str = ""):
        super().__init__(sentence)
        self.field = field


def needs_approval(cleanup: Cleanup, now: dt.datetime) -> bool:
    """Whether a second admin has to approve, as it holds on the site. What a client asked for is its own matter."""
    above = cleanup.site.approves_above(now)
    return above is not None and cleanup.total > above and cleanup.origin != Cleanup.Origin.GATEWAY


@transaction.atomic
def confirm(
    cleanup: Cleanup, user: User | None, typed: int | None, reason: str, delay: int, now: dt.datetime, by: str = ""
) -> None:
    """Say yes to what the preview showed. Raises `Wrong`.

    `typed` is the number of entities, as the person typed it; `delay` is in seconds. Without a second admin's approval,
    where one is needed, nothing begins. `user` is None for the command line; `by` names who says yes where that is
    nobody at that moment, such as a rule that `user` turned on.
    """
    if not reason.strip():
        raise Wrong("A reason is needed: it stands in the report.", "reason")
    if typed != cleanup.total:
        raise Wrong(f"The preview shows {cleanup.total:,} entities: type that number.", "typed")
    if not 0 <= delay <= LONGEST_DELAY:
        raise Wrong("The delay has to be between none and seven days.", "delay")
    # Whoever asks for more approval in the same moment is waited for.
    cleanup.site = approvals.hold(cleanup.site)
    waits = needs_approval(cleanup, now)
    _change(
        cleanup,
        "confirmed",
        [State.PREVIEWED],
        State.AWAITING if waits else State.DELAYED,
        user,
        now,
        by,
        reason=reason.strip(),
        confirmed_by=user,
        confirmed_at=now,
        needs_approval=waits,
        delay=delay,
        starts_at=None if waits else now + dt.timedelta(seconds=delay),
    )
    transaction.on_commit(doorbell.ring_cleanups)


@transaction.atomic
def approve(cleanup: Cleanup, user: User, now: dt.datetime) -> None:
    """Approve as the second admin; the delay begins. Raises `Wrong`: nobody approves their own, nor acts as two."""
    if user.pk in (cleanup.confirmed_by_id, cleanup.user_id):
        raise Wrong("Nobody approves their own deletion: another admin has to.")
    if sentence := unsettled(cleanup, user, now):
        raise Wrong(sentence)
    starts_at = now + dt.timedelta(seconds=cleanup.delay)
    _change(
        cleanup, "approved", [State.AWAITING], State.DELAYED, user, now,
        approved_by=user, approved_at=now, starts_at=starts_at,
    )  # fmt: skip
    transaction.on_commit(doorbell.ring_cleanups)


def unsettled(cleanup: Cleanup, user: User, now: dt.datetime) -> str:
    """Why the person who confirmed it and this one do not count as two, in a sentence; empty where they do."""
    two = (user, cleanup.confirmed_by)
    return next((found for person in two if (found := settled.problem(person, cleanup.site, now))), "")


def pause(cleanup: Cleanup, user: User | None, now: dt.datetime) -> None:
    """Let nothing more of it begin, and take back what Jira was not asked for. Raises `Wrong`."""
    with transaction.atomic():
        _change(cleanup, "paused", [State.RUNNING, State.DELAYED], State.PAUSED, user, now)
    running.take_back_all(cleanup, CleanupPart.State.TODO)


@transaction.atomic
def go_on(cleanup: Cleanup, user: User | None, now: dt.datetime) -> None:
    """Go on where it was paused: what matches is looked at again first. Raises `Wrong`."""
    _change(cleanup, "gone on with", [State.PAUSED], State.DELAYED, user, now, starts_at=now)
    transaction.on_commit(doorbell.ring_cleanups)


def cancel(cleanup: Cleanup, user: User | None, now: dt.datetime) -> None:
    """End it, and take back what Jira was not asked for. What it was asked for is still proven. Raises `Wrong`."""
    with transaction.atomic():
        _change(cleanup, "cancelled", list(_CAN_BE_ENDED), State.CANCELLED, user, now, finished_at=now)
    running.end_the_rest(cleanup, running.CANCELLED_HALFWAY)
    doorbell.ring_cleanups()


def _change(
    cleanup: Cleanup,
    done: str,
    before: list[str],
    after: State,
    user: User | None,
    now: dt.datetime,
    by: str = "",
    **columns: Any,
) -> None:
    """Change the state in the database and in `cleanup`, with a line in its history."""
    by = by or (user.get_username() if user else "command line")
    found = Cleanup.objects.select_for_update().get(pk=cleanup.pk)
    if found.state not in before or found.stopped_for:
        cleanup.refresh_from_db()
        raise Wrong(f"The deletion is {found.get_state_display().lower()}, so it cannot be {done}.")
    was = found.get_state_display().lower()
    line = f"{done} it" if done != "gone on with" else "went on with it"
    Cleanup.objects.filter(pk=cleanup.pk).update(state=after, history=[*found.history, said(now, by, line)], **columns)
    cleanup.refresh_from_db()
    noting.note(
        _NOTED.get(done, done),
        cleanup,
        before={"state": was},
        state=cleanup.get_state_display().lower(),
        entities=cleanup.total,
        reason=noting.words(cleanup, columns.get("reason", "")),
        starts_at=cleanup.starts_at,
        by=by if user is None or by != user.get_username() else None,
    )
    log.info("clean-up %d was %s by user %s", cleanup.pk, done, user.pk if user else "none, but the command line")
