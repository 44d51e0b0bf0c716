"""The addresses that a person opens: what this Jira holds, what an issue would show, how it is set."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from . import control, details, gate_list, gates, holdings, listing, overview, panels
from .kinds import KINDS
from .markup import Content, document
from .messages import BANNER, Answer, Request

if TYPE_CHECKING:
    from .sandbox import Sandbox

PER_PAGE = 25
LARGEST_NUMBER = 2**63 - 1
_HERE = Path(__file__).parent
_STATIC = _HERE.parent.parent / "static"
_FILES = {
    "look.css": (_STATIC, "text/css"),
    "icons.svg": (_STATIC, "image/svg+xml"),
    "favicon.svg": (_STATIC, "image/svg+xml"),
    "sandbox.css": (_HERE, "text/css"),
}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a request that is none of the API's."""
    method = "GET" if request.method == "HEAD" else request.method
    match (method, request.segments):
        case ("GET", ("",)):
            return _page(_overview(sandbox, request))
        case ("GET", ("held", entity)):
            return _held(sandbox, entity)
        case ("GET", ("gates", "")):
            return _page(_gates(sandbox))
        case ("POST", ("gates", gate)):
            return _decide(sandbox, gate, request)
        case ("GET", ("browse", issue)) if issue.startswith(f"{gates.PROJECT}-"):
            return _to(f"/gates/#{quote(issue, safe='')}")
        case ("GET", ("browse", issue)):
            return _to(f"/?issue={quote(issue, safe='')}")
        case ("GET", ("credentials", client_id, "")):
            return _credential(sandbox, client_id)
        case ("POST", ("credentials", client_id, "delete")):
            return _delete(sandbox, client_id, request)
        case ("GET", ("static", name)) if name in _FILES:
            return _file(name)
    return _page(details.nothing_here(), 404)


def _page(content: Content, status: int = 200) -> Answer:
    answer = Answer(status, document(content, BANNER), content_type="text/html; charset=utf-8")
    return answer.having(Content_Security_Policy=_POLICY, Referrer_Policy="no-referrer", Cache_Control="no-store")


def _to(address: str) -> Answer:
    return Answer(303).having(Location=address)


def _file(name: str) -> Answer:
    folder, content_type = _FILES[name]
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return Answer(404, content_type="text/plain")
    return Answer(200, content, content_type=content_type).having(Cache_Control="max-age=300")


def _overview(sandbox: Sandbox, request: Request) -> Content:
    asked = dict(parse_qsl(request.query[:4000]))
    sandbox.jira.settle()
    owner = sandbox.store.credential(asked.get("credential", ""))
    kind = asked.get("kind", "") if asked.get("kind", "") in KINDS else ""
    everything = holdings.Choice(owner.id if owner else None, asked.get("issue", "").strip().upper()[:300])
    choice = everything._replace(kind=kind)
    shown = choice._replace(older_than=_number(asked.get("older")), newer_than=_number(asked.get("newer")))
    with sandbox.store.reading() as connection:
        rows = shown.rows(connection, PER_PAGE)
        first, last = (rows[0].change, rows[-1].change) if rows else (LARGEST_NUMBER, 0)
        listed = listing.Listing(
            rows=rows,
            counts=everything.counts(connection),
            newer=choice._replace(newer_than=first).count(connection) > 0,
            older=choice._replace(older_than=last).count(connection) > 0,
            issue=choice.issue,
            kind=kind,
            chosen=owner.client_id if owner else "",
            names={owner.id: owner.client_id for owner in sandbox.store.credentials},
        )
        found = overview.Found(
            listing=listed,
            held=holdings.Choice().counts(connection),
            issues=holdings.count_issues(connection),
            gates=sum(gate.status == gates.AWAITING for gate in gates.newest(connection)),
            panel=_panel(connection, everything) if choice.issue else {},
        )
    return overview.Overview(sandbox, found, request.base, bool(asked.get("deleted"))).content()


def _panel(connection: sqlite3.Connection, of_issue: holdings.Choice) -> dict[str, list[holdings.Holding]]:
    limits = dict.fromkeys(panels.ORDER, panels.SHOWN) | {"deployment": overview.PANEL_LIMIT}
    return {kind: of_issue._replace(kind=kind).rows(connection, limit) for kind, limit in limits.items()}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _held(sandbox: Sandbox, text: str) -> Answer:
    sandbox.jira.settle()
    with sandbox.store.reading() as connection:
        found = holdings.one(connection, _number(text) or 0)
    if found is None:
        return _page(details.nothing_here(), 404)
    owner = next(owner for owner in sandbox.store.credentials if owner.id == found.owner)
    return _page(details.held(found, owner.client_id, datetime.now(UTC)))


def _gates(sandbox: Sandbox) -> Content:
    sandbox.jira.settle()
    with sandbox.store.reading() as connection:
        return gate_list.content(gates.newest(connection), datetime.now(UTC))


def _decide(sandbox: Sandbox, gate: str, request: Request) -> Answer:
    if not control.same_origin(request):
        return _page(details.refusal(), 403)
    status = dict(parse_qsl(request.body[:1000].decode(errors="replace"))).get("status", "")
    with sandbox.store.writing() as connection:
        found = gates.one(connection, _number(gate) or 0)
        if found is None or status not in gates.DECISIONS:
            return _page(details.nothing_here(), 404)
        gates.decide(connection, found, status, time.time())
    return _to(f"/gates/#{found.issue_key}")


def _credential(sandbox: Sandbox, client_id: str) -> Answer:
    owner = sandbox.store.credential(client_id)
    if owner is None:
        return _page(details.nothing_here(), 404)
    sandbox.jira.settle()
    with sandbox.store.reading() as connection:
        count = holdings.Choice(owner.id).count(connection)
    return _page(details.deletion(client_id, count))


def _delete(sandbox: Sandbox, client_id: str, request: Request) -> Answer:
    if not control.same_origin(request):
        return _page(details.refusal(), 403)
    owner = sandbox.store.credential(client_id)
    if owner is None:
        return _page(details.nothing_here(), 404)
    sandbox.store.forget(owner)
    return _to("/?deleted=1")
