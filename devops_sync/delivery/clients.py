"""The client of each site, kept for as long as its credential stays the same."""

import threading

from django.conf import settings

from ..jira import client as jira
from ..models import Site

_clients: dict[int, tuple[tuple[object, ...], jira.Client]] = {}
_making = threading.Lock()


def client_of(site: Site) -> jira.Client:
    """The site's client. Raises `jira.NotAllowed`, or `vault.CannotOpen` when its secret cannot be read."""
    version = (site.url, site.api_url, site.cloud_id, site.auth, site.client_id, bytes(site.sealed_secret))
    with _making:
        known = _clients.get(site.pk)
        if known is None or known[0] != version:
            known = (version, new_client(site))
            _clients[site.pk] = known
        return known[1]


def new_client(site: Site) -> jira.Client:
    """A client that remembers nothing, no token either. Raises as `client_of` does."""
    credential = jira.Credential(
        site_url=site.url,
        api_url=site.api_url or (site.url if site.is_app else settings.JIRA_API_URL),
        cloud_id=site.cloud_id,
        client_id=site.client_id,
        secret=site.secret,
        is_app=site.is_app,
    )
    return jira.Client(credential, allow_private=settings.ALLOW_PRIVATE_UPSTREAM or site.is_sandbox)
