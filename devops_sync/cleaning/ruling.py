"""A worker's side of recurring rules: each run is a clean-up of its own, by key: Jira's bulk deletion knows no age.

A rule that is on says yes to its own runs, for the reason that an admin gave when turning it on. A second admin's
approval is asked for all the same where the site wants one.
"""

import datetime as dt
import logging
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from .. import kinds
from ..alone import RULE, alone_with
from ..jira import keys
from ..models import Cleanup, CleanupRule, PropertySet
from .matching import IN_REPOSITORIES

log = logging.getLogger(__name__)

MOST_KEYS = 100_000  # So many go in one run at most; the rest comes with the next.
# A preview that nobody said yes to keeps no run from beginning.
_OPEN = [state for state in Cleanup.State if state not in (*Cleanup.OVER, Cleanup.State.PREVIEWED)]


def run_due(now: dt.datetime) -> None:
    """Let every rule run whose time has come."""
    for pk in due(now):
        try:
            run(pk, now)
        except Exception:
            # One that cannot run must not keep the others, nor what runs already.
            log.exception("rule %d stumbled; it is tried again", pk)


def due(now: dt.datetime) -> list[int]:
    """The rules whose time has come, save those of which a run has yet to end."""
    unfinished = Cleanup.objects.filter(rule=OuterRef("pk"), state__in=_OPEN)
    found = CleanupRule.objects.filter(is_on=True, next_at__lte=now).exclude(Exists(unfinished))
    return list(found.order_by("pk").values_list("pk", flat=True))


def run(pk: int, now: dt.datetime) -> Cleanup | None:
    """Let a rule run once, if it still is due. None when another worker has it, or nothing falls under it."""
    with alone_with(RULE, pk) as is_alone:
        if not is_alone or pk not in due(now):
            return None
        rule = CleanupRule.objects.select_related("site", "confirmed_by").get(pk=pk)
        cleanup = _plan(rule, now)
        with transaction.atomic():
            # Should this process die before, the plan is one that nobody confirmed, and the rule is still due.
            CleanupRule.objects.filter(pk=pk).update(next_at=following(rule.next_at or now, rule.every, now))
            if cleanup is not None:
                _confirm(rule, cleanup, now)
    return cleanup


def _plan(rule: CleanupRule, now: dt.datetime) -> Cleanup | None:
    # What plans and confirms knows the doorbell, which knows the tasks, which know this.
    from .. import cleanups

    chosen = choose(rule, now)
    asker = cleanups.Asker(Cleanup.Origin.RULE, rule=rule)
    return cleanups.plan_by_keys(rule.site, chosen, what(rule), asker, now) if chosen else None


def _confirm(rule: CleanupRule, cleanup: Cleanup, now: dt.datetime) -> None:
    from .. import cleanups

    by = f"the rule “{rule.name}”"
    cleanups.confirm(cleanup, rule.confirmed_by, cleanup.total, standing_reason(rule), 0, now, by=by)
    log.info("rule %d began clean-up %d", rule.pk, cleanup.pk)


def following(next_at: dt.datetime, every: int, now: dt.datetime) -> dt.datetime:
    """When it is its turn again after `now`, in steps of so many days: days that were missed do not pile up."""
    step = dt.timedelta(days=every)
    return next_at + step * max((now - next_at) // step + 1, 1)


def what(rule: CleanupRule) -> str:
    """What a rule's run is about, in words."""
    pairs = " and ".join(f"{key} = {value}" for key, value in rule.properties.items())
    return f"{pairs}, unchanged for {rule.older_than:,} day{'' if rule.older_than == 1 else 's'}"


def standing_reason(rule: CleanupRule) -> str:
    """The reason that an admin gave when turning it on."""
    given = rule.cleanups.exclude(reason="").exclude(user=None).order_by("-confirmed_at").first()
    return given.reason if given else f"The rule “{rule.name}”."


def choose(rule: CleanupRule, now: dt.datetime, most: int = MOST_KEYS) -> list[tuple[str, str]]:
    """What falls under a rule, by kind and key, the longest unchanged first.

    A repository goes with all that lies in it, so it has to be as old, too; what goes with it is not named by itself.
    """
    before = now - dt.timedelta(days=rule.older_than)
    sets = PropertySet.objects.filter(site=rule.site_id, pairs__contains=rule.properties)
    sets_found = list(sets.values_list("pk", flat=True))
    chosen: list[tuple[str, str]] = []
    homes: list[str] = []
    for kind in (kind for api in kinds.APIS if api in rule.apis for kind in kinds.of_api(api)):
        rows: Any = kind.model._default_manager.filter(
            site=rule.site_id, deleted_at=None, property_set__in=sets_found, changed_at__lt=before
        )
        if kind.name == "repository":
            for model in IN_REPOSITORIES:
                within: Any = model._default_manager
                inside = within.filter(site=rule.site_id, repository_id=OuterRef("repository_id"))
                rows = rows.exclude(Exists(inside.filter(deleted_at=None, changed_at__gte=before)))
        elif kind.model in IN_REPOSITORIES:
            rows = rows.exclude(repository_id__in=homes)
        found = list(rows.order_by("changed_at", "id").values_list("entry__key", flat=True)[: most - len(chosen)])
        chosen += [(kind.name, key) for key in found]
        if kind.name == "repository":
            homes = [str(keys.parts(key)[0]) for key in found]
    return chosen
