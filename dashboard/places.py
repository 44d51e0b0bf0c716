"""The pipelines and environments that there are, as filters and pick lists know them."""

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
