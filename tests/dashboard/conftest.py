"""A site with a little in it, and somebody for each role."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from devops_sync.models import Site
from tests import builders

ROLES = ("viewer", "release-manager", "auditor", "admin")


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


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
