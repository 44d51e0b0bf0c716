"""The pipelines and environments that there are, as pick lists know them, and where a pipeline's page is."""

import re
from functools import lru_cache
from urllib.parse import quote, urlencode

from django.urls import reverse

from devops_sync.models import Site
from devops_sync.models.deployment import latest_by_place

from . import kept
from .filters import Known


def known(sites: list[Site]) -> list[Known]:
    """Each pipeline in each of its environments; kept for a while."""
    ids = [site.pk for site in sites]
    return kept.figure(
        "known",
        ids,
        lambda: [
            Known(one.pipeline_id, one.pipeline_name, one.environment_id, one.environment_name)
            for one in latest_by_place(ids)
        ],
    )


@lru_cache(maxsize=2000)
def url_of(slug: str, pipeline_id: str) -> str:
    """The address of a pipeline's page, whatever stands in its id.

    Browsers and proxies take "." and ".." for steps, however they are written: such an id goes into the query.
    """
    base = reverse("pipeline", args=[slug])
    has_steps = any(part in (".", "..") for part in re.split(r"[/\\]", pipeline_id))
    return f"{base}?{urlencode({'id': pipeline_id})}" if has_steps else f"{base}{quote(pipeline_id, safe='')}/"
