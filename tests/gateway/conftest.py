"""A site, its tokens, and a client that posts to it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import tokens
from devops_sync.models import Lane, Site

CLOUD = "11111111-2222-3333-4444-555555555555"
GATEWAY = f"/jira/deployments/0.1/cloud/{CLOUD}"


def make_site(slug: str = "retail", cloud_id: str = CLOUD) -> Site:
    site = Site(slug=slug, url=f"https://{slug}.example", cloud_id=cloud_id, client_id="abc", created_at=timezone.now())
    site.secret = "a secret of the site"
    site.save()
    Lane.objects.create(site=site, api="deployments")
    return site


def make_token(site: Site, *scopes: str, name: str = "ci") -> str:
    return tokens.create(name, site, list(scopes or ("read", "write")), timezone.now())[2]


@pytest.fixture
def site(db: None) -> Site:
    return make_site()


@pytest.fixture
def bearer(site: Site) -> str:
    return make_token(site)


@pytest.fixture
def post(client: Client, bearer: str) -> Callable[..., Any]:
    """Post a body to the deployments API with the site's token."""

    def send(body: bytes, path: str = f"{GATEWAY}/bulk", token: str = bearer, **headers: str) -> Any:
        return client.post(
            path, body, content_type="application/json", headers={"Authorization": f"Bearer {token}", **headers}
        )

    return send
