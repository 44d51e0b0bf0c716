"""What an issue's development panel in Jira would show: branches, commits, pull requests, builds, deployments."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from .holdings import Holding
from .kinds import KINDS
from .listing import place, what
from .markup import Html, fill, instant, nouns, number, sheet, state, table

# In the order in which Jira's panel has them.
ORDER = ("branch", "commit", "pull_request", "build", "deployment")
SHOWN = 25
_ENVIRONMENTS = ("production", "staging", "testing", "development", "unmapped")


def sections(held: Mapping[str, Sequence[Holding]], counts: Mapping[str, int], issue: str, now: datetime) -> list[Html]:
    """A section for each kind of which the issue has anything."""
    return [_section(kind, held[kind], counts[kind], issue, now) for kind in ORDER if held.get(kind)]


def _section(kind: str, held: Sequence[Holding], count: int, issue: str, now: datetime) -> Html:
    title = nouns(KINDS[kind].noun).capitalize()
    said = f"{number(count)}, newest first"
    if kind == "deployment":
        held, title, said = _latest(held), "Latest deployments by pipeline and environment", ""
    rows = (_row(holding, now) for holding in held[:SHOWN])
    body = table(f"{title} of {issue}", ("What", "In", "Detail", "State", "Last updated"), rows)
    beside = fill('<span class="count">{said}</span>', said=said)
    return sheet(f"panel-{kind}", title, fill('<div class="list">{body}</div>', body=body), beside)


def _latest(held: Sequence[Holding]) -> list[Holding]:
    """The newest deployment of each pipeline in each environment."""
    newest: dict[tuple[object, ...], Holding] = {}
    for holding in sorted(held, key=lambda one: int(one.key[-1])):
        newest[holding.owner, *holding.key[:-1]] = holding
    return sorted(newest.values(), key=lambda one: (_ENVIRONMENTS.index(one.summary.environment_type), one.key[:-1]))


def _row(holding: Holding, now: datetime) -> Html:
    summary = holding.summary
    return fill(
        '<tr><th scope="row" class="what-cell">{what}</th>'
        '<td class="pipeline-cell"><span class="clip">{place}</span></td>'
        '<td class="environment-cell"><span class="clip">{detail}</span> <span class="count">{type}</span></td>'
        '<td class="state-cell">{state}</td><td class="time">{updated}</td></tr>',
        what=what(holding),
        place=place(holding),
        detail=summary.detail,
        type=summary.environment_type,
        state=state(summary.state),
        updated=instant(summary.updated_at, now) if summary.updated_at else "",
    )
