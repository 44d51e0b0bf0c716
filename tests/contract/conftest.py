"""Something that behaves like Jira: its stand-in, and Waybill's own gateway, which is held to the same contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.utils import timezone

from devops_sync import sites
from devops_sync.models import Lane, Site
from tests.sandbox_process import Sandbox, start_sandbox

# What Waybill's gateway does not speak yet: a test that is marked `speaks` with one of these is skipped for it.
GATEWAY_LACKS: set[str] = {
    "gating",
}
CLOUD = "11111111-2222-3333-4444-555555555555"
DELAY_SECONDS = 0.05


@dataclass
class JiraLike:
    """Addresses and a token. A test knows nothing else of whom it talks to."""

    name: str
    url: str
    cloud_id: str
    token: str
    _sandbox: Sandbox | None = None
    _session: requests.Session = field(default_factory=requests.Session)

    def gateway(self, api: str) -> str:
        return f"{self.url}/jira/{api}/0.1/cloud/{self.cloud_id}"

    def site(self, api: str) -> str:
        return f"{self.url}/rest/{api}/{'0.10' if api == 'devinfo' else '0.1'}"

    def post(self, api: str, body: Any) -> requests.Response:
        return self.ask("POST", f"{self.gateway(api)}/bulk", body)

    def get(self, api: str, path: str, **query: Any) -> requests.Response:
        """Read, once everything that was submitted is stored."""
        self.settle()
        return self.ask("GET", _address(self.gateway(api) + path, query))

    def delete(self, api: str, path: str, **query: Any) -> requests.Response:
        return self.ask("DELETE", _address(self.gateway(api) + path, query))

    def ask(self, method: str, address: str, body: Any = None) -> requests.Response:
        """Send a request to just this address, with its escapes as they are."""
        raw = {"data": body} if isinstance(body, bytes) else {"json": body}
        asked = requests.Request(method, address, headers={"Authorization": f"Bearer {self.token}"}, **raw).prepare()
        asked.url = address
        return self._session.send(asked, timeout=30)

    def settle(self) -> None:
        """Wait for what is accepted to be stored. Waybill answers from its ledger, so there it is at once."""
        if self._sandbox is not None:
            self._sandbox.state(settled=True)


def _address(address: str, query: dict[str, Any]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "speaks(*words): what the test asks for beyond submitting, reading and deleting")


@pytest.fixture(params=["sandbox", pytest.param("gateway", marks=pytest.mark.django_db(transaction=True))])
def jira_like(request: pytest.FixtureRequest) -> Iterator[JiraLike]:
    """Each test runs twice: against the stand-in for Jira, and against Waybill's gateway."""
    with _sandbox(request) if request.param == "sandbox" else _gateway(request) as made:
        yield made


@contextmanager
def _sandbox(request: pytest.FixtureRequest) -> Iterator[JiraLike]:
    started = start_sandbox(request.getfixturevalue("tmp_path"), delay=DELAY_SECONDS)
    yield JiraLike("sandbox", started.url, started.cloud_id, started.token(), started)
    started.stop()


@contextmanager
def _gateway(request: pytest.FixtureRequest) -> Iterator[JiraLike]:
    lacking = {word for mark in request.node.iter_markers("speaks") for word in mark.args} & GATEWAY_LACKS
    if lacking:
        pytest.skip(f"the gateway does not speak {', '.join(sorted(lacking))} yet")
    url, now = request.getfixturevalue("live_server").url, timezone.now()
    site = Site(slug="retail", url="https://retail.example", cloud_id=CLOUD, client_id="abc", created_at=now)
    site.secret = "a secret of the site"
    site.save()
    for api in ("deployments", "builds", "devinfo"):
        Lane.objects.create(site=site, api=api)
    token = sites.create_token("ci", site, ["read", "write", "delete"], now)[2]
    yield JiraLike("gateway", url, CLOUD, token)
