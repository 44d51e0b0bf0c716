"""The current state of every entity: a projection of the entries, with columns for what people filter by."""

import datetime as dt
from collections.abc import Sequence
from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q, Value, Window
from django.db.models.functions import Concat

from .site import Site
from .submission import UNUSUAL, Entry, PropertySet

# So many property sets are asked for by their numbers.
FEW_SETS = 1000
_Row = TypeVar("_Row", bound="Current")


class CurrentQuerySet(models.QuerySet[_Row]):
    """What the current rows of every kind can be asked."""

    def of(self, sites: "models.QuerySet[Site] | Sequence[Site]") -> Self:
        """Those of the given sites that were not deleted."""
        return self.alive().ever_of(sites)

    def ever_of(self, sites: "models.QuerySet[Site] | Sequence[Site]") -> Self:
        """Those of the given sites, deleted or not."""
        if isinstance(sites, Sequence) and len(sites) == 1:
            return self.filter(site=sites[0])
        return self.filter(site__in=sites)

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def deleted(self) -> Self:
        return self.filter(deleted_at__isnull=False)

    def for_issue(self, key: str) -> Self:
        return self.filter(issue_keys__contains=[key.upper()])

    def with_property(self, key: str, value: str) -> Self:
        return self.with_properties({key: value})

    def with_properties(self, pairs: dict[str, str]) -> Self:
        """Those that have all of these pairs. One query, for the property sets.

        By their numbers the planner knows how many rows each has, and finds them in indexes that begin with them.
        """
        sets = PropertySet.objects.filter(pairs__contains=pairs)
        few = list(sets.values_list("pk", flat=True)[: FEW_SETS + 1])
        return self.filter(property_set__in=few if len(few) <= FEW_SETS else sets)

    def answered(self, outcomes: Sequence[str]) -> Self:
        """Those whose version came to one of these ends. One query, where that is unusual; none where it is marked.

        Their entries are found by an index of the unusual alone, which is small: joined, each of thousands of rows
        would be looked up among all entries.
        """
        if list(outcomes) == [Entry.Outcome.REJECTED]:
            return self.filter(is_rejected=True)
        if not set(outcomes) <= set(UNUSUAL):
            return self.filter(entry__outcome__in=outcomes)
        ended = Entry.objects.filter(kind=self.model._meta.db_table, outcome__in=outcomes)
        return self.filter(entry__in=ended.values("pk")) if ended.exists() else self.none()

    def changed_between(self, start: dt.datetime | None, end: dt.datetime | None) -> Self:
        """Those that changed at `start` or later and before `end`; None leaves that side open."""
        found = self.filter(changed_at__gte=start) if start else self
        return found.filter(changed_at__lt=end) if end else found

    def newest_first(self) -> Self:
        return self.order_by("-changed_at", "-id")

    def found_then_newest_first(self) -> Self:
        """The same order for what an index finds, such as the rows of an issue: they are found first, then sorted.

        Left to itself the planner may walk through all rows from the newest on, waiting for fifty that match; where
        another filter takes the matches away, it walks to the end. An order that no index has rules that out.
        """
        return self.order_by((F("changed_at") + dt.timedelta(0)).desc(), "-id")

    @property
    def is_found_first(self) -> bool:
        """Whether they are found, then sorted."""
        return bool(self.query.order_by) and not isinstance(self.query.order_by[0], str)

    def first_of(self, most: int) -> tuple[list[_Row], int]:
        """The first so many of what is found, then sorted, and how many there are. Two queries.

        Their numbers alone are sorted, and only these few are read whole: to sort ten thousand rows with all that a
        list shows takes twice as long as to find them. All are looked at for it, so that they need not be counted.
        """
        numbers = self.select_related(None).defer(None).annotate(found=Window(Count("*")))
        first = list(numbers.values_list("pk", "found")[:most])
        if not first:
            return [], 0
        return list(self.filter(pk__in=[pk for pk, _ in first])), first[0][1]

    def before(self, changed_at: dt.datetime, pk: int) -> Self:
        """Those that come after the given one when the newest stands first."""
        return self.filter(Q(changed_at__lt=changed_at) | Q(changed_at=changed_at, id__lt=pk)).filter(
            changed_at__lte=changed_at
        )

    def after(self, changed_at: dt.datetime, pk: int) -> Self:
        """Those that come before the given one when the newest stands first."""
        return self.filter(Q(changed_at__gt=changed_at) | Q(changed_at=changed_at, id__gt=pk)).filter(
            changed_at__gte=changed_at
        )


class StatedQuerySet(CurrentQuerySet[_Row]):
    """The same of kinds that have a state."""

    def in_states(self, states: Sequence[str], *, found: bool = False) -> Self:
        """Those in one of the states. `found`: another filter, such as an issue, finds few enough to look at each.

        Left to itself the planner reads all that failed from an index, to cross it with the rows of the issue.
        """
        if not found:
            return self.filter(state__in=states)
        return self.alias(as_looked_at=Concat("state", Value(""))).filter(as_looked_at__in=states)


def rejected(table: str) -> models.Index:
    """An index of the few whose version Jira rejected, in the order of the lists."""
    return models.Index(fields=["-changed_at", "-id"], name=f"{table}_rejected", condition=Q(is_rejected=True))


class Current(models.Model):
    """The version of an entity with the highest update sequence, since it was last deleted."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="%(class)ss", db_index=False)
    sequence = models.BigIntegerField()
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="%(class)s")
    property_set = models.ForeignKey(PropertySet, models.PROTECT)
    issue_keys = ArrayField(models.TextField(), default=list)
    reported_at = models.DateTimeField(help_text="When it changed, as its sender says.")
    changed_at = models.DateTimeField(
        help_text="When it changed: as reported, but never later than it was received, since clocks err."
    )
    first_received_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, help_text="When the ledger took the deletion that it fell under.")
    is_rejected = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether Jira rejected this version: what its entry says, kept here too.",
    )

    class Meta:
        abstract = True

    @property
    def knows_no_issue(self) -> bool:
        """Whether Jira knew none of its issues."""
        unknown = {key.upper() for key in self.entry.unknown_issues}
        return bool(unknown and self.issue_keys) and unknown.issuperset(self.issue_keys)
