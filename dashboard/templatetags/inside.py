"""The rows of what is in a repository, a tag each."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from . import addresses, cells, look, states

register = template.Library()
# Of an author's name so many characters are said.
_AUTHOR = 60


@register.simple_tag(takes_context=True)
def inside_row(context: Context) -> SafeString:
    """The cells of a commit, a branch or a pull request."""
    row, shown, hidden = context["row"], context["shown"], context["hidden"]
    with context.push(id=row.pk):
        drawn = [str(cells.tick_cell(context))]
    drawn.append(_what(shown.view, row, is_ref=shown.name == "commit"))
    if "text" not in hidden:
        drawn.append(_text(row))
    if shown.state_field and "state" not in hidden:
        drawn.append(f'<td class="state-cell">{states.state(row.status)}</td>')
    drawn += [str(cells.issues_cell(context)), str(cells.jira_cells(context))]
    # What others said was escaped where it was taken.
    return SafeString("\n".join(drawn))


def _what(view: str, row: Any, *, is_ref: bool) -> str:
    name, pk = str(row.listed_name), row.pk
    title = f' title="{escape(name)}"' if len(name) > cells.LONG else ""
    deleted = f" {states.state('deleted')}" if row.deleted_at else ""
    return (
        f'<th scope="row" class="what-cell"><span class="what"><a href="{addresses.row_url(view, pk)}" id="go-{pk}"'
        f' class="clamp{" ref" if is_ref else ""}"{title}>{escape(name)}</a>{deleted}</span></th>'
    )


def _text(row: Any) -> str:
    author = Truncator(row.author_name).chars(_AUTHOR) if len(row.author_name) > _AUTHOR else row.author_name
    said = f'<span class="hint">{escape(author)}</span>' if author else ""
    text = escape(look.first_line(row.listed_text))
    return f'<td class="pipeline-cell grow"><span class="line-up"><span class="clamp">{text}</span>{said}</span></td>'
