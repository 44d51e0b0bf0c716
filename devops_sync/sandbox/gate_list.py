"""The page of change requests: which deployments wait, and the buttons that decide."""

from datetime import datetime

from .gates import AWAITING, DECISIONS, Gate
from .markup import Content, Html, fill, head, inside, instant, joined, plural, sheet, state, table

_WORDS = {"allowed": "Allow", "prevented": "Prevent", "expired": "Let expire", "invalid": "Make invalid"}


def content(found: list[Gate], now: datetime) -> Content:
    waiting = sum(gate.status == AWAITING for gate in found)
    below = fill("<strong>{count}</strong> for a decision.", count=plural(waiting, "deployment") + " waiting")
    if not found:
        below = Html("No deployment has asked for gating.")
    sections = [head("Change requests", below, crumb="Everything held"), _section(found, now)]
    return Content("Change requests", sections)


def _section(found: list[Gate], now: datetime) -> Html:
    if not found:
        teaching = Html(
            '<p class="soft">A deployment in state <code>pending</code> with the command'
            " <code>initiate_deployment_gating</code> gets a change request here, as Jira Service Management makes one."
            "</p>"
        )
        return sheet("gates", "Change requests", inside(teaching))
    heads = ("Change request", "Pipeline", "Environment", "Status", "Decide", "Since")
    rows = table("Change requests, newest first", heads, (_row(gate, now) for gate in found))
    return sheet("gates", "Newest first", fill('<div class="list">{rows}</div>', rows=rows))


def _row(gate: Gate, now: datetime) -> Html:
    pipeline, environment, number = gate.key
    return fill(
        '<tr id="{issue}"><th scope="row" class="what-cell"><span class="what"><a class="clip" href="/held/{entity}">'
        '{issue}</a><span class="count">#{number}</span></span></th>'
        '<td class="pipeline-cell"><span class="clip">{pipeline}</span></td>'
        '<td class="environment-cell"><span class="clip">{environment}</span></td>'
        '<td class="state-cell">{status}</td><td class="issues-cell">{form}</td><td class="time">{since}</td></tr>',
        issue=gate.issue_key,
        entity=gate.entity,
        number=number,
        pipeline=pipeline,
        environment=environment,
        status=state(gate.status),
        form=_form(gate),
        since=instant(gate.updated_at, now),
    )


def _form(gate: Gate) -> Html:
    button = (
        '<button class="button button--small" type="submit" name="status" value="{status}"'
        ' aria-label="{word} {issue}"{off}>{word}</button>'
    )
    buttons = joined(
        fill(
            button,
            status=status,
            word=_WORDS[status],
            issue=gate.issue_key,
            off=Html(" disabled" if status == gate.status else ""),
        )
        for status in DECISIONS
    )
    return fill(
        '<form method="post" action="/gates/{id}" class="line-up">{buttons}</form>', id=gate.id, buttons=buttons
    )
