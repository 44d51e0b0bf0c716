"""Something that behaves like Jira: its stand-in, and Waybill's own gateway, which is held to the same contract."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.utils import timezone

from devops_sync import delivery, sites, tokens
from devops_sync.delivery import clients
from devops_sync.models import Lane, Site
from tests.sandbox_process import Sandbox, start_sandbox, start_sandbox_process

DELAY_SECONDS = 0.05


@dataclass
class JiraLike:
    """Addresses and a token. A test knows nothing else of whom it talks to."""

    name: str
    url: str
    cloud_id: str
    token: str
    _sandbox: Sandbox
    _deliver: Callable[[], None] = lambda: None
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
        """Wait for what is accepted to be stored: what Waybill took has then been delivered, too."""
        self._deliver()
        self._sandbox.state(settled=True)


def _address(address: str, query: dict[str, Any]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


@pytest.fixture(scope="session")
def behind_the_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The Jira that Waybill's gateway stands before: a process of its own."""
    started = start_sandbox_process(tmp_path_factory.mktemp("behind"))
    yield started
    started.stop()


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
    behind: Sandbox = request.getfixturevalue("behind_the_gateway")
    url, now = request.getfixturevalue("live_server").url, timezone.now()
    site = sites.connect("retail", behind.url, behind.client_id, behind.client_secret, now, allow_private=True)
    token = tokens.create("ci", site, ["read", "write", "delete"], now)[2]
    yield JiraLike("gateway", url, site.cloud_id, token, behind, lambda: _deliver(site))
    clients._clients.clear()
    behind.reset()


def _deliver(site: Site) -> None:
    """What a worker does: everything that waits goes to Jira."""
    for lane in Lane.objects.filter(site=site):
        delivery.run(lane.pk)
