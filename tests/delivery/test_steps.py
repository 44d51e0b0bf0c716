"""Ids such as ".." in paths: what is asked of Jira is asked at that address, or not at all."""

import datetime as dt
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.utils import timezone

from devops_sync import deletions, delivery, ledger
from devops_sync.delivery import clients, gating
from devops_sync.jira import client as jira
from devops_sync.jira import exchange, paths
from devops_sync.models import Confirmation, Deletion, Delivery, Gate, Lane, Site
from tests import builders
from tests.delivery.conftest import deliver

# With a "." or ".." that is a step to somebody.
STEPS = [".", "..", "../x", "x/..", "a/../b", "a/./b", "../..", "a\\..\\b", "/.."]
# What only looks like it.
TEXT = ["...", "a..b", ".a", "a.", "%2E%2E", "%2e", "%2E%2E%2F", "a%2F..%2Fb", "..%2F", "a/.../b", "group/project", "~"]
KEYS: dict[str, Callable[[str], list[tuple[str | int, ...]]]] = {
    "deployment": lambda ident: [(ident, "staging", 1), ("web", ident, 1)],
    "build": lambda ident: [(ident, 1)],
    "repository": lambda ident: [(ident,)],
    "commit": lambda ident: [(ident, "abc"), ("repo", ident)],
    "branch": lambda ident: [(ident, "abc"), ("repo", ident)],
    "pull_request": lambda ident: [(ident, "1"), ("repo", ident)],
}
APIS = {"deployment": "deployments", "build": "builds"}
CLOUD = "c1"


class Listener(socketserver.ThreadingTCPServer):
    """Notes the first line of each request as the bytes say it, and answers 404."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Noted)
        self.lines: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        """Method and target of what came, but for the tokens."""
        return [line.removesuffix(" HTTP/1.1") for line in self.lines if "/oauth/token" not in line]


class _Noted(socketserver.StreamRequestHandler):
    server: Listener

    def handle(self) -> None:
        line = self.rfile.readline().decode("latin-1").strip()
        length = 0
        while header := self.rfile.readline().strip():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        self.rfile.read(length)
        self.server.lines.append(line)
        status, body = (
            (b"200 OK", b'{"access_token":"t","expires_in":900}') if "/oauth/" in line else (b"404 No", b"[]")
        )
        self.wfile.write(
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)
        )


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield listening
        listening.shutdown()


@pytest.fixture(params=["gateway", "app"])
def client(request: pytest.FixtureRequest, listener: Listener) -> jira.Client:
    """A client of either kind of credential."""
    is_app = request.param == "app"
    credential = jira.Credential(listener.url, listener.url, CLOUD, "id", "s" * 32, is_app=is_app)
    return jira.Client(credential, allow_private=True)


def operations(client: jira.Client, kind: str, key: tuple[str | int, ...]) -> list[Callable[[], jira.Request]]:
    api = APIS.get(kind, "devinfo")
    found: list[Callable[[], jira.Request]] = [
        lambda: client.reading(api, kind, key),
        lambda: client.deletion(api, kind, key),
        lambda: client.deletion(api, kind, key, 7),
    ]
    return [*found, lambda: client.gate(key)] if kind == "deployment" else found


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("ident", [*STEPS, *TEXT])
def test_the_wire_carries_the_path_that_is_meant_or_nothing(
    client: jira.Client, listener: Listener, kind: str, ident: str
) -> None:
    meant = []
    for key in KEYS[kind](ident):
        for operation in operations(client, kind, key):
            with suppress(paths.CannotBeNamed):
                request = operation()
                meant.append(f"{request.method} {request.url.removeprefix(listener.url)}")
                client.ask(request)
    assert listener.asked == meant
    assert not any(paths.has_steps(line.split("?")[0]) for line in meant)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("ident", STEPS)
def test_no_deletion_is_made_of_steps(client: jira.Client, kind: str, ident: str) -> None:
    for key in KEYS[kind](ident):
        with pytest.raises(paths.CannotBeNamed, match="Nothing was sent to Jira"):
            client.deletion(APIS.get(kind, "devinfo"), kind, key)


@pytest.mark.parametrize("path", ["/a/../b", "/a/%2E%2E/b", "/a/.%2e", "/a%2F..%2Fb", "/.", "/a/..?x=1"])
def test_whatever_made_it_a_path_with_steps_never_leaves(listener: Listener, path: str) -> None:
    with pytest.raises(jira.NotAllowed):
        exchange.send(exchange.new_session(True), jira.Request("DELETE", listener.url + path, {}), {})
    assert listener.lines == []


@pytest.mark.parametrize("pairs", [{"account": ".."}, {"..": "a/../b"}])
def test_properties_are_a_query_and_may_have_dots(
    client: jira.Client, listener: Listener, pairs: dict[str, str | list[str]]
) -> None:
    request = client.sweep("deployments", pairs)
    client.ask(request)
    assert listener.asked == [f"DELETE {request.url.removeprefix(listener.url)}"]


@pytest.fixture
def site(db: None, listener: Listener) -> Iterator[Site]:
    clients._clients.clear()
    made = builders.site("retail", is_sandbox=True)
    made.url = made.api_url = listener.url
    made.save()
    yield made
    clients._clients.clear()


def delete(site: Site, api: str, kind: str, *key: str | int) -> Deletion:
    lane, _ = Lane.objects.get_or_create(site=site, api=api, priority=Lane.Priority.LIVE)
    deletion = ledger.delete(site, deletions.Asked(api, timezone.now(), kind=kind, key=key))
    deliver(lane)
    deletion.refresh_from_db()
    return deletion


@pytest.mark.parametrize(
    ("api", "kind", "key"),
    [
        ("deployments", "deployment", ("..", "staging", 1)),
        ("builds", "build", (".", 1)),
        ("devinfo", "commit", ("repo", "..")),
        ("devinfo", "repository", ("..",)),
    ],
)
def test_a_deletion_that_cannot_be_sent_is_rejected_with_a_sentence(
    site: Site, listener: Listener, api: str, kind: str, key: tuple[str | int, ...]
) -> None:
    deletion = delete(site, api, kind, *key)
    assert (deletion.outcome, len(deletion.messages)) == ("rejected", 1)
    assert "would lead to something else" in deletion.messages[0]
    assert (listener.lines, Delivery.objects.count()) == ([], 0)


def test_the_lane_goes_on_after_it(site: Site, listener: Listener) -> None:
    delete(site, "devinfo", "commit", "repo", "..")
    delete(site, "devinfo", "commit", "repo", "abc")
    assert listener.asked == [f"DELETE /jira/devinfo/0.1/cloud/{site.cloud_id}/repository/repo/commit/abc"]


def test_a_read_back_is_not_told(site: Site, listener: Listener) -> None:
    found = builders.deployment(site, "..", number=1)
    Confirmation.objects.create(entry=found.entry, asked_at=timezone.now(), due_at=timezone.now())
    delivery.read_due()
    asked = Confirmation.objects.get()
    assert (asked.result, listener.lines) == ("not_told", [])
    assert "would lead to something else" in asked.failure


def test_a_gate_is_not_asked_for(site: Site, listener: Listener) -> None:
    found, now = builders.deployment(site, "..", state="pending", gated=True), timezone.now()
    gate = Gate.objects.create(site=site, key=found.key, entry=found.entry, asked_at=now, due_at=now - dt.timedelta(1))
    delivery.follow_due()
    gate.refresh_from_db()
    assert (gate.stop, gate.readings.count(), listener.lines) == ("not_available", 1, [])
    with pytest.raises(gating.NotAvailable, match="would lead to something else"):
        gating.ask(site, ("..", "staging", 1))
