"""What a repository's tabs can be filtered by: the filters of the lists, within the one repository."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from devops_sync.models import PullRequest, Repository, Site

from . import lists
from .filters import CurrentFilters
from .kinds import KINDS, Kind

# The tabs as addresses name them.
TABS = {kind.words.replace(" ", "_"): kind for kind in (KINDS["commit"], KINDS["branch"], KINDS["pull_request"])}


@dataclass
class InsideFilters(CurrentFilters):
    """Of commits and branches. Whoever can see the repository sees all that is in it.

    In one that was deleted everything is shown, since what went with it was deleted, too.
    """

    states: list[str] = field(default_factory=list)

    def apply(self, kind: Kind, home: Repository) -> Any:
        """Those of the kind in the repository that match, in no order."""
        inside: Any = kind.model._default_manager.all()
        rows = (self.held(inside) if self.deleted or not home.deleted_at else inside).in_repository(home)
        if self.states:
            rows = rows.filter(status__in=self.states)
        return self.narrow(rows.saying(self.q) if self.q else rows)


@dataclass
class PullRequestFilters(InsideFilters):
    def read_own(self) -> None:
        self.states = self.choices("state", PullRequest.Status.choices, "state")


def home(within: str, sites: Sequence[Site]) -> Repository | None:
    """The repository of that number, where it is on one of the sites."""
    if not lists.is_known("commit", within):
        return None
    return Repository.objects.filter(pk=int(within), site__in=sites).select_related("site").first()


def of(kind: Kind, given: QueryDict, home: Repository) -> InsideFilters:
    """The filters of one tab of the repository."""
    its = PullRequestFilters if kind.name == "pull_request" else InsideFilters
    return its(given, [home.site])
