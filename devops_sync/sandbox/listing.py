"""Deployments in rows: the list with its filter and pages, and an issue's panel."""

from datetime import UTC, datetime
from typing import NamedTuple

from .holdings import Holding
from .markup import Html, fill, icon, instant, joined, link, number, sheet, state, table

ISSUES_SHOWN = 2
_ORDER = ("production", "staging", "testing", "development", "unmapped")


class Listing(NamedTuple):
    """One page of the list. `names` are the client ids by owner; `chosen` is the one that is filtered by."""

    rows: list[Holding]
    matching: int
    newer: bool
    older: bool
    issue: str
    chosen: str
    names: dict[int, str]

    def section(self, now: datetime) -> Html:
        several = len(self.names) > 1
        heads = ["Deployment", "Pipeline", "Environment", "State", "Issues", "Sequence"]
        heads += ["Credential"] * several + ["Stored"]
        body = table("Deployments, newest first", heads, (self._row(holding, now) for holding in self.rows))
        if not self.rows:
            body = Html('<div class="sheet__body"><p class="soft">Nothing matches.</p></div>')
        listed = fill(
            '{filters}<div class="list">{body}</div>{pager}',
            filters=self._filter() if several else Html(),
            body=body,
            pager=self._pager() if self.newer or self.older else Html(),
        )
        beside = fill('<span class="count">{count}, newest first</span>', count=number(self.matching))
        return sheet("held", "Deployments", listed, beside)

    def _row(self, holding: Holding, now: datetime) -> Html:
        owner = fill('<td class="jira-cell"><span class="clip">{name}</span></td>', name=self.names[holding.owner])
        return fill(
            '<tr><th scope="row" class="what-cell"><span class="what"><a class="clip" href="/held/{id}">{name}</a>'
            '<span class="count">#{number}</span></span></th>'
            '<td class="pipeline-cell"><span class="clip">{pipeline}</span></td>'
            '<td class="environment-cell"><span class="clip">{environment}</span></td>'
            '<td class="state-cell">{state}</td><td class="issues-cell nowrap">{issues}</td>'
            '<td class="confirm-cell ref">{sequence}</td>{owner}'
            '<td class="time">{stored}</td></tr>',
            id=holding.id,
            name=holding.summary.name or "without a name",
            number=holding.key[-1],
            pipeline=holding.summary.place,
            environment=holding.summary.detail,
            state=state(holding.summary.state),
            issues=_issues(sorted(holding.issues, key=lambda key: key != self.issue)),
            sequence=holding.sequence,
            owner=owner if len(self.names) > 1 else Html(),
            stored=instant(datetime.fromtimestamp(holding.stored_at, UTC), now),
        )

    def _filter(self) -> Html:
        names = [("", "All credentials"), *((name, name) for name in self.names.values())]
        options = joined(
            fill(
                '<option value="{value}"{selected}>{name}</option>',
                value=value,
                selected=Html(" selected" if value == self.chosen else ""),
                name=name,
            )
            for value, name in names
        )
        return fill(
            '<form class="filters" action="/"><input type="hidden" name="issue" value="{issue}">'
            '<select class="field" name="credential" aria-label="Credential">{options}</select>'
            '<button class="button" type="submit">{icon}Filter</button></form>',
            issue=self.issue,
            options=options,
            icon=icon("filter"),
        )

    def _pager(self) -> Html:
        first, last = (self.rows[0].change, self.rows[-1].change) if self.rows else ("", "")
        newer = link("/", issue=self.issue, credential=self.chosen, newer=first)
        older = link("/", issue=self.issue, credential=self.chosen, older=last)
        return fill(
            '<nav class="pager" aria-label="Pages"><span>{count} on this page</span>'
            '<span class="line-up push"><a class="button button--small"{newer}>{left}Newer</a>'
            '<a class="button button--small"{older}>Older{right}</a></span></nav>',
            count=len(self.rows),
            newer=_address(newer, self.newer),
            older=_address(older, self.older),
            left=icon("left"),
            right=icon("right"),
        )


def _issues(keys: list[str]) -> Html:
    if not keys:
        return Html('<span class="faint">none</span>')
    links = (
        fill('<a class="key" href="{to}">{key}</a>', to=link("/", issue=key), key=key) for key in keys[:ISSUES_SHOWN]
    )
    shown, more = joined(links, ", "), len(keys) - ISSUES_SHOWN
    return fill('{shown} <span class="count">+{more}</span>', shown=shown, more=more) if more > 0 else shown


def _address(address: str, there: bool) -> Html:
    return fill(' href="{address}"', address=address) if there else Html(' aria-disabled="true"')


def panel(held: list[Holding], issue: str, now: datetime) -> Html:
    """The newest deployment of each pipeline in each environment, as Jira's issue panel lists them."""
    newest: dict[tuple[object, ...], Holding] = {}
    deployments = (one for one in held if one.kind == "deployment")
    for holding in sorted(deployments, key=lambda one: int(one.key[-1])):
        newest[holding.owner, *holding.key[:-1]] = holding
    found = sorted(newest.values(), key=lambda one: (_ORDER.index(one.summary.environment_type), one.key[:-1]))
    heads = ("Deployment", "Pipeline", "Environment", "State", "Last updated")
    rows = table(f"Latest deployments of {issue}", heads, (_panel_row(holding, now) for holding in found))
    beside = Html('<span class="count">what the issue\'s panel in Jira would show</span>')
    return sheet(
        "panel", "Latest by pipeline and environment", fill('<div class="list">{rows}</div>', rows=rows), beside
    )


def _panel_row(holding: Holding, now: datetime) -> Html:
    return fill(
        '<tr><th scope="row" class="what-cell"><span class="what">'
        '<a class="clip" href="/held/{id}">{name}</a></span></th>'
        '<td class="pipeline-cell"><span class="clip">{pipeline}</span></td>'
        '<td class="environment-cell"><span class="clip">{environment}</span> <span class="count">{type}</span></td>'
        '<td class="state-cell">{state}</td><td class="time">{updated}</td></tr>',
        id=holding.id,
        name=holding.summary.name or "without a name",
        pipeline=holding.summary.place,
        environment=holding.summary.detail,
        type=holding.summary.environment_type,
        state=state(holding.summary.state),
        updated=instant(holding.summary.updated_at, now) if holding.summary.updated_at else "",
    )
