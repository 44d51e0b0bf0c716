"""Starting, pausing, going on with and cancelling an errand. Each is one change, made only from where it may be."""

import datetime as dt
import json
import logging

from django.db import connection, transaction

from .. import audit, doorbell
from ..kinds import KINDS
from ..models import Confirmation, Errand, Lane, User

log = logging.getLogger(__name__)

State = Errand.State
# What is done, as the audit log calls it.
_NOTED = {"started": "started", "paused": "paused", "gone on with": "resumed", "cancelled": "cancelled"}
_CANCELLED = json.dumps([{"message": "The resend was cancelled."}])


class WrongState(Exception):
    """The errand is in a state from which that cannot be done; the text says so."""


@transaction.atomic
def start(errand: Errand, user: User | None, now: dt.datetime) -> None:
    """Let a worker begin. Raises `WrongState` unless it is planned."""
    _change(errand, "started", [State.PLANNED], State.RUNNING, user, started_at=now)
    transaction.on_commit(doorbell.ring_errands)


@transaction.atomic
def pause(errand: Errand, user: User | None, now: dt.datetime) -> None:
    """Let nothing more of it leave, save what is on its way. Raises `WrongState` unless it runs."""
    _change(errand, "paused", [State.RUNNING], State.PAUSED, user)


@transaction.atomic
def go_on(errand: Errand, user: User | None, now: dt.datetime) -> None:
    """Go on where it was paused. Raises `WrongState` unless it is."""
    _change(errand, "gone on with", [State.PAUSED], State.RUNNING, user)
    lanes = list(Lane.objects.filter(site=errand.site_id, priority=Lane.Priority.RESENT).values_list("pk", flat=True))
    transaction.on_commit(doorbell.ring_errands)
    for lane in lanes:
        transaction.on_commit(lambda lane=lane: doorbell.ring(lane))  # type: ignore[misc]


@transaction.atomic
def cancel(errand: Errand, user: User | None, now: dt.datetime) -> None:
    """End it, and take back what waits of it. What was sent stays sent. Raises `WrongState` when it is over."""
    before = [State.PLANNED, State.RUNNING, State.PAUSED]
    _change(errand, "cancelled", before, State.CANCELLED, user, finished_at=now)
    Confirmation.objects.unanswered().filter(errand=errand).delete()
    with connection.cursor() as cursor:
        # A worker that writes outcomes holds the lane's row: taken first, entries are never waited for crosswise.
        cursor.execute(
            "SELECT id FROM lane WHERE site_id = %s AND priority = %s ORDER BY id FOR NO KEY UPDATE",
            [errand.site_id, Lane.Priority.RESENT],
        )
        lanes = [lane for (lane,) in cursor.fetchall()]
        cursor.execute(_WITHDRAW, [now, _CANCELLED, lanes, errand.pk])
        for kind in KINDS.values() if errand.with_deleted else ():
            cursor.execute(_DELETE_AS_BEFORE.format(table=kind.model._meta.db_table), {"errand": errand.pk})


_WITHDRAW = """
UPDATE entry SET outcome = 'withdrawn', outcome_at = %s, errors = %s
FROM submission
WHERE entry.lane_id = ANY(%s) AND entry.outcome = 'waiting'
  AND submission.id = entry.submission_id AND submission.errand_id = %s
"""


# What was to be brought back and never reached Jira is as deleted as it was, unless something newer came.
_DELETE_AS_BEFORE = """
UPDATE {table} AS held SET deleted_at = item.was_deleted_at
FROM errand_item AS item
JOIN entry AS sent ON sent.id = item.entry_id
JOIN entry AS latest ON latest.site_id = sent.site_id AND latest.kind = sent.kind AND latest.key = sent.key
CROSS JOIN LATERAL (
    SELECT min(copy.id), bool_or(copy.outcome = 'accepted')
    FROM entry AS copy JOIN submission ON submission.id = copy.submission_id
    WHERE copy.site_id = sent.site_id AND copy.kind = sent.kind AND copy.key = sent.key
      AND submission.errand_id = %(errand)s
) AS copies (first, were_accepted)
WHERE item.errand_id = %(errand)s AND item.was_deleted_at IS NOT NULL
  AND held.entry_id = latest.id AND held.deleted_at IS NULL AND latest.id < copies.first AND NOT copies.were_accepted
"""


def _change(
    errand: Errand, done: str, before: list[State], after: State, user: User | None, **columns: dt.datetime
) -> None:
    """Change the state in the database and in `errand`, and note it."""
    was = errand.state
    changed = Errand.objects.filter(pk=errand.pk, state__in=before).update(state=after, **columns)
    errand.refresh_from_db()
    if not changed:
        raise WrongState(
            f"The {errand.get_purpose_display().lower()} is {errand.get_state_display().lower()},"
            f" so it cannot be {done}."
        )
    audit.note(f"errand.{_NOTED[done]}", on=errand, before={"state": was}, after={"state": after})
    log.info("errand %d was %s by user %s", errand.pk, done, user.pk if user else "none, but the command line")
