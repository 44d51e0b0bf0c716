"""What the list of deletions can be filtered by."""

from dataclasses import dataclass, field

from devops_sync.models import Cleanup
from devops_sync.models.cleanup import CleanupQuerySet

from .filters import DatedFilters


@dataclass
class DeletionFilters(DatedFilters):
    states: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)

    def read(self) -> None:
        self.states = self.choices("state", Cleanup.State.choices, "state of a deletion")
        self.origins = self.choices("origin", Cleanup.Origin.choices, "origin of a deletion")
        self.read_days()

    def apply(self) -> CleanupQuerySet:
        rows: CleanupQuerySet = Cleanup.objects.of(self.sites)
        if self.states:
            rows = rows.filter(state__in=self.states)
        if self.origins:
            rows = rows.filter(origin__in=self.origins)
        if self.start:
            rows = rows.filter(asked_at__gte=self.start)
        return rows.filter(asked_at__lt=self.end) if self.end else rows
