"""The sites: their secrets, their lanes, and whether work is taken up."""

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone

from .. import vault
from ..models import Confirmation, Gate, Lane, Site
from ..models.due import oldest_due
from ..models.lane import LOUD_AFTER, Waiting, waiting_by_lane
from .finding import Finding, bad, ok, span, warn

_LATE_SECONDS = (60, 300)
_SLOW_SECONDS = 3600


def secrets() -> Iterator[Finding]:
    """Whether the keys that are set open the secret of every site."""
    sites = list(Site.objects.connected().order_by("slug"))
    newest = Fernet(settings.ENCRYPTION_KEYS[0])
    closed, older = [], []
    for site in sites:
        try:
            vault.open_sealed(bytes(site.sealed_secret))
            newest.decrypt(bytes(site.sealed_secret))
        except vault.CannotOpen:
            closed.append(site.slug)
        except InvalidToken:
            older.append(site.slug)
    for slug in closed:
        says = f"The secret of {slug} cannot be opened: its key is not among WAYBILL_ENCRYPTION_KEYS."
        yield bad("secrets", says, "Put the key back, or enter the secret of the site again.")
    if older:
        yield ok("secrets", f"An older key is still needed for {', '.join(older)}: keep it.")
    elif not closed:
        yield ok("secrets", f"The keys open {len(sites)} of {len(sites)}." if sites else "No site is connected.")


def lanes() -> Iterator[Finding]:
    """What stands in the way of each lane."""
    now = timezone.now()
    of_connected = Lane.objects.filter(site__in=Site.objects.connected())
    found = list(of_connected.select_related("site").order_by("site__slug", "api", "priority"))
    waiting = waiting_by_lane([lane.pk for lane in found])
    many = sum(stretch.count for stretch in waiting.values())
    troubled = False
    for lane in found:
        stretch = waiting.get(lane.pk, Waiting())
        age = (now - stretch.since).total_seconds() if stretch.since else 0.0
        more = "+" if stretch.count >= Waiting.MOST else ""
        waits = f" {stretch.count:,}{more} wait, the oldest for {span(age)}." if stretch.count else ""
        name = f"The {lane}"
        if lane.site.paused_at is not None:
            says = f"{name} stands still: its site is paused since {lane.site.paused_at:%Y-%m-%d %H:%M} UTC.{waits}"
            finding = warn("lanes", says, "Resume the site on its page when it may go on.")
        elif lane.held_at is not None:
            says = f"{name} is held since {lane.held_at:%Y-%m-%d %H:%M} UTC: {lane.held_reason}{waits}"
            finding = bad("lanes", says, "Do what it says, then press “Try now” on the page of deliveries.")
        elif stretch.count and lane.is_loud(now) and lane.failing_since is not None:
            since = f"{lane.failing_since:%Y-%m-%d %H:%M} UTC"
            says = f"Jira has taken nothing from the {lane} since {since}: {lane.slept_for}"
            does = "See whether Jira can be reached from here and whether the site has moved, then press “Try now”."
            finding = bad("lanes", f"{says}{waits} Everything is kept.", does)
        elif lane.failures and lane.wake_at is not None and lane.wake_at > now:
            make = bad if age > LOUD_AFTER.total_seconds() else warn
            says = f"{name} sleeps after {lane.failures} failed tries: {lane.slept_for}{waits}"
            finding = make("lanes", says, f"It tries again in {span((lane.wake_at - now).total_seconds())}.")
        elif age > _SLOW_SECONDS:
            make = bad if age > LOUD_AFTER.total_seconds() else warn
            finding = make("lanes", f"{name} is behind.{waits}", "See on the page of deliveries whether it moves.")
        else:
            continue
        troubled = True
        yield finding
    if not troubled:
        yield ok("lanes", f"None of {len(found)} is held or behind. {many:,} wait." if found else "There is none yet.")


def work() -> Iterator[Finding]:
    """Whether workers and beat are there, as far as the database can tell: what is due is taken up in seconds."""
    now = timezone.now()
    due = oldest_due(now)
    ages = {"a delivery": due.total_seconds() if due else 0.0}
    for name, of in (("a read-back", Confirmation), ("a gate", Gate)):
        first = of.objects.due(now).aggregate(first=Min("due_at"))["first"]
        ages[name] = (now - first).total_seconds() if first else 0.0
    what, age = max(ages.items(), key=lambda item: item[1])
    last = Lane.objects.aggregate(last=Max("answered_at"))["last"]
    seen = (
        f"Jira last answered a worker {span((now - last).total_seconds())} ago."
        if last
        else "Jira has not answered any worker yet."
    )
    if age > _LATE_SECONDS[0]:
        make = bad if age > _LATE_SECONDS[1] else warn
        says = f"{what.capitalize()} is due for {span(age)} and nobody takes it up. {seen}"
        yield make("work", says, "See that a worker and beat run.")
    elif age:
        yield ok("work", f"The oldest that is due is so for {span(age)}. {seen}")
    else:
        yield ok("work", f"Nothing is due. {seen}")
