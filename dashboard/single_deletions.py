"""What clients deleted by key through the gateway: one request each, without the steps and the proof of a case."""

from collections.abc import Sequence

from devops_sync.models import Deletion, Site

MOST = 10


def latest(sites: Sequence[Site]) -> list[Deletion]:
    """The latest of them, the newest first."""
    rows = Deletion.objects.filter(site__in=sites, part=None).select_related("site", "token", "user")
    return list(rows.defer("site__sealed_secret").newest_first()[:MOST])
