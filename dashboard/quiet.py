"""Who has gone quiet, and of whom somebody said that nothing is expected of them any more."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.urls import reverse

from devops_sync.models import Retirement, Site
from devops_sync.models.silence import Silent, silent_pipelines, silent_tokens

from . import kept

_READS: dict[str, Callable[[Sequence[int], dt.datetime], list[Silent]]] = {
    Retirement.What.PIPELINE.value: silent_pipelines,
    Retirement.What.TOKEN.value: silent_tokens,
}
# What it took to read is taken at most a thousandth of the time.
_TIMES = 1000.0


@dataclass(frozen=True)
class Quiet:
    """One that has stopped, as the pages show it."""

    what: str
    silent: Silent
    site: Site
    retirement: Retirement | None

    @property
    def word(self) -> str:
        return str(Retirement.What(self.what).label)

    @property
    def icon(self) -> str:
        return "deployment" if self.what == Retirement.What.PIPELINE else "token"

    @property
    def url(self) -> str:
        """What it sent, or where it belongs."""
        if self.what == Retirement.What.TOKEN:
            return reverse("site", args=[self.site.slug])
        return f"{reverse('deployment-list')}?{urlencode({'site': self.site.slug, 'pipeline': self.silent.id})}"


def read(sites: list[Site], now: dt.datetime) -> tuple[list[Quiet], list[Quiet]]:
    """Those of the sites that have gone quiet, the latest first, and those of them that were retired.

    Who is silent may have been kept for a while; what people said of it is as of now.
    """
    by_id = {site.pk: site for site in sites}
    silent = [
        (what, one)
        for what, reads in _READS.items()
        for one in kept.figure(f"silent-{what}", list(by_id), partial(reads, list(by_id), now), _TIMES)
    ]
    if not silent:
        return [], []
    said = {
        (one.site_id, one.what, one.ident): one for one in Retirement.objects.of(list(by_id)).select_related("user")
    }
    quiet: list[Quiet] = []
    retired: list[Quiet] = []
    for what, one in sorted(silent, key=lambda pair: pair[1].last_at, reverse=True):
        retirement = said.get((one.site_id, what, one.id))
        if retirement is not None and retirement.covers(one):
            retired.append(Quiet(what, one, by_id[one.site_id], retirement))
        else:
            quiet.append(Quiet(what, one, by_id[one.site_id], None))
    return quiet, retired


def find(sites: list[Site], what: str, ident: str, now: dt.datetime) -> Quiet | None:
    """The one of this name among those that have stopped."""
    quiet, retired = read(sites, now)
    return next((one for one in (*quiet, *retired) if (one.what, one.silent.id) == (what, ident)), None)
