"""A site that is the sandbox, and submissions to it."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from devops_sync import delivery, ledger
from devops_sync.models import Entry, Lane, Site, Submission
from tests.payloads import bulk
from tests.sandbox_fixtures import connected
from tests.sandbox_process import Sandbox

Submit = Callable[..., Submission]


@pytest.fixture
def site(sandbox: Sandbox, db: None) -> Site:
    made = connected(sandbox)
    made.sample_one_in = 0  # What is read back is up to the test.
    made.save()
    return made


@pytest.fixture
def lane(site: Site) -> Lane:
    return Lane.objects.get(site=site, api="deployments")


@pytest.fixture
def submit(site: Site) -> Submit:
    """Submit deployments to the site, in one request."""

    def act(*deployments: object, **around: object) -> Submission:
        body = bulk(*deployments, **around)
        arrival = ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site)
        return Submission.objects.get(pk=ledger.submit(arrival).id)

    return act


def deliver(lane: Lane) -> Lane:
    """Take one turn at the lane, and give back what it is like afterwards."""
    delivery.run(lane.pk)
    lane.refresh_from_db()
    return lane


def outcomes() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("outcome", flat=True))
