"""Rules that clean up again and again: written, previewed, turned on by confirming that preview, turned off.

What a worker does when a rule's time has come stands in `devops_sync.cleaning.ruling`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction

from .. import audit
from ..cleaning import ruling
from ..kinds import APIS
from ..models import Cleanup, CleanupRule, Site, User
from .planning import Asker, plan_by_keys
from .steering import Wrong, confirm

LONGEST = 36_500  # Days.


def write(
    site: Site,
    user: User,
    name: str,
    apis: Sequence[str],
    properties: Mapping[str, str],
    older_than: int,
    every: int,
    now: dt.datetime,
) -> CleanupRule:
    """Keep a rule that is off. `older_than` and `every` are in days. Raises `Wrong`."""
    if not name.strip():
        raise Wrong("A rule needs a name.", "name")
    if not apis:
        raise Wrong("Choose at least one API.", "api")
    if not properties:
        raise Wrong("Name at least one property.", "property")
    if not 1 <= older_than <= LONGEST:
        raise Wrong(f"The days have to be a number from 1 to {LONGEST:,}.", "older_than")
    if not 1 <= every <= 365:
        raise Wrong("The days between two runs have to be a number from 1 to 365.", "every")
    try:
        with transaction.atomic():
            rule = CleanupRule.objects.create(
                site=site,
                name=name.strip()[:100],
                apis=[api for api in APIS if api in apis],
                properties=dict(properties),
                older_than=older_than,
                every=every,
                user=user,
                created_at=now,
            )
            audit.note("deletion_rule.written", on=rule, after=_said(rule))
            return rule
    except IntegrityError:
        raise Wrong(f"There is a rule of that name for {site.slug} already.", "name") from None


def _said(rule: CleanupRule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in ("apis", "properties", "older_than", "every")}


def preview(rule: CleanupRule, user: User, now: dt.datetime) -> Cleanup:
    """Look what falls under a rule now, as its first run would delete it."""
    asker = Asker(Cleanup.Origin.RULE, user=user, rule=rule)
    return plan_by_keys(rule.site, ruling.choose(rule, now), ruling.what(rule), asker, now)


def latest_preview(rule: CleanupRule) -> Cleanup | None:
    """The preview that somebody asked for last."""
    return rule.cleanups.filter(user__isnull=False).newest_first().first()


@transaction.atomic
def turn_on(rule: CleanupRule, user: User, typed: int | None, reason: str, delay: int, now: dt.datetime) -> Cleanup:
    """Confirm a rule's last preview, which is its first run: from then on it runs by itself. Raises `Wrong`."""
    CleanupRule.objects.select_for_update(of=["self"]).get(pk=rule.pk)
    rule.refresh_from_db()
    if rule.is_on:
        raise Wrong("The rule is on already.")
    first = latest_preview(rule)
    if first is None or first.state != Cleanup.State.PREVIEWED:
        raise Wrong("Preview the rule first: nobody has seen what falls under it now.")
    confirm(first, user, typed, reason, delay, now)
    rule.is_on, rule.confirmed_at, rule.confirmed_by = True, now, user
    rule.next_at = now + dt.timedelta(days=rule.every)
    rule.save(update_fields=["is_on", "confirmed_at", "confirmed_by", "next_at"])
    audit.note("deletion_rule.turned_on", on=rule, after={**_said(rule), "next_at": rule.next_at})
    return first


@transaction.atomic
def turn_off(rule: CleanupRule) -> None:
    """Let it begin nothing more. A run of it that is under way goes on until somebody cancels that."""
    if CleanupRule.objects.filter(pk=rule.pk, is_on=True).update(is_on=False, next_at=None):
        audit.note("deletion_rule.turned_off", on=rule, before={"next_at": rule.next_at})
    rule.refresh_from_db()
