"""What is adrift: what Jira did not give back as it was sent, as long as it is the current version of something."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from devops_sync import drift
from devops_sync.models import Entry, Site

from . import kept
from .templatetags.look import plural

# How many that were read back so are looked at, current or not.
MOST = 10_000


@dataclass(frozen=True)
class Found:
    """How many are missing in Jira, and how many are there in another form. `is_more`: there may be more than these."""

    missing: int = 0
    different: int = 0
    is_more: bool = False

    @property
    def many(self) -> int:
        return self.missing + self.different

    @property
    def sentence(self) -> str:
        """It as a sentence begins: "3 entities are missing in Jira and 2 differ"."""
        missing = f"{plural(self.missing, 'entity is,entities are')} missing in Jira"
        if not self.missing:
            return f"{plural(self.different, 'entity differs,entities differ')} in Jira"
        return f"{missing} and {plural(self.different, 'differs,differ')}" if self.different else missing


def count(sites: Sequence[Site]) -> Found:
    """How much of the sites is adrift. Of very much it is kept for a while."""
    ids = [site.pk for site in sites]
    return kept.figure("adrift", ids, lambda: _count(ids))


def _count(sites: list[int]) -> Found:
    looked_at = list(Entry.objects.adrift().filter(site__in=sites).order_by().values_list("pk", flat=True)[:MOST])
    rows = drift.current(Entry.objects.filter(pk__in=looked_at)).order_by() if looked_at else None
    by_state = dict(rows.values_list("read_back").annotate(Count("pk"))) if rows is not None else {}
    return Found(
        by_state.get(Entry.ReadBack.MISSING, 0),
        by_state.get(Entry.ReadBack.DIFFERENT, 0),
        is_more=len(looked_at) >= MOST,
    )
