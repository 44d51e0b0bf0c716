"""What a test may do to the sandbox: change its settings, look into it, empty it.

POST /_sandbox/settings         rate, faults, hold, seed, delay, token_life, bulk_limit, body_limit, gating, answer
POST /_sandbox/permissions      which APIs and scopes a credential has
POST /_sandbox/gates            what becomes of a deployment that waits; GET lists them
GET  /_sandbox/state            everything it holds, by credential and kind
GET  /_sandbox/requests         the last requests that came to the API
POST /_sandbox/revoke-tokens    every token is void from now on
POST /_sandbox/reset            all data, requests and forced answers go; settings stay
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from . import gates, holdings, settings
from .credentials import PERMISSIONS, Credential
from .issues import Wrong
from .messages import Answer, Request, no_such_path, refused, said, wrong_method

if TYPE_CHECKING:
    from .sandbox import Sandbox


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a request below `/_sandbox/`."""
    if not same_origin(request):
        return refused(403, "Pages of other sites may not control the sandbox.")
    found = _ACTIONS.get(request.path.removeprefix("/_sandbox/"))
    if found is None:
        return no_such_path()
    methods, act = found
    return act(sandbox, request) if request.method in methods else wrong_method(*methods)


def same_origin(request: Request) -> bool:
    """Whether a request comes from the sandbox's own page or from no page at all.

    Browsers send `Sec-Fetch-Site`; those too old for it send `Origin` with every POST. Programs send neither.
    """
    site = request.header("Sec-Fetch-Site")
    origin = request.header("Origin")
    if site:
        return site in ("same-origin", "none")
    return not origin or origin.partition("://")[2] == request.header("Host")


def _settings(sandbox: Sandbox, request: Request) -> Answer:
    if request.method == "POST":
        try:
            settings.change(request.body, sandbox.settings, sandbox.faults, sandbox.meter)
        except Wrong as wrong:
            return refused(400, str(wrong))
    return said(200, settings.describe(sandbox.settings, sandbox.faults, sandbox.meter))


def _state(sandbox: Sandbox, request: Request) -> Answer:
    """With `?settled=1` nothing is left waiting: the state is what it will come to."""
    if request.query == "settled=1":
        sandbox.store.settle(time.time())
    sandbox.jira.settle()
    with sandbox.store.reading() as connection:
        held = list(holdings.everything(connection))
    names = {owner.id: owner.client_id for owner in sandbox.store.credentials}
    state: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in names.values()}
    for holding in held:
        state[names[holding.owner]].setdefault(holding.kind, []).append(_told(holding))
    return said(200, {"cloudId": sandbox.store.cloud_id, "waiting": sandbox.store.waiting, "credentials": state})


def _told(holding: holdings.Holding) -> dict[str, Any]:
    return {
        "key": holding.key,
        "sequence": holding.sequence,
        "properties": holding.properties,
        "issues": holding.issues,
        "storedAt": holding.stored_at,
        "payload": msgspec.Raw(holding.payload.encode()),
    }


class _Permissions(msgspec.Struct, forbid_unknown_fields=True):
    permissions: list[str]
    credential: str = ""


class _Decision(msgspec.Struct, forbid_unknown_fields=True):
    key: tuple[str, str, int]
    status: str
    credential: str = ""


def _permissions(sandbox: Sandbox, request: Request) -> Answer:
    """`{"permissions": ["builds", "READ"], "credential": id}`; the first credential if none is named."""
    try:
        asked = msgspec.json.decode(request.body, type=_Permissions)
        owner = _owner(sandbox, asked.credential) or sandbox.store.credentials[0]
    except (ValueError, RecursionError) as error:
        return refused(400, str(error))
    unknown = [name for name in asked.permissions if name not in PERMISSIONS]
    if unknown:
        return refused(400, f"There is no permission {unknown[0][:80]!r}; there are {', '.join(PERMISSIONS)}.")
    sandbox.store.permit(owner, tuple(asked.permissions))
    return said(200, {"credential": owner.client_id, "permissions": asked.permissions})


def _owner(sandbox: Sandbox, client_id: str) -> Credential | None:
    """The credential that is named, or None when none is. Raises `ValueError`."""
    found = sandbox.store.credential(client_id)
    if client_id and found is None:
        raise ValueError("There is no such credential.")
    return found


def _gates(sandbox: Sandbox, request: Request) -> Answer:
    """`{"key": [pipeline, environment, number], "status": "allowed"}`; any status, also one yet unheard of."""
    sandbox.jira.settle()
    if request.method == "GET":
        with sandbox.store.reading() as connection:
            return said(200, {"gates": [_gate(gate) for gate in gates.newest(connection)]})
    try:
        asked = msgspec.json.decode(request.body, type=_Decision)
        owner = _owner(sandbox, asked.credential)
    except (ValueError, RecursionError) as error:
        return refused(400, str(error))
    with sandbox.store.writing() as connection:
        gate = gates.of(connection, asked.key, owner.id if owner else None)
        if gate is None:
            return refused(404, "No deployment with this key waits for a decision.")
        gates.decide(connection, gate, asked.status[:100], time.time())
        return said(200, _gate(gate._replace(status=asked.status)))


def _gate(gate: gates.Gate) -> dict[str, Any]:
    return {"key": gate.key, "issue": gate.issue_key, "status": gate.status}


def _requests(sandbox: Sandbox, _request: Request) -> Answer:
    return said(200, {"total": sandbox.log.total, "requests": sandbox.log.last()})


def _revoke(sandbox: Sandbox, _request: Request) -> Answer:
    for owner in sandbox.store.credentials:
        sandbox.store.revoke_tokens(owner)
    return said(200, {"revoked": len(sandbox.store.credentials)})


def _reset(sandbox: Sandbox, _request: Request) -> Answer:
    for owner in sandbox.store.credentials:
        sandbox.store.empty(owner)
    sandbox.faults.forced = []
    sandbox.log.clear()
    return said(200, {"reset": True})


_ACTIONS = {
    "settings": (("GET", "POST"), _settings),
    "permissions": (("POST",), _permissions),
    "gates": (("GET", "POST"), _gates),
    "state": (("GET",), _state),
    "requests": (("GET",), _requests),
    "revoke-tokens": (("POST",), _revoke),
    "reset": (("POST",), _reset),
}
