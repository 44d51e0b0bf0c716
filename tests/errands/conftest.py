"""A site that is the sandbox, with something of every kind in it, and a worker's rounds until nothing is left to do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from devops_sync import delivery, feeding, ledger
from devops_sync.kinds import KINDS
from devops_sync.models import Errand, Lane, Site
from devops_sync.models.current import CurrentQuerySet
from tests.delivery.conftest import site as site
from tests.payloads import branch, build, bulk_of, commit, deployment, pull_request, repository
from tests.sandbox_process import Sandbox

Send = Callable[..., None]


@pytest.fixture
def send(site: Site) -> Send:
    """Submit to one API, and deliver unless told otherwise."""

    def act(api: str, *entities: Any, go: bool = True, **around: Any) -> None:
        body = bulk_of(api, *entities, **around)
        ledger.submit(ledger.Arrival(api, "/bulk", body, timezone.now(), len(body), site=site))
        if go:
            deliver(site)

    return act


@pytest.fixture
def filled(site: Site, send: Send) -> Site:
    """Four deployments, two builds, and a repository with a commit, a branch and a pull request, all in Jira."""
    send("deployments", deployment(1), deployment(2), properties={"account": "a"})
    send("deployments", deployment(3), deployment(4, sequence=1))
    send("deployments", deployment(4, sequence=2, label="v2"))
    send("builds", build(1), build(2))
    send("devinfo", repository(commits=[commit()], branches=[branch()], pullRequests=[pull_request()]))
    return site


def deliver(site: Site) -> None:
    """Take a turn at every lane of the site."""
    for lane in Lane.objects.filter(site=site).order_by("pk"):
        delivery.run(lane.pk)


def work(errand: Errand) -> Errand:
    """Feed and deliver until the errand rests."""
    for _ in range(50):
        feeding.feed()
        deliver(errand.site)
        delivery.read_due()
        errand.refresh_from_db()
        if errand.state != Errand.State.RUNNING:
            return errand
    raise AssertionError("it does not come to an end")


def everything() -> dict[str, CurrentQuerySet[Any]]:
    return {name: kind.model._default_manager.all() for name, kind in KINDS.items()}


def state(sandbox: Sandbox) -> dict[str, Any]:
    """What the sandbox holds of every kind, save the times at which it stored it."""
    return {
        name: {
            key: {field: value for field, value in entity.items() if field != "storedAt"}
            for key, entity in sandbox.held(kind=name).items()
        }
        for name in KINDS
    }
