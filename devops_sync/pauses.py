"""Letting a site rest: its lanes stand still and Jira is asked nothing, while submissions go on being taken."""

import datetime as dt

from django.db import transaction

from . import audit, doorbell
from .models import Lane, Site, User
from .wrong import Unusable, Wrong

LONGEST_REASON = 300


@transaction.atomic
def pause(site: Site, user: User | None, reason: str, now: dt.datetime) -> None:
    """Let nothing more leave for it, save the request that is on its way. Raises `Wrong`."""
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise Unusable(f"The reason must be one line of {LONGEST_REASON} characters at most.", "reason")
    reason = reason.rstrip(".")
    held = _held(site)
    if held.paused_at is not None:
        raise Wrong(f"{held.slug} is paused already.")
    held.paused_at, held.paused_by, held.pause_reason = now, user, reason
    held.save(update_fields=["paused_at", "paused_by", "pause_reason"])
    audit.note("site.paused", on=held, after={"reason": reason})
    site.refresh_from_db()


@transaction.atomic
def resume(site: Site) -> None:
    """Let it go on where it stopped, in order. Raises `Wrong`."""
    held = _held(site)
    if held.paused_at is None:
        raise Wrong(f"{held.slug} is not paused.")
    before = {"paused_at": held.paused_at, "reason": held.pause_reason}
    held.paused_at, held.paused_by, held.pause_reason = None, None, ""
    held.save(update_fields=["paused_at", "paused_by", "pause_reason"])
    audit.note("site.resumed", on=held, before=before)
    site.refresh_from_db()
    lanes = list(Lane.objects.filter(site=held).values_list("pk", flat=True))
    transaction.on_commit(lambda: _ring(lanes))


def _ring(lanes: list[int]) -> None:
    for lane in lanes:
        doorbell.ring(lane)
    doorbell.ring_readings()
    doorbell.ring_errands()


def _held(site: Site) -> Site:
    held = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if held.is_removed:
        raise Wrong(f"{held.slug} was removed.")
    return held
