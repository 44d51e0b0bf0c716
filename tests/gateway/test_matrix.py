"""Who may ask what: every machine path by every method, without a token, with each scope, and with a foreign token."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern

from devops_sync import ledger
from devops_sync.gateway import apis, bulk, description, edge, metrics, urls
from devops_sync.kinds import APIS
from devops_sync.models import Site, Token

from .conftest import CLOUD, make_site, make_token

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The scope that each method takes.
SCOPES = {
    bulk.bulk: {"POST": "write"},
    apis.bulk_by_properties: {"DELETE": "delete"},
    apis.exists_by_properties: {"GET": "read"},
    apis.one: {"GET": "read", "DELETE": "delete"},
    apis.gating_status: {"GET": "read"},
    edge.nowhere: dict.fromkeys(METHODS, "read"),
}
# They tell nobody's data: whether it lives, what it speaks, which cloud id a site has; and where a token comes from.
OPEN = {
    edge.healthz,
    edge.readyz,
    edge.tenant_info,
    edge.token,
    metrics.metrics,  # Wants its own token, or the machine itself: see test_metrics.
    description.machine_readable,
    description.readable,
}
PATHS = {
    bulk.bulk: "/bulk",
    apis.bulk_by_properties: "/bulkByProperties?team=checkout",
    apis.exists_by_properties: "/existsByProperties?team=checkout",
    apis.one: "/pipelines/p/environments/e/deployments/1",
    apis.gating_status: "/pipelines/p/environments/e/deployments/1/gating-status",
    edge.nowhere: "/nothing",
}
BASES = (
    "/jira/{api}/0.1/cloud/{cloud}",
    "/s/{slug}/rest/{api}/{version}",
    "/rest/{api}/{version}",
)


@pytest.fixture(autouse=True)
def _jira_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def tells_nothing(*_: object) -> object:
        raise ledger.NotAvailable("Not with this credential.")

    monkeypatch.setattr(ledger, "gating_status", tells_nothing)


def test_every_path_has_its_scopes_or_is_open() -> None:
    views = {pattern.callback for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert views - SCOPES.keys() - OPEN == set()
    assert SCOPES.keys() | OPEN == views


def asked(site: Site) -> Iterator[tuple[str, str, str | None]]:
    """Every path of a site by every method, with the scope that it takes; None where it is no method of the path."""
    for api in APIS:
        for view, path in PATHS.items():
            if view is apis.gating_status and api != "deployments":
                continue
            for base in BASES:
                version = "0.10" if api == "devinfo" else "0.1"
                address = base.format(api=api, cloud=site.cloud_id, slug=site.slug, version=version) + path
                for method in METHODS:
                    yield address, method, SCOPES[view].get(method)


def status(client: Client, method: str, path: str, bearer: str = "") -> int:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    answer = client.generic(method, path, b"{}", "application/json", headers=headers)
    assert answer["Content-Type"].startswith("application/json") or not answer.content
    return answer.status_code


@pytest.mark.parametrize("bearer", ["", "wbt_of-nobody", "eyJhbGciOiJub25lIn0.e30."])
def test_without_a_token_that_is_known_nothing_is_told(bearer: str, site: Site, client: Client) -> None:
    told = {path: found for path, method, _ in asked(site) if (found := status(client, method, path, bearer)) != 401}
    assert told == {}


@pytest.mark.parametrize("scope", Token.SCOPES)
def test_a_scope_may_what_it_may(scope: str, site: Site, client: Client) -> None:
    bearer, wrong = make_token(site, scope), []
    for path, method, needed in asked(site):
        found = status(client, method, path, bearer)
        if needed == scope:
            is_right = found not in (401, 403, 405) and found < 500
        else:
            # What is no method of a path is asked with some scope too, before the method is looked at.
            is_right = found == 403 if needed else found in (403, 405)
        if not is_right:
            wrong.append((method, path, found))
    assert wrong == []


def test_a_token_of_another_site_is_told_nothing(site: Site, client: Client) -> None:
    foreign = make_site("foreign", CLOUD.replace("1", "9"))
    bearer, wrong = make_token(foreign, *Token.SCOPES), []
    for path, method, _ in asked(site):
        names_a_site = not path.startswith("/rest/")
        found = status(client, method, path, bearer)
        if names_a_site and found != 403:
            wrong.append((method, path, found))
    assert wrong == []
