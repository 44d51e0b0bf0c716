"""The whole of it, free of sockets: which part answers a request, who asks, and what goes wrong on purpose."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import connect, control, faults, jira, pages, rates, tokens
from .credentials import SCOPES, Credential
from .issues import DEFAULT, Issues
from .kinds import APIS, Api
from .log import Log
from .messages import Answer, Request, forbidden, no_such_path, unauthorized, wrong_method
from .settings import Settings
from .store import Store

SETTLE_SECONDS = 0.05


@dataclass(frozen=True)
class Options:
    """How to begin. All but `folder`, `issues` and who may sign in can be changed while it runs."""

    folder: Path
    issues: Issues = field(default_factory=lambda: Issues.parse(DEFAULT))
    credentials: tuple[tuple[str, str], ...] = ()
    connect: tuple[tuple[str, str], ...] = ()
    settings: Settings = field(default_factory=Settings)
    rate: float | None = None
    faults: dict[str, float] = field(default_factory=dict)
    hold: float = 30.0
    seed: int = 0


class Sandbox:
    """Answers requests. `close` lets go of the file."""

    def __init__(self, options: Options):
        self.issues = options.issues
        self.settings = options.settings
        self.store = Store(options.folder, options.credentials, options.connect)
        self.faults = faults.Faults(options.faults, options.hold)
        self.faults.seed(options.seed)
        self.meter = rates.Meter()
        self.meter.limit = options.rate
        self.log = Log()
        self.jira = jira.Jira(self.store, self.settings, self.issues)
        self.stopping = threading.Event()
        self._settler = threading.Thread(target=self._settle, daemon=True)
        self._settler.start()

    def close(self) -> None:
        self.stopping.set()
        self._settler.join()
        self.store.close()

    def _settle(self) -> None:
        while not self.stopping.wait(SETTLE_SECONDS):
            self.jira.settle()

    def answer(self, request: Request) -> Answer:
        """Answer one request. Nothing that a client sends makes this raise."""
        first = request.segments[0]
        if first == "_sandbox":
            return control.answer(self, request)
        if first in ("_edge", "oauth", "jira", "rest"):
            return self._logged(request)
        return pages.answer(self, request)

    def _logged(self, request: Request) -> Answer:
        began = time.monotonic()
        forced = self.faults.forced_for(request)
        if forced and not forced.after:
            answer, owner = forced.answer(), None
        else:
            answer, owner = self._route(request)
            if forced:
                answer = forced.answer()
        self.log.add(request, answer, owner.client_id if owner else "", began)
        return answer

    def _route(self, request: Request) -> tuple[Answer, Credential | None]:
        match request.segments:
            case ("_edge", "tenant_info"):
                return _only("GET", request, lambda: jira.tenant_info(self.store)), None
            case ("oauth", "token"):
                return _only("POST", request, self._grant(request)), None
        found = _api(request.segments)
        if found is None:
            return no_such_path(), None
        api, cloud_id, rest = found
        owner = tokens.bearer(request, self.store)
        if owner is None and cloud_id is None:
            # Connect apps sign in on the site itself, never through the gateway.
            owner = connect.app(request, self.store)
        if owner is None:
            return unauthorized(), None
        if cloud_id not in (None, self.store.cloud_id):
            return no_such_path(), owner
        return self._troubled(api, rest, owner, request), owner

    def _grant(self, request: Request) -> Callable[[], Answer]:
        return lambda: tokens.grant(request, self.store, self.settings.token_life)

    def _troubled(self, api: Api, rest: tuple[str, ...], owner: Credential, request: Request) -> Answer:
        """Jira's answer, unless the burst limit or a fault comes in between."""
        passes, headers = self.meter.count(owner.id, request.method)
        if not passes:
            return replace(rates.exceeded(headers), fault="rate")
        instead, becomes = self.faults.draw(api.refused)
        answer = instead or self._permitted(api, rest, owner, request)
        return replace(becomes(answer), headers={**headers, **answer.headers})

    def _permitted(self, api: Api, rest: tuple[str, ...], owner: Credential, request: Request) -> Answer:
        scope = SCOPES.get(request.method)
        if api.name in owner.permissions and (scope is None or scope in owner.permissions):
            return self.jira.answer(api, rest, owner, request)
        return forbidden(
            f"The JWT token used does not correspond to an app that defines the {api.module} module,"
            f" or the app does not define the '{scope}' scope."
        )


def _only(method: str, request: Request, then: Callable[[], Answer]) -> Answer:
    return then() if request.method == method else wrong_method(method)


def _api(segments: tuple[str, ...]) -> tuple[Api, str | None, tuple[str, ...]] | None:
    """The API, the cloud id (of a gateway's address) and the rest of an address, or None."""
    for api in APIS:
        match segments:
            case ("rest", name, version, *rest) if (name, version) == (api.name, api.version):
                return api, None, tuple(rest)
            case ("jira", name, version, "cloud", cloud_id, *rest) if (name, version) == (
                api.name,
                api.gateway_version,
            ):
                return api, cloud_id, tuple(rest)
    return None
