"""A site with a little of everything, an admin of it, and a site that is somebody else's."""

from typing import Any

import pytest
from django.test import Client

from devops_sync.models import Site, User
from tests import builders, rules


@pytest.fixture
def retail(db: None) -> Site:
    return builders.site("retail")


@pytest.fixture
def things(retail: Site) -> dict[str, Any]:
    return rules.things(retail)


@pytest.fixture
def admin(db: None) -> User:
    return builders.user("admin")


@pytest.fixture
def browser_of_admin(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client
