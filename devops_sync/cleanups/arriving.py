"""Deletions by property that a client asks for itself: taken at once, shown and proven like any other."""

import time

from .. import cleaning, doorbell
from ..deletions import Asked
from ..models import Cleanup, Deletion, Site
from .planning import Asker, plan_by_properties

_SHORTLY = 0.05  # Seconds.


def take(site: Site, asked: Asked) -> Deletion | None:
    """Take a deletion by properties of one API: when this returns, it stands in its lane.

    Should this process die in between, a worker goes on with it. None when somebody paused or cancelled it at once.
    """
    assert asked.properties is not None
    asker = Asker(Cleanup.Origin.GATEWAY, asked.user, asked.token, asked.remote_address)
    cleanup = plan_by_properties(
        site, [asked.api], asked.properties, asker, asked.received_at, asked.until_sequence, begins=True
    )
    cleaning.run(cleanup.pk)
    part = cleanup.parts.select_related("deletion").get()
    while part.deletion is None and Cleanup.objects.filter(pk=cleanup.pk, state=Cleanup.State.RUNNING).exists():
        # A worker was faster: what beat rings for is any clean-up that runs.
        time.sleep(_SHORTLY)
        cleaning.run(cleanup.pk)
        part.refresh_from_db()
    part.refresh_from_db()
    if part.deletion is not None:
        doorbell.ring(part.deletion.lane_id)
    return part.deletion
