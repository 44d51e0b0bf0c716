"""The rows of what is adrift, a tag each."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString

from . import look, states, times

register = template.Library()
# So many of the fields that differ are named.
_NAMED = 8


@register.simple_tag(takes_context=True)
def drift_row(context: Context) -> SafeString:
    """The cells of one entry: what it is, how it stands in Jira, and the button that reads it again."""
    row, hidden = context["row"], context["hidden"]
    entry, may_verify, is_reading = row.entry, context["may_verify"], context["is_reading"]
    name = escape(look.key_words(entry.key))
    said = f"{row.kind.word} {name}"
    cells = [
        _tick(entry.pk, said) if may_verify else '<td class="tick-cell"></td>',
        f'<th scope="row" class="what-cell"><span class="what">{states.icon(row.kind.name)}'
        f'<span class="unseen">{row.kind.word} </span>{_link(entry.pk, row.url, name)}</span></th>',
    ]
    if "site" not in hidden:
        cells.append(f'<td class="pipeline-cell">{look.site_name(entry.site)}</td>')
    if "state" not in hidden:
        cells.append(f'<td class="state-cell">{states.state("reading" if is_reading else entry.read_back)}</td>')
    if "differs" not in hidden:
        cells.append(f'<td class="issues-cell">{_differs(entry, context["last"])}</td>')
    if "sent" not in hidden:
        cells.append(f'<td class="time jira-cell">{_when(context, "sent", entry.outcome_at)}</td>')
    if "read" not in hidden:
        cells.append(f'<td class="time">{_when(context, "read", entry.read_back_at)}</td>')
    cells.append(f'<td class="confirm-cell">{_again(entry.pk, said, is_reading) if may_verify else ""}</td>')
    # What others said was escaped where it was taken.
    return SafeString("\n".join(cells))


def _tick(pk: int, said: str) -> str:
    return f'<td class="tick-cell"><input type="checkbox" name="entry" value="{pk}" aria-label="Select {said}"></td>'


def _link(pk: int, url: str, name: str) -> str:
    return f'<a href="{url}" id="go-{pk}">{name}</a>' if url else f'<span class="wrap-anywhere">{name}</span>'


def _differs(entry: Any, last: Any) -> str:
    """The fields that differ, or why Jira does not have it."""
    if entry.read_back == "missing":
        return escape((last and last.failure) or "Jira does not have it.")
    found = last.differences if last and entry.read_back == "different" else []
    more = look.beyond(found, _NAMED)
    count = f' <span class="count">+{more}</span>' if more else ""
    return f'<span class="wrap-anywhere">{escape(", ".join(map(str, found[:_NAMED])))}</span>{count}'


def _when(context: Context, word: str, instant: Any) -> str:
    return f'<span class="narrow-word faint">{word} </span>{times.when(context, instant)}'


def _again(pk: int, said: str, is_reading: bool) -> str:
    held = ' disabled title="Jira is being asked now"' if is_reading else ""
    return (
        f'<button class="button button--small" type="submit" name="only" value="{pk}" id="again-{pk}"{held}>'
        f'Read again<span class="unseen">: {said}</span></button>'
    )
