"""The stand-in for Jira, started for a test: inside this process, or as one of its own that can be killed."""

import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from devops_sync.sandbox import faults, issues, rates, server, store
from devops_sync.sandbox.sandbox import Options
from devops_sync.sandbox.sandbox import Sandbox as Running
from devops_sync.sandbox.settings import Settings
from tests import sandbox_signing

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 30


@dataclass
class Sandbox:
    """A running stand-in and what a test does with it."""

    url: str
    cloud_id: str
    client_id: str
    client_secret: str
    folder: Path
    _listening: server.Server | None = None
    _process: "subprocess.Popen[str] | None" = None
    _session: requests.Session = field(default_factory=requests.Session)

    @property
    def gateway(self) -> str:
        """The base of the deployments API behind Atlassian's gateway."""
        return self.base("deployments")

    def base(self, api: str) -> str:
        """The base of an API (deployments, builds, devinfo) behind Atlassian's gateway."""
        return f"{self.url}/jira/{api}/0.1/cloud/{self.cloud_id}"

    def site(self, api: str) -> str:
        """The base of an API on the site itself."""
        return f"{self.url}/rest/{api}/{'0.10' if api == 'devinfo' else '0.1'}"

    def token(self, client_id: str = "", secret: str = "") -> str:
        """A fresh access token."""
        asked = {
            "audience": "api.atlassian.com",
            "grant_type": "client_credentials",
            "client_id": client_id or self.client_id,
            "client_secret": secret or self.client_secret,
        }
        answer = self._session.post(f"{self.url}/oauth/token", json=asked, timeout=SECONDS)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def client(self, client_id: str = "", secret: str = "") -> requests.Session:
        """A session that is signed in."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token(client_id, secret)}"
        return session

    def connect_app(self) -> tuple[str, str]:
        """The key and the shared secret of a Connect app, made at the first call."""
        made = store.connect_app(self.folder)
        return made.client_id, made.secret

    def connect_client(self) -> requests.Session:
        """A session in which each request is signed by a Connect app, for the site's own paths."""
        session = requests.Session()
        session.auth = sandbox_signing.Signed(*self.connect_app())
        return session

    def permit(self, *permissions: str, client_id: str = "") -> None:
        """Let a credential do this only: some of deployments, builds, devinfo, READ, WRITE, DELETE."""
        self._control("POST", "permissions", {"permissions": permissions, "credential": client_id})

    def gates(self) -> dict[tuple[str | int, ...], str]:
        """The status of each change request, by the deployment's key."""
        return {tuple(gate["key"]): gate["status"] for gate in self._control("GET", "gates")["gates"]}

    def decide(self, key: Sequence[str | int], status: str) -> None:
        """Say what becomes of a gated deployment: allowed, prevented, expired, invalid, or anything else."""
        self._control("POST", "gates", {"key": key, "status": status})

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings: rate, faults, hold, seed, delay, token_life, bulk_limit, body_limit, gating, answer."""
        found: dict[str, Any] = self._control("POST", "settings", changes)
        return found

    def state(self, *, settled: bool = True) -> dict[str, Any]:
        """Everything that it holds; with `settled` it first stores what still waits."""
        found: dict[str, Any] = self._control("GET", f"state{'?settled=1' if settled else ''}")
        return found

    def held(self, client_id: str = "", kind: str = "deployment") -> dict[tuple[str | int, ...], dict[str, Any]]:
        """What it holds of a kind for one credential, by key: sequence, properties, issues, storedAt, payload.

        Kinds: deployment, build, repository, commit, branch, pull_request.
        """
        found = self.state()["credentials"][client_id or self.client_id].get(kind, [])
        return {tuple(entity["key"]): entity for entity in found}

    def requests(self) -> list[dict[str, Any]]:
        """The last thousand requests that came to the API, oldest first."""
        found: list[dict[str, Any]] = self._control("GET", "requests")["requests"]
        return found

    def reset(self) -> None:
        """Forget all data, requests and forced answers; settings stay."""
        self._control("POST", "reset", {})

    def revoke_tokens(self) -> None:
        self._control("POST", "revoke-tokens", {})

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=SECONDS)
        assert answer.ok, answer.text
        return answer.json()

    def create_issues(self, projects: str) -> None:
        """Let these issues be there from now on, such as `SHOP:1-5000`, as when somebody creates them in Jira."""
        assert self._listening, "only of one inside this process"
        self._listening.sandbox.issues.ranges.update(issues.Issues.parse(projects).ranges)

    def stop(self) -> None:
        """End it in an orderly way."""
        self._session.close()
        if self._listening:
            self._listening.shutdown()
            self._listening.server_close()
            self._listening.sandbox.close()
        if self._process:
            self._process.terminate()
            self._process.communicate(timeout=SECONDS)

    def kill(self) -> None:
        """End its process without warning."""
        assert self._process
        self._process.kill()
        self._process.communicate()


def start_sandbox(folder: Path, *, port: int = 0, **options: Any) -> Sandbox:
    """Start one inside this process, which takes milliseconds. Nothing is delayed unless a test says so.

    Options: rate "100/s", faults "500=0.1", seed, hold, projects, credentials ((id, secret), ...), and
    delay, token_life, bulk_limit, body_limit, gating; connect ((key, secret), ...).
    """
    settings = {name: options.pop(name) for name in Settings.__struct_fields__ if name in options}
    asked = Options(
        folder=folder,
        issues=issues.Issues.parse(options.pop("projects", issues.DEFAULT)),
        settings=Settings(**{"delay": 0, **settings}),
        rate=rates.parse(options.pop("rate", None)),
        faults=faults.parse(options.pop("faults", "")),
        **options,
    )
    listening = server.Server(("127.0.0.1", port), Running(asked))
    threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return _sandbox(folder, listening.url, listening=listening)


def start_sandbox_process(folder: Path, *arguments: str) -> Sandbox:
    """Start `manage.py sandbox` with these arguments on a free port."""
    command = [sys.executable, "manage.py", "sandbox", "--port=0", "--delay=0", f"--data={folder}", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, "it ended before it listened"
    return _sandbox(folder, found.group(), process=process)


def _sandbox(
    folder: Path,
    url: str,
    listening: server.Server | None = None,
    process: "subprocess.Popen[str] | None" = None,
) -> Sandbox:
    made = store.credential(folder)
    return Sandbox(url, made.cloud_id, made.client_id, made.secret, folder, listening, process)
