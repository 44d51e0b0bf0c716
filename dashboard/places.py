"""The pipelines and environments that there are, as pick lists know them, and where a pipeline's page is."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from urllib.parse import quote, urlencode

from django.urls import reverse

from devops_sync.models import Site
from devops_sync.models.place import Latest, latest_by_place

from . import kept
from .filters import Known

Choices = tuple[tuple[str, str], ...]

# Names change seldom: a pick list may be so many times as old as it took to read.
_NAMES = 200


def latest(sites: list[Site]) -> list[Latest]:
    """The latest deployment of every place. Of thousands of places it may have been kept for a while."""
    ids = [site.pk for site in sites]
    return kept.figure("latest", ids, lambda: latest_by_place(ids))


class Places(list[Known]):
    """Each pipeline in each of its environments; what can be picked of them is put in order once."""

    @cached_property
    def pipelines(self) -> Choices:
        """Ids and names, by name."""
        return in_order({one.pipeline_id: one.pipeline_name for one in self})

    @cached_property
    def environments(self) -> Choices:
        """The same of environments."""
        return in_order({one.environment_id: one.environment_name for one in self})


def in_order(named: Mapping[str, str]) -> Choices:
    """What can be picked, by name."""
    return tuple(sorted(named.items(), key=lambda item: item[1].casefold()))


def known(sites: Sequence[Site]) -> Places:
    """Each pipeline in each of its environments; kept for a while."""
    ids = [site.pk for site in sites]
    return kept.figure(
        "known",
        ids,
        lambda: Places(
            Known(one.pipeline_id, one.pipeline_name, one.environment_id, one.environment_name)
            for one in latest_by_place(ids)
        ),
        _NAMES,
    )


@lru_cache(maxsize=2000)
def url_of(slug: str, pipeline_id: str) -> str:
    """The address of a pipeline's page, whatever stands in its id.

    Browsers and proxies take "." and ".." for steps, however they are written: such an id goes into the query.
    """
    base = reverse("pipeline", args=[slug])
    has_steps = any(part in (".", "..") for part in re.split(r"[/\\]", pipeline_id))
    return f"{base}?{urlencode({'id': pipeline_id})}" if has_steps else f"{base}{quote(pipeline_id, safe='')}/"
