"""Removing a site: its secret goes, its tokens end, nothing leaves for it any more, and the ledger keeps what it has.

It has to be paused first and nothing of it on its way, so that no answer comes for what is written off here.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, models, transaction

from . import audit, errands
from .cleanups import ruling
from .kinds import KINDS
from .models import Cleanup, CleanupRule, Confirmation, Deletion, Entry, Errand, Lane, Site, Token, User
from .written_off import write_off
from .wrong import Wrong

COUNTED = 100_000
ALIVE = 10_000
_GONE = [
    *("sealed_secret", "capabilities", "capabilities_at", "paused_at", "paused_by", "pause_reason"),
    *("retired_at", "retired_by"),
]
_ENDED = [*Cleanup.OVER, Cleanup.State.PREVIEWED]


@dataclass(frozen=True)
class Left:
    """What of a site would not be sent any more, or ends with it; `COUNTED` stands for as many or more."""

    entries: int
    deletions: int
    read_backs: int
    errands: int
    rules: int
    tokens: int
    cleanups: list[int]

    @property
    def is_nothing(self) -> bool:
        return not (self.entries or self.deletions or self.read_backs)


@dataclass(frozen=True)
class Alive:
    """How much of a kind is alive on a site, and how much of that came without a property; both up to `ALIVE`."""

    kind: str
    many: int
    without: int


def alive(site: Site) -> list[Alive]:
    """What of each kind is alive. What has no property is found by no deletion by properties."""
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE, {"site": site.pk, "most": ALIVE})
        return [Alive(*row) for row in cursor.fetchall()]


def look(site: Site) -> Left:
    """What a removal would leave unsent, and what it would end. `cleanups` are the deletions that stand in the way."""
    of_lanes = {"lane__site": site}
    return Left(
        entries=Entry.objects.waiting().filter(**of_lanes).order_by()[:COUNTED].count(),
        deletions=Deletion.objects.waiting().filter(site=site).count(),
        read_backs=Confirmation.objects.unanswered().filter(entry__site=site).count(),
        errands=_errands(site).count(),
        rules=CleanupRule.objects.filter(site=site, is_on=True).count(),
        tokens=Token.objects.filter(site=site, revoked_at=None).count(),
        cleanups=list(_cleanups(site).values_list("pk", flat=True)),
    )


def remove(site: Site, user: User | None, typed: str, now: dt.datetime, *, frees_name: bool) -> None:
    """Remove a site for good; what the ledger holds of it stays readable. Raises `Wrong`, and nothing has changed.

    `typed` is the short name as the person typed it. `frees_name`: another site may take the name, and the pages of
    this one get another address.
    """
    _remove(site, user, typed, now, frees_name=frees_name)
    if frees_name:
        # Apart: it changes a key, which those who write down a submission hold on to while they wait for a lane.
        Site.objects.filter(pk=site.pk).update(former_slug=site.slug, slug=_other_name(site.slug))
    site.refresh_from_db()


@transaction.atomic
def _remove(site: Site, user: User | None, typed: str, now: dt.datetime, *, frees_name: bool) -> None:
    held = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if held.is_removed:
        raise Wrong(f"{held.slug} was removed already.")
    if typed != held.slug:
        raise Wrong(f"Type the short name of the site: {held.slug}.", "typed")
    if not held.is_paused:
        raise Wrong("Pause the site first: then nothing is on its way when it goes.")
    if begun := list(_cleanups(held).values_list("pk", flat=True)):
        numbers = ", ".join(map(str, begun))
        raise Wrong(f"A deletion is not over: {numbers}. Resume the site and let it end, or cancel it.")
    lanes = _take_lanes(held, now)
    left = look(held)
    _end(held, user, now)
    write_off(lanes, now)
    Lane.objects.filter(pk__in=lanes).update(held_at=None, held_reason="", wake_at=None, failures=0, failing_since=None)
    for token in held.tokens.filter(revoked_at=None).select_for_update(no_key=True):
        token.revoke(now)
        audit.note("token.revoked", on=token)
    held.sealed_secret, held.capabilities, held.capabilities_at = b"", {}, None
    held.paused_at, held.paused_by, held.pause_reason = None, None, ""
    held.retired_at, held.retired_by = now, user
    held.save(update_fields=_GONE)
    not_sent = {"entries": left.entries, "deletions": left.deletions, "read_backs": left.read_backs}
    audit.note("site.removed", on=held, after={"not_sent": not_sent, "name_is_freed": frees_name})


def _take_lanes(site: Site, now: dt.datetime) -> list[int]:
    """Take the site's lanes alone until the end of the transaction. Raises `Wrong` while one is in a worker's hands."""
    lanes = list(Lane.objects.filter(site=site).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for lane in lanes:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lane])
    held = list(Lane.objects.filter(pk__in=lanes).order_by("pk").select_for_update(no_key=True))
    if any(lane.leased_until is not None and lane.leased_until > now for lane in held):
        raise Wrong("A request is still on its way to Jira. Try again in a few seconds.")
    return lanes


def _end(site: Site, user: User | None, now: dt.datetime) -> None:
    """End what would go on by itself."""
    for errand in _errands(site):
        errands.cancel(errand, user, now)
    for rule in CleanupRule.objects.filter(site=site, is_on=True):
        ruling.turn_off(rule)
    Confirmation.objects.unanswered().filter(entry__site=site).delete()


def _errands(site: Site) -> "models.QuerySet[Errand]":
    return Errand.objects.filter(site=site).exclude(state__in=[Errand.State.CANCELLED, Errand.State.DONE])


def _cleanups(site: Site) -> "models.QuerySet[Cleanup]":
    return Cleanup.objects.filter(site=site).exclude(state__in=_ENDED).order_by("pk")


def _other_name(slug: str) -> str:
    """A name for the pages of a removed site: its own with a number that nobody has."""
    base = f"{slug[:45].rstrip('-')}-removed"
    taken = set(Site.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


_ALIVE = " UNION ALL ".join(
    f"""SELECT '{kind.name}', (
        SELECT count(*) FROM (
            SELECT 1 FROM {kind.model._meta.db_table} WHERE site_id = %(site)s AND deleted_at IS NULL LIMIT %(most)s
        ) AS few
    ), (
        SELECT count(*) FROM (
            SELECT 1 FROM {kind.model._meta.db_table} AS held JOIN property_set ON property_set.id = property_set_id
            WHERE held.site_id = %(site)s AND deleted_at IS NULL AND property_set.pairs = '{{}}' LIMIT %(most)s
        ) AS few
    )"""  # noqa: S608 (names of this project's own)
    for kind in KINDS.values()
)
