"""The current state of every entity: a projection of the entries, with columns for what people filter by."""

import datetime as dt
from collections.abc import Sequence
from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from .site import Site
from .submission import Entry, PropertySet

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
        return self.filter(property_set__in=PropertySet.objects.filter(pairs__contains={key: value}))

    def with_properties(self, pairs: dict[str, str]) -> Self:
        """Those that have all of these pairs."""
        return self.filter(property_set__in=PropertySet.objects.filter(pairs__contains=pairs))

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

    class Meta:
        abstract = True

    @property
    def knows_no_issue(self) -> bool:
        """Whether Jira knew none of its issues."""
        unknown = {key.upper() for key in self.entry.unknown_issues}
        return bool(unknown and self.issue_keys) and unknown.issuperset(self.issue_keys)
