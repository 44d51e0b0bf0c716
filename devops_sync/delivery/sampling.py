"""Which of what Jira accepted is read back by itself: a sample, and what is new in production.

A 202 is no proof of storage, only reading back is. Each read-back costs Jira a request, so there are never more of
them waiting than a site can be asked in a few minutes: what a bulk load brings beyond that stays "not read".
"""

import datetime as dt
import random
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from django.db import connection

from ..models import Deployment, Entry, Site
from .batch import Carried

# Jira stores asynchronously; a read that comes at once is mostly wasted.
FIRST_LOOK = dt.timedelta(seconds=5)
MOST_UNANSWERED = 1000
_draw = random.Random()  # noqa: S311 (which ones are drawn is no secret)


class _Environment(msgspec.Struct):
    type: str = ""


class _Placed(msgspec.Struct):
    environment: _Environment


def begin(entries: Iterable[Carried], settled: Iterable[dict[str, Any]], now: dt.datetime) -> None:
    """Ask for the read-backs of what was accepted of one site, as far as they are due by its setting."""
    accepted = {row["id"] for row in settled if row["outcome"] == Entry.Outcome.ACCEPTED}
    candidates = [entry for entry in entries if entry.pk in accepted]
    if candidates:
        ask(candidates[0].site_id, candidates, now)


def ask(site_id: int, accepted: Collection[Carried], now: dt.datetime) -> None:
    """Draw among accepted entries of a site and ask for what was drawn, in one statement."""
    one_in = Site.objects.values_list("sample_one_in", flat=True).get(pk=site_id)
    if not one_in:
        return
    mended = _sent_again_since_missing(accepted)
    chosen = [
        entry.pk
        for entry in accepted
        if entry.origin_id in mended or _is_new_in_production(entry) or _draw.random() * one_in < 1
    ]
    if chosen:
        facts: dict[str, Any] = {
            "site": site_id,
            "chosen": chosen,
            "now": now,
            "due_at": now + FIRST_LOOK,
            "most": MOST_UNANSWERED,
        }
        with connection.cursor() as cursor:
            cursor.execute(_ASK, facts)


def _is_new_in_production(entry: Carried) -> bool:
    """Whether it is of a deployment to production and not sent again; only a payload that may be one is read."""
    if entry.kind != "deployment" or entry.origin_id is not None or '"production"' not in entry.payload:
        return False
    try:
        placed = msgspec.json.decode(entry.payload, type=_Placed)
    except msgspec.DecodeError:
        return False
    return placed.environment.type == Deployment.EnvironmentType.PRODUCTION


def _sent_again_since_missing(accepted: Iterable[Carried]) -> set[int | None]:
    """What was found missing or different and is now sent again: whether that helped has to be looked at."""
    origins = {entry.origin_id for entry in accepted if entry.origin_id is not None}
    if not origins:
        return set()
    return set(Entry.objects.adrift().filter(pk__in=origins).order_by().values_list("pk", flat=True))


# The count ends at the limit; it goes by the index of what is unanswered.
_ASK = """
INSERT INTO confirmation (entry_id, asked_at, due_at, tries, url, result, differences, failure)
SELECT chosen.id, %(now)s, %(due_at)s, 0, '', '', '[]', ''
FROM unnest(%(chosen)s::bigint[]) AS chosen (id)
WHERE NOT EXISTS (
    SELECT 1 FROM confirmation WHERE confirmation.entry_id = chosen.id AND answered_at IS NULL
) AND (
    SELECT count(*) FROM (
        SELECT 1 FROM confirmation JOIN entry ON entry.id = confirmation.entry_id
        WHERE answered_at IS NULL AND user_id IS NULL AND errand_id IS NULL AND entry.site_id = %(site)s
        LIMIT %(most)s
    ) AS unanswered
) < %(most)s
"""
