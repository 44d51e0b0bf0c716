"""What the rejections can be filtered by: since when, of which kind, by which sender."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest

from devops_sync.models import Token
from devops_sync.rejections import Scope

from .filters import Filters
from .frame import yesterday
from .kinds import KINDS

SINCE = {"yesterday": "yesterday", "7d": "7 days", "30d": "30 days", "all": "ever"}
_DAYS = {"7d": 7, "30d": 30}


@dataclass
class RejectedFilters(Filters):
    since: str = "yesterday"
    kind: str = ""
    sender: str = ""

    def read(self) -> None:
        self.since = next(iter(self.choices("since", SINCE.items(), "time to begin")), "yesterday")
        self.kind = next(iter(self.choices("kind", self.kinds, "kind")), "")
        self.sender = self.text("sender")
        if self.sender:
            self.chip("sender", self.sender)

    def scope(self, now: dt.datetime) -> Scope:
        """What is to be read; nothing when the address asks for what cannot be."""
        sites = [] if self.problems else [site.pk for site in self.sites]
        return Scope(sites, self.begins(now), self.kind, self.sender)

    def begins(self, now: dt.datetime) -> dt.datetime | None:
        """The instant at which it begins, if it does."""
        if self.since == "yesterday":
            return yesterday(now)
        return now - dt.timedelta(days=_DAYS[self.since]) if self.since in _DAYS else None

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(kind.name, kind.words) for kind in KINDS.values()]

    @property
    def said(self) -> str:
        """Since when, as a sentence goes on: "since yesterday"."""
        return {"yesterday": "since yesterday", "all": "in all"}.get(self.since, f"in {SINCE[self.since]}")

    @property
    def senders(self) -> list[str]:
        """The names of those that may have sent it."""
        names = Token.objects.filter(site__in=self.sites).order_by("name").values_list("name", flat=True).distinct()
        return list(dict.fromkeys([*([self.sender] if self.sender else []), *names[:100]]))


def keep(request: HttpRequest) -> str:
    """The filters of the address, for addresses that keep them."""
    kept = request.GET.copy()
    for name in [name for name in kept if name not in ("since", "kind", "sender", "site")]:
        del kept[name]
    return f"?{kept.urlencode()}" if kept else ""
