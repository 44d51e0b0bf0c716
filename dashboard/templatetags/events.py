"""What touched an issue, an event each. A page has a hundred of them, so each is one tag and not forty."""

from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from devops_sync.models import Entry

from . import addresses, look, states, times

register = template.Library()
# Of a title or a message so many characters are said.
_SAID = 300
_NOTHING = mark_safe("")
_WENT = {
    "successful": "reached",
    "failed": "failed on",
    "rolled_back": "was rolled back on",
    "in_progress": "is on its way to",
    "pending": "waits for",
    "cancelled": "was cancelled on",
}
_BUILT = {
    "successful": "succeeded",
    "failed": "failed",
    "in_progress": "is running",
    "pending": "has not begun",
    "cancelled": "was cancelled",
}
_NOBODY_SAYS = "ended, nobody says how"
_PULLED = {"MERGED": "merged", "DECLINED": "declined", "DRAFT": "drafted", "OPEN": "open"}
_OUTCOMES: dict[str, str] = {Entry.Outcome.WAITING: "Waits to be sent", Entry.Outcome.REJECTED: "Rejected by Jira"}


@register.simple_tag(takes_context=True)
def event(context: Context, one: Any) -> SafeString:
    """One event: when, what it is in the words of its kind, and where it comes from."""
    row, at = one.row, one.row.changed_at
    return format_html(
        '<li><time datetime="{}" title="{}">{}</time>{}<span class="wrap-anywhere">{}{}{}</span>'
        '<span class="aside faint wrap-anywhere">{}{}</span></li>',
        times.machine(at),
        times.exact(at),
        times.hour(at),
        _icon(one.kind, row),
        _SAYS[one.kind](one.kind, row),
        _deleted() if row.deleted_at else _NOTHING,
        _outcome(one.outcome),
        _from(one),
        _site(context, row.site_id),
    )


def _icon(kind: str, row: Any) -> SafeString:
    if kind == "deployment":
        return (
            states.icon("awaiting", "warn")
            if row.is_gated
            else states.icon(states.icon_of(row.state), states.tone(row.state))
        )
    return states.icon("failed", "bad") if kind == "build" and row.state == "failed" else states.icon(kind)


@lru_cache(maxsize=1)
def _deleted() -> SafeString:
    return format_html(" {}", states.state("deleted"))


@lru_cache(maxsize=50)
def _outcome(outcome: str) -> SafeString:
    word = _OUTCOMES.get(outcome)
    return format_html(" {}", states.state(outcome, word)) if word else _NOTHING


def _from(one: Any) -> SafeString | str:
    """The repository, or who sent it."""
    if not one.repository:
        return str(one.row.entry.submission.sender)
    address = addresses.row_url("repository", one.repository.pk)
    return format_html('<a class="plain" href="{}">{}</a>', address, one.repository.name)


def _site(context: Context, pk: int) -> str:
    site = context["site_of"].get(pk)
    return f", {site.slug}" if site else ""


# ── What it says, by its kind ──────────────────────────────────────────────────────────────────────


def _link(kind: str, row: Any, name: str, *, is_ref: bool = False) -> SafeString:
    return format_html(
        '<a{} href="{}" id="go-{}-{}">{}</a>',
        mark_safe(' class="ref"') if is_ref else "",
        addresses.row_url(kind.replace("_", "-"), row.pk),
        kind,
        row.pk,
        name,
    )


def _deployment(kind: str, row: Any) -> SafeString:
    went = "asked for its gate on" if row.is_gated else _WENT.get(row.state, f"{_NOBODY_SAYS}, on")
    return format_html(
        "{} {} <strong>{}</strong>{}",
        _link(kind, row, f"{row.pipeline_name} {row.name}"),
        went,
        row.environment_name,
        f" after {times.duration(row.duration)}" if row.duration and row.state == "failed" else "",
    )


def _build(kind: str, row: Any) -> SafeString:
    tests = ""
    if row.tests_total is not None:
        total = look.plural(row.tests_total, "test")
        tests = f", {row.tests_failed:,} of {total} failed" if row.tests_failed else f", {total}"
    return format_html("Build {} {}{}", _link(kind, row, row.full_name), _BUILT.get(row.state, _NOBODY_SAYS), tests)


def _pull_request(kind: str, row: Any) -> SafeString:
    link, went = _link(kind, row, row.display_id), _PULLED.get(row.status, "changed")
    return format_html("Pull request {} {}: {}", link, went, _few(row.title))


def _commit(kind: str, row: Any) -> SafeString:
    return format_html(
        "Commit {} {}", _link(kind, row, row.display_id, is_ref=True), _few(look.first_line(row.message))
    )


def _branch(kind: str, row: Any) -> SafeString:
    return format_html(
        'Branch {} at <span class="ref">{}</span>', _link(kind, row, row.name, is_ref=True), row.last_commit_display_id
    )


_SAYS = {
    "deployment": _deployment,
    "build": _build,
    "pull_request": _pull_request,
    "commit": _commit,
    "branch": _branch,
}


def _few(text: str) -> str:
    return text if len(text) <= _SAID else Truncator(text).chars(_SAID)
