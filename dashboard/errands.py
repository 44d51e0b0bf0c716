"""Errands as the pages show them: how far, how fast, how long still, and what may be done with them."""

import datetime as dt
from dataclasses import dataclass

from devops_sync import errands, spans
from devops_sync.kinds import KINDS as LEDGER_KINDS
from devops_sync.models import Confirmation, Entry, Errand, Lane

from . import health, kept
from .kinds import KINDS, Kind
from .templatetags.look import plural

LOOKED_BACK = dt.timedelta(seconds=60)
State = Errand.State


@dataclass(frozen=True)
class Shown:
    """An errand with how far it is. `recently` came to their end within the `seconds` before now."""

    errand: Errand
    progress: errands.Progress
    recently: int
    seconds: float

    @property
    def is_resend(self) -> bool:
        return self.errand.purpose == Errand.Purpose.RESEND

    @property
    def icon(self) -> str:
        return "resend" if self.is_resend else "confirmed"

    @property
    def counted(self) -> str:
        """How many of what: "3 deployments", or, of several kinds, "3 entities"; with history "3 versions"."""
        if self.errand.with_history:
            return plural(self.errand.total, "version")
        return plural(self.errand.total, self.kinds[0][0].counted if len(self.kinds) == 1 else "entity,entities")

    @property
    def state(self) -> str:
        """The name of its state among those that the pages draw."""
        return "errand_amiss" if self.is_amiss else f"errand_{self.errand.state}"

    @property
    def is_amiss(self) -> bool:
        """Whether it read everything and found something missing or different."""
        return self.errand.state == State.DONE and self.progress.missing + self.progress.different > 0

    @property
    def amiss(self) -> str:
        """What it found so: "63 are missing and 2 differ"."""
        missing, different = self.progress.missing, self.progress.different
        found = [plural(missing, "is missing,are missing")] if missing else []
        return " and ".join([*found, plural(different, "differs,differ")] if different else found)

    @property
    def kinds(self) -> list[tuple[Kind, int]]:
        planned = self.errand.plan.get("kinds", {})
        return [(kind, planned[name]) for name, kind in KINDS.items() if name in planned]

    @property
    def requests(self) -> int:
        return int(self.errand.plan.get("requests", 0))

    @property
    def foreseen(self) -> str:
        """How long its requests take one after the other; nothing when nobody knows the site's pace."""
        seconds = self.errand.plan.get("seconds")
        return "" if seconds is None else spans.about(dt.timedelta(seconds=seconds), in_seconds=True)

    @property
    def rate(self) -> float:
        """How many come to their end in a second."""
        return self.recently / self.seconds

    @property
    def rate_words(self) -> str:
        return f"{self.rate:,.0f} a second" if self.rate >= 1 else f"{self.rate * 60:,.0f} a minute"

    @property
    def remaining(self) -> str:
        """How long the rest takes at the rate of the last minute; nothing when nothing moved in it."""
        if not self.recently:
            return ""
        left = dt.timedelta(seconds=(self.progress.total - self.progress.settled) / self.rate)
        return spans.about(left, in_seconds=True)

    @property
    def has_just_begun(self) -> bool:
        return self.seconds < LOOKED_BACK.total_seconds()

    @property
    def took(self) -> dt.timedelta | None:
        started, finished = self.errand.started_at, self.errand.finished_at
        return finished - started if started and finished else None

    @property
    def was_started(self) -> bool:
        return self.errand.started_at is not None

    @property
    def follows_every(self) -> float | None:
        """How often its page should ask again."""
        if self.errand.state == State.RUNNING:
            return 2
        return None if self.errand.is_over and not self.progress.waiting else 5


def show(errand: Errand, now: dt.datetime) -> Shown:
    """An errand with its progress. Of a large one that is not over it is kept for a moment, since many look at it."""
    if errand.is_over:
        progress, recently = errands.progress(errand), 0
    else:
        progress, recently = kept.figure("errand", [errand.pk], lambda: _count(errand, now), times=5)
    recently = recently if errand.state == State.RUNNING else 0
    since = max(now - LOOKED_BACK, errand.started_at or now)
    return Shown(errand, progress, recently, max(1.0, (now - since).total_seconds()))


def _count(errand: Errand, now: dt.datetime) -> tuple[errands.Progress, int]:
    start = now - LOOKED_BACK
    if errand.purpose == Errand.Purpose.RESEND:
        recently = Entry.objects.filter(submission__errand=errand, outcome_at__gt=start).count()
    else:
        recently = Confirmation.objects.filter(errand=errand, answered_at__gt=start).count()
    return errands.progress(errand), recently


def lanes_of(errand: Errand, now: dt.datetime) -> health.Lanes:
    """The lanes through which a resend goes."""
    if errand.purpose != Errand.Purpose.RESEND:
        return health.Lanes([])
    apis = {LEDGER_KINDS[name].api for name in errand.plan.get("kinds", {})}
    found = health.lanes_of([errand.site], now)
    return health.Lanes(
        [stretch for stretch in found if stretch.lane.priority == Lane.Priority.RESENT and stretch.lane.api in apis]
    )
