"""What touched an issue, an event each. A page has a hundred of them, so each is one tag and not forty."""

from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.utils.html import escape, format_html
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
    said = f"{_SAYS[one.kind](one.kind, row)}{_deleted() if row.deleted_at else ''}{_outcome(one.outcome)}"
    # What others said was escaped where it was taken.
    return SafeString(
        f'<li><time datetime="{times.machine(at)}" title="{times.exact(at)}">{times.hour(at)}</time>'
        f'{_icon(one.kind, row)}<span class="wrap-anywhere">{said}</span>'
        f'<span class="aside faint wrap-anywhere">{_from(one)}{_site(context, row.site_id)}</span></li>'
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


def _from(one: Any) -> str:
    """The repository, or who sent it."""
    if not one.repository:
        return escape(one.row.entry.submission.sender)
    address = addresses.row_url("repository", one.repository.pk)
    return f'<a class="plain" href="{address}">{escape(one.repository.name)}</a>'


def _site(context: Context, pk: int) -> str:
    site = context["site_of"].get(pk)
    return f", {escape(site.slug)}" if site else ""


# ── What it says, by its kind ──────────────────────────────────────────────────────────────────────


def _link(kind: str, row: Any, name: str, *, is_ref: bool = False) -> str:
    ref = ' class="ref"' if is_ref else ""
    address = addresses.row_url(kind.replace("_", "-"), row.pk)
    return f'<a{ref} href="{address}" id="go-{kind}-{row.pk}">{escape(name)}</a>'


def _deployment(kind: str, row: Any) -> str:
    link = _link(kind, row, f"{row.pipeline_name} {row.name}")
    went = "asked for its gate on" if row.is_gated else _WENT.get(row.state, f"{_NOBODY_SAYS}, on")
    took = f" after {times.duration(row.duration)}" if row.duration and row.state == "failed" else ""
    return f"{link} {went} <strong>{escape(row.environment_name)}</strong>{took}"


def _build(kind: str, row: Any) -> str:
    tests = ""
    if row.tests_total is not None:
        total = look.plural(row.tests_total, "test")
        tests = f", {row.tests_failed:,} of {total} failed" if row.tests_failed else f", {total}"
    return f"Build {_link(kind, row, row.full_name)} {_BUILT.get(row.state, _NOBODY_SAYS)}{tests}"


def _pull_request(kind: str, row: Any) -> str:
    went = _PULLED.get(row.status, "changed")
    return f"Pull request {_link(kind, row, row.display_id)} {went}: {escape(_few(row.title))}"


def _commit(kind: str, row: Any) -> str:
    return f"Commit {_link(kind, row, row.display_id, is_ref=True)} {escape(_few(look.first_line(row.message)))}"


def _branch(kind: str, row: Any) -> str:
    name = _link(kind, row, row.name, is_ref=True)
    return f'Branch {name} at <span class="ref">{escape(row.last_commit_display_id)}</span>'


_SAYS = {
    "deployment": _deployment,
    "build": _build,
    "pull_request": _pull_request,
    "commit": _commit,
    "branch": _branch,
}


def _few(text: str) -> str:
    return text if len(text) <= _SAID else Truncator(text).chars(_SAID)
