"""A site with a little in it, and somebody for each role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from devops_sync.models import Site
from tests import builders

ROLES = ("viewer", "release-manager", "auditor", "admin")


@pytest.fixture(autouse=True)
def _nothing_kept(settings: Any) -> None:
    """What is kept depends on how long it took, and so would the number of queries."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def retail(db: None) -> Site:
    return builders.site("retail")


@pytest.fixture
def foreign(db: None) -> Site:
    """A site that nobody of retail may see."""
    return builders.site("foreign")


@pytest.fixture
def signed_in(retail: Site) -> Callable[..., Client]:
    """A browser of somebody with this role on retail, and on nothing else."""

    def sign_in(role: str | None = "viewer", *, everywhere: bool = False) -> Client:
        client = Client()
        client.force_login(builders.user(role, of=None if everywhere else retail))
        return client

    return sign_in


@pytest.fixture
def viewer(signed_in: Callable[..., Client]) -> Client:
    return signed_in("viewer")


@pytest.fixture
def admin(signed_in: Callable[..., Client]) -> Client:
    return signed_in("admin")
