"""Fixtures of the stand-in for Jira."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from devops_sync import sites
from devops_sync.delivery import clients
from devops_sync.models import Site
from tests.sandbox_process import Sandbox, start_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A stand-in of its own for this test, which stores at once and lets everything through."""
    started = start_sandbox(tmp_path / "sandbox")
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _no_client_is_remembered() -> Iterator[None]:
    """Sites of other tests have the same numbers."""
    clients._clients.clear()
    yield
    clients._clients.clear()


def connected(sandbox: Sandbox) -> Site:
    """The sandbox as the site "demo"."""
    return sites.connect(
        "demo", sandbox.url, sandbox.client_id, sandbox.client_secret, timezone.now(), allow_private=True
    )
