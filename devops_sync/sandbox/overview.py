"""The first page and an issue's page, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from . import empty, listing, panels
from .credentials import PERMISSIONS
from .holdings import Holding
from .kinds import APIS, KINDS
from .log import Seen
from .markup import (
    Content,
    Html,
    duration,
    facts,
    fill,
    head,
    inside,
    instant,
    joined,
    notice,
    number,
    plural,
    scroll,
    sheet,
    size,
    table,
    tone,
)

if TYPE_CHECKING:
    from .sandbox import Sandbox

PANEL_LIMIT = 500  # Deployments that are looked at for the latest of each environment.
REQUESTS_SHOWN = 12


class Found(NamedTuple):
    """What was looked up for the page."""

    listing: listing.Listing
    held: Mapping[str, int]
    issues: int
    gates: int
    panel: Mapping[str, Sequence[Holding]]


class Overview:
    """The page, for everything or for one issue."""

    def __init__(self, sandbox: Sandbox, found: Found, base: str, deleted: bool):
        self._sandbox = sandbox
        self._found = found
        self._issue = found.listing.issue
        self._base = base
        self._deleted = deleted
        self._now = datetime.now(UTC)

    def content(self) -> Content:
        if self._issue:
            return Content(self._issue, self._issue_sections(), self._issue)
        held = [self._found.listing.section(self._now)] if self._found.held else []
        teaching = [] if held else [empty.section(self._sandbox, self._base)]
        columns = fill(
            '<div class="split"><div>{left}</div><div>{right}</div></div>',
            left=joined([*teaching, self._requests()]),
            right=joined([self._reach(), self._credentials(), self._settings()]),
        )
        return Content("What this Jira holds", [*self._deletion(), self._head(), self._strip(), *held, columns])

    def _deletion(self) -> list[Html]:
        said = Html(
            "<strong>The credential's data is deleted and its tokens are void,</strong> as when an OAuth credential is"
            " deleted in Jira. Here the credential stays: fetch a new token and send again."
        )
        return [notice("", "deletion", said)] if self._deleted else []

    def _head(self) -> Html:
        if not self._found.held:
            return head("What this Jira holds", Html("Nothing has arrived yet."))
        below = fill(
            "<strong>{held}</strong> on {issues}, sent with {credentials}.",
            held=_told(self._found.held),
            issues=plural(self._found.issues, "issue"),
            credentials=plural(len(self._found.listing.names), "credential"),
        )
        return head("What this Jira holds", below)

    def _issue_sections(self) -> list[Html]:
        matching = sum(self._found.listing.counts.values())
        below = fill("<strong>{held}</strong> on this issue.", held=_told(self._found.listing.counts))
        sections = [head(self._issue, below, crumb="Everything held")]
        if self._issue not in self._sandbox.issues:
            text = fill(
                "<strong>{issue} does not exist in this Jira.</strong> What names it comes back with it as unknown, and"
                " is not stored if it names nothing else. The issues that exist: {issues}.",
                issue=self._issue,
                issues=str(self._sandbox.issues).replace(",", ", "),
            )
            sections.append(notice(" notice--warn", "invalid", text))
        elif not matching:
            sections.append(notice("", "info", fill("{issue} exists; nothing names it yet.", issue=self._issue)))
        if matching:
            sections += panels.sections(self._found.panel, self._found.listing.counts, self._issue, self._now)
            sections.append(self._found.listing.section(self._now))
        return sections

    def _strip(self) -> Html:
        log, waiting = self._sandbox.log, self._sandbox.store.waiting
        rate, shares = self._sandbox.meter.limit, self._sandbox.faults.shares
        delay = self._sandbox.settings.delay
        figures = [
            ("Held", number(sum(self._found.held.values())), "the newest version of each"),
            ("Issues", number(self._found.issues), "that show anything"),
            ("Waiting", number(waiting), f"stored {duration(delay)} after the answer" if delay else "stored at once"),
            ("Requests", number(log.total), f"{number(log.refused)} refused or lost"),
            ("Burst limit", f"{rate:.0f}" if rate else "None", "a second, by method" if rate else "all requests pass"),
            ("Faults", _percent(sum(shares.values())) if shares else "None", _shares(shares) or "none on purpose"),
        ]
        figure = '<div><dt>{name}</dt><dd class="figure">{value}</dd><dd class="note">{note}</dd></div>'
        rows = joined(fill(figure, name=name, value=value, note=note) for name, value, note in figures)
        return fill('<dl class="strip">{rows}</dl>', rows=rows)

    def _requests(self) -> Html:
        last = self._sandbox.log.last(REQUESTS_SHOWN)[::-1]
        if not last:
            return sheet("requests", "Last requests", inside(Html('<p class="soft">None since the start.</p>')))
        everything = Html('<a class="push" href="/_sandbox/requests">The last 1,000 as JSON</a>')
        heads = ("Request", "Answer", "Entities #", "Size #", "Took #", "When")
        body = table("Last requests, newest first", heads, (self._request(seen) for seen in last))
        return sheet("requests", "Last requests", scroll("Last requests, table", body), everything)

    def _request(self, seen: Seen) -> Html:
        return fill(
            '<tr><td class="grow path"><span class="nowrap">{method}</span> <span class="faint">{path}</span></td>'
            '<td class="nowrap">{answer}</td><td class="num">{entities}</td><td class="num">{size}</td>'
            '<td class="num">{took}</td><td class="time">{at}</td></tr>',
            method=seen.method[:20],
            path=seen.path.replace(self._sandbox.store.cloud_id, "…")[:160],
            answer=_answer(seen),
            entities=seen.entities or "",
            size=size(seen.size) if seen.size else "",
            took=duration(seen.seconds),
            at=instant(seen.at, self._now),
        )

    def _reach(self) -> Html:
        cloud_id = self._sandbox.store.cloud_id
        ref = '<span class="ref">{text}</span>'
        pairs = [
            ("Site", fill(ref, text=self._base)),
            *(
                (
                    api.name.capitalize(),
                    fill(ref, text=f"{self._base}/jira/{api.name}/{api.gateway_version}/cloud/{cloud_id}"),
                )
                for api in APIS
            ),
            ("Cloud id", fill(ref, text=cloud_id)),
            ("Issues", _existing(self._sandbox)),
        ]
        return sheet("reach", "How to reach it", inside(facts(pairs)))

    def _credentials(self) -> Html:
        row = (
            '<li class="stack stack--tight"><span class="ref">{name}</span>'
            '<span class="hint">{kind}; may: {may}</span>'
            '<a class="small" href="/credentials/{address}/">Delete this credential\'s data…</a></li>'
        )
        owners = self._sandbox.store.credentials
        items = joined(
            fill(
                row,
                name=owner.client_id,
                kind="Connect app" if owner.is_app else "OAuth client",
                may="everything" if set(owner.permissions) >= set(PERMISSIONS) else ", ".join(owner.permissions),
                address=quote(owner.client_id, safe=""),
            )
            for owner in owners
        )
        secret = Html('<p class="hint">The first one\'s secret: <code>manage.py sandbox --print-credential</code></p>')
        body = fill('<div class="stack"><ul class="stack">{items}</ul>{secret}</div>', items=items, secret=secret)
        return sheet("credentials", "Credentials", inside(body))

    def _settings(self) -> Html:
        now = self._sandbox.settings
        pairs = [
            ("Tokens last", duration(now.token_life)),
            ("Stored after", duration(now.delay)),
            ("Per request", f"{number(now.bulk_limit)} entities, {size(now.body_limit)}"),
            ("Gating", now.gating if now.gating in ("available", "unavailable") else f"answers {now.gating}"),
            ("Undecided", fill('<a href="/gates/">{count}</a>', count=plural(self._found.gates, "change request"))),
        ]
        hint = Html('<p class="hint spaced">Change them with <code>POST /_sandbox/settings</code></p>')
        return sheet("settings", "Settings", inside(joined([facts(pairs), hint])))


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(plural(counts[kind], KINDS[kind].noun) for kind in KINDS if counts.get(kind)) or "Nothing"


def _answer(seen: Seen) -> Html:
    if not seen.status:
        return tone("bad", "silence", "No answer")
    try:
        word = f"{seen.status} {HTTPStatus(seen.status).phrase}"
    except ValueError:
        word = str(seen.status)
    if seen.status < 400:
        return tone("good", "accepted", word)
    limited = seen.status == HTTPStatus.TOO_MANY_REQUESTS
    return tone("warn", "pause", word) if limited else tone("bad", "rejected", word)


def _existing(sandbox: Sandbox) -> Html:
    row = "<li>{name}-{first}{to}</li>"
    rows = (
        fill(row, name=name, first=first, to=f" to {last}" if last > first else "")
        for name, (first, last) in sandbox.issues.ranges.items()
    )
    return fill("<ul>{rows}</ul>", rows=joined(rows))


def _shares(shares: dict[str, float]) -> str:
    return ", ".join(f"{name}: {_percent(share)}" for name, share in shares.items() if share)


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
