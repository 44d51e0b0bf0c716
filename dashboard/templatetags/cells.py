"""The cells of rows. A list has hundreds of them, so each is one tag and not a dozen, and what recurs is kept.

They read what the row's partial is given: `row`, `id`, `hidden` (the columns that are not shown) and more beside.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard import places
from dashboard.gates import Said

from . import addresses, look, states, times

register = template.Library()
# From so many characters on a name is cut off on the page, and stands whole in its title.
LONG = 60
_NOTHING = mark_safe("")
_NO_TICK = mark_safe('<td class="tick-cell"></td>')
_NO_ISSUE = mark_safe('<td class="issues-cell"><span class="faint">none</span></td>')
_KNOWN_TO_NOBODY = mark_safe('<td class="issues-cell"><span class="faint">none known to Jira</span></td>')


def _is_hidden(context: Context, column: str) -> bool:
    return column in (context.get("hidden") or ())


@register.simple_tag(takes_context=True)
def tick_cell(context: Context) -> SafeString:
    """What selects the row, for who may do anything with it."""
    may_act = context.get("may_act")
    if not may_act:
        return _NOTHING
    if context["row"].site_id not in may_act:
        return _NO_TICK
    ident = context["id"]
    return format_html(
        '<td class="tick-cell"><label class="tick"><input type="checkbox" name="id" value="{}" id="tick-{}"'
        ' aria-labelledby="select go-{}"{}></label></td>',
        ident,
        ident,
        ident,
        _CHECKED if look.holds(context.get("selection"), ident) else "",
    )


@register.simple_tag(takes_context=True)
def what_cell(context: Context, view: str, name: str, number: int | None = None) -> SafeString:
    """What the row is about: its name, which leads to its page, and its number."""
    ident = context["id"]
    return format_html(
        '<th scope="row" class="what-cell"><span class="what">'
        '<a href="{}" id="go-{}" class="clamp"{}>{}</a>{}{}</span></th>',
        addresses.row_url(view, ident),
        ident,
        _title(name),
        name,
        _NOTHING if number is None else mark_safe(f'<span class="count">#{number}</span>'),  # noqa: S308 (a number)
        _DELETED if context["row"].deleted_at else "",
    )


@register.simple_tag(takes_context=True)
def pipeline_cell(context: Context) -> SafeString:
    """The pipeline of a deployment, which leads to its page, and the site where there are several."""
    if _is_hidden(context, "pipeline"):
        return _NOTHING
    row = context["row"]
    name = row.pipeline_name
    return format_html(
        '<td class="pipeline-cell"><a href="{}" id="pipeline-{}" class="plain{}"{}>{}</a>{}</td>',
        places.url_of(row.site.slug, row.pipeline_id),
        context["id"],
        " clamp" if len(name) > LONG else "",
        _title(name),
        name,
        site_hint(row.site.slug) if context.get("has_sites") else "",
    )


@register.simple_tag(takes_context=True)
def named_cell(context: Context, column: str, name: str, *, with_site: bool = False) -> SafeString:
    """A name that leads nowhere."""
    if _is_hidden(context, column):
        return _NOTHING
    return _named_cell(column, name, context["row"].site.slug if with_site and context.get("has_sites") else "")


@lru_cache(maxsize=2000)
def _named_cell(column: str, name: str, slug: str) -> SafeString:
    said = format_html('<span class="clamp" title="{}">{}</span>', name, name) if len(name) > LONG else name
    return format_html('<td class="{}-cell">{}{}</td>', column, said, site_hint(slug) if slug else "")


@lru_cache(maxsize=200)
def site_hint(slug: str) -> SafeString:
    return format_html(' <span class="hint"><span class="site-name">{}</span></span>', slug)


@register.simple_tag(takes_context=True)
def state_cell(context: Context) -> SafeString:
    """How it went, and what Jira says of the gate that it waits at."""
    if _is_hidden(context, "state"):
        return _NOTHING
    return _state_cell(context["row"].state, context.get("said") or None)


@lru_cache(maxsize=500)
def _state_cell(name: str, said: Said | None) -> SafeString:
    gate = format_html(" {}", _gate(said, "chip")) if said else ""
    return format_html('<td class="state-cell">{}{}</td>', states.state(name), gate)


@lru_cache(maxsize=200)
def _gate(said: Said, block: str) -> SafeString:
    """As `_gate.html` has it: its `chip` or its `state`."""
    words = format_html('<span class="clamp" title="{}">{}</span>', said.chip, said.chip)
    return format_html(
        '<span class="{}{}">{}{}</span>',
        block,
        f" {block}--{said.tone}" if said.tone else "",
        states.icon(said.icon),
        words if len(said.chip) > 30 else said.chip,
    )


@register.simple_tag(takes_context=True)
def tests_cell(context: Context) -> SafeString:
    """How the tests of a build went."""
    if _is_hidden(context, "tests"):
        return _NOTHING
    row = context["row"]
    return _tests_cell(row.tests_total, row.tests_passed, row.tests_failed, row.tests_skipped)


@lru_cache(maxsize=2000)
def _tests_cell(total: int | None, passed: int | None, failed: int | None, skipped: int | None) -> SafeString:
    return format_html('<td class="environment-cell tests-cell">{}</td>', tests(total, passed, failed, skipped))


@register.simple_tag
def tests(total: int | None, passed: int | None, failed: int | None, skipped: int | None) -> SafeString:
    if total is None:
        return mark_safe('<span class="faint">not told</span>')
    bad = (states.icon("failed"), f"{failed or 0:,}")
    return format_html(
        '<span class="line-up"><span class="nowrap">{} of {} passed</span>{}{}</span>',
        f"{passed or 0:,}",
        f"{total:,}",
        format_html(' <span class="state state--bad">{}{} failed</span>', *bad) if failed else "",
        format_html(' <span class="faint nowrap">{} skipped</span>', f"{skipped:,}") if skipped else "",
    )


@register.simple_tag(takes_context=True)
def issues_cell(context: Context) -> SafeString:
    """Its issues, the first of them."""
    if _is_hidden(context, "issues"):
        return _NOTHING
    row = context["row"]
    if row.knows_no_issue:
        return _KNOWN_TO_NOBODY
    return mark_safe(f'<td class="issues-cell">{look.issues(row.issue_keys)}</td>') if row.issue_keys else _NO_ISSUE  # noqa: S308 (made of safe pieces)


@register.simple_tag(takes_context=True)
def jira_cells(context: Context) -> SafeString:
    """What Jira answered, what it gave back when it was asked, and when the row changed."""
    row = context["row"]
    outcome = "" if _is_hidden(context, "jira") else row.entry.outcome
    read_back = "reading" if context.get("is_reading") else row.entry.read_back
    said = _jira_cells(outcome, "" if _is_hidden(context, "read_back") else read_back)
    if _is_hidden(context, "when"):
        return said
    return format_html('{}<td class="time">{}</td>', said, times.when(context, row.changed_at))


@lru_cache(maxsize=500)
def _jira_cells(outcome: str, read_back: str) -> SafeString:
    """Both; a column without a name is not shown."""
    shown = [("jira", outcome), ("confirm", read_back)]
    return format_html_join(
        "", '<td class="{}-cell">{}</td>', ((cell, states.state(name)) for cell, name in shown if name)
    )


@register.simple_tag(takes_context=True)
def select_cell(context: Context, kind: str, ident: object, said: str, site: int | None, is_open: object) -> SafeString:
    """What selects a row of a list that is drawn whole: of a site where the person may act, and `is_open` to it."""
    may_act = context.get("may_act")
    if not may_act:
        return _NOTHING
    if site not in may_act or not is_open:
        return _NO_TICK
    return format_html(
        '<td class="tick-cell"><label class="tick"><input type="checkbox" name="{}" value="{}" id="tick-{}"'
        ' aria-label="Select {} {}"{}></label></td>',
        kind,
        ident,
        ident,
        kind,
        said,
        _CHECKED if look.holds(context.get("selection"), ident) else "",
    )


@register.simple_tag
def outcomes_said(outcomes: dict[str, int]) -> SafeString:
    """What became of the entries of a submission."""
    return _outcomes_said(tuple(outcomes.items()))


@lru_cache(maxsize=500)
def _outcomes_said(outcomes: tuple[tuple[str, int], ...]) -> SafeString:
    said = format_html_join(
        "", "{}", ((states.state(name, f"{many:,} {states.word_of(name).lower()}"),) for name, many in outcomes)
    )
    return format_html('<span class="line-up line-up--wide">{}</span>', said)


@register.simple_tag(takes_context=True)
def matrix_cell(context: Context, column: Any, cell: Any, url: str) -> SafeString:
    """What runs in an environment; it leads to `url`, or, of a pipeline that stands alone, to the deployment."""
    if cell is None:
        return _never(column.name)
    latest = cell.latest
    return format_html(
        '<td data-environment="{}"><a class="cell{}" href="{}" id="cell-{}">'
        '<span class="cell__top"><span class="clamp"{}>{}</span>{}</span>\n'
        '<span class="cell__state">{}{}</span>{}</a></td>',
        column.name,
        f" cell--{cell.tone}" if cell.tone else "",
        addresses.row_url("deployment", latest.pk) if context.get("is_alone") else url,
        latest.pk,
        _title(latest.name),
        latest.name,
        _behind(cell.behind, cell.is_at_least) if cell.behind else "",
        _gate(cell.gate, "state") if cell.gate else states.state(cell.state),
        times.when(context, latest.changed_at),
        _more(context, cell),
    )


@lru_cache(maxsize=500)
def _never(environment: str) -> SafeString:
    return format_html(
        '<td data-environment="{}" class="never"><span class="cell cell--never">Never deployed</span></td>', environment
    )


@lru_cache(maxsize=500)
def _behind(many: int, is_at_least: bool) -> SafeString:
    return format_html('<span class="chip">{}{} behind</span>', many, "+" if is_at_least else "")


def _more(context: Context, cell: Any) -> SafeString:
    """What runs there, where that is not what the cell names."""
    runs = cell.runs
    if cell.says == "gated":
        return format_html('<span class="cell__more">Pending{}</span>', f", runs {runs.name}" if runs else "")
    if cell.says == "runs" and runs:
        since = times.since(context, runs.changed_at)
        return format_html('<span class="cell__more">Runs {} since {}</span>', runs.name, since)
    if cell.says == "back" and runs:
        return format_html('<span class="cell__more">Back on {}</span>', runs.name)
    return _NO_END if cell.says == "unknown" else _NOTHING


def _title(name: str) -> SafeString:
    return format_html(' title="{}"', name) if len(name) > LONG else _NOTHING


@register.simple_tag
def rows_drawn(ids: Sequence[str], parts: dict[str, Any]) -> SafeString:
    """The rows of a table, each filled with its part of the page."""
    return format_html_join("", '<tr class="row" id="{}">{}</tr>\n', ((ident, parts[ident]) for ident in ids))


@register.simple_tag
def options(name: str, choices: Sequence[tuple[str, str]], chosen: Sequence[str]) -> SafeString:
    """Boxes to check, a line each."""
    return _options(name, tuple(choices), frozenset(chosen), is_wide=False)


@register.simple_tag
def named_options(name: str, choices: Sequence[tuple[str, str]], chosen: Sequence[str]) -> SafeString:
    """The same of what people named, which may be long and is asked for by id or by name."""
    return _options(name, tuple(choices), frozenset(chosen), is_wide=True)


@lru_cache(maxsize=200)
def _options(name: str, choices: tuple[tuple[str, str], ...], chosen: frozenset[str], *, is_wide: bool) -> SafeString:
    said = '<span class="wrap-anywhere">{}</span>' if is_wide else "{}"
    return format_html_join(
        "",
        f'<label class="label--row"><input type="checkbox" name="{{}}" value="{{}}"{{}}>{said}</label>',
        (
            (name, value, _CHECKED if value in chosen or (is_wide and word in chosen) else "", word)
            for value, word in choices
        ),
    )


_CHECKED = mark_safe(" checked")
_NO_END = mark_safe('<span class="cell__more">No end reported</span>')
_DELETED = format_html(" {}", states.state("deleted"))
