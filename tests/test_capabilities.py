"""What a credential may do with each API, asked of Jira without leaving anything there."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from devops_sync import sites
from devops_sync.delivery import clients
from devops_sync.models import Site
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_client_is_remembered() -> Iterator[None]:
    clients._clients.clear()
    yield
    clients._clients.clear()


@pytest.fixture(params=["oauth", "connect"])
def site(request: pytest.FixtureRequest, sandbox: Sandbox) -> Site:
    credential = (sandbox.client_id, sandbox.client_secret) if request.param == "oauth" else sandbox.connect_app()
    auth = Site.Auth(request.param)
    return sites.connect("demo", sandbox.url, *credential, timezone.now(), auth=auth, allow_private=True)


def told(site: Site) -> dict[str, tuple[bool | None, bool | None, bool | None]]:
    return {found.api: (found.read, found.write, found.delete) for found in sites.capabilities(site)}


def test_a_credential_with_every_permission_reads_and_writes(site: Site) -> None:
    assert set(told(site).values()) == {(True, True, None)}


@pytest.mark.parametrize(("scope", "expected"), [("READ", (True, False, None)), ("WRITE", (False, True, None))])
def test_scopes_are_told_apart(sandbox: Sandbox, site: Site, scope: str, expected: tuple[bool, bool, None]) -> None:
    sandbox.permit("deployments", "builds", "devinfo", scope, client_id=site.client_id)
    assert set(told(site).values()) == {expected}


def test_apis_are_told_apart(sandbox: Sandbox, site: Site) -> None:
    sandbox.permit("builds", "READ", "WRITE", client_id=site.client_id)
    no = (False, False, None)
    assert told(site) == {"deployments": no, "builds": (True, True, None), "devinfo": no}


def test_a_wrong_secret_may_do_nothing_and_the_reason_is_given(site: Site) -> None:
    site.secret = "another secret of more than thirty-two bytes"
    found = sites.capabilities(site)
    assert set(told(site).values()) == {(False, False, False)}
    assert all("401" in one.problem for one in found)


def test_of_a_jira_that_fails_nothing_is_claimed(sandbox: Sandbox, site: Site) -> None:
    sandbox.settings(faults="500=1")
    assert set(told(site).values()) == {(None, None, None)}


def test_asking_leaves_nothing_in_jira(sandbox: Sandbox, site: Site) -> None:
    sites.capabilities(site)
    assert not any(sandbox.state()["credentials"].values())
