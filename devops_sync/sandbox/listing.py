"""What is held, in rows: the list with its kinds, filter and pages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from .holdings import Holding
from .kinds import KINDS
from .markup import Html, fill, icon, instant, joined, link, nouns, number, sheet, state, table

ISSUES_SHOWN = 2


class Listing(NamedTuple):
    """One page of the list. `names` are the client ids by owner; `chosen`, `issue` and `kind` are filtered by.

    `counts` says how many match of each kind, whichever kind is chosen.
    """

    rows: list[Holding]
    counts: Mapping[str, int]
    newer: bool
    older: bool
    issue: str
    kind: str
    chosen: str
    names: dict[int, str]

    @property
    def matching(self) -> int:
        return self.counts.get(self.kind, 0) if self.kind else sum(self.counts.values())

    def section(self, now: datetime) -> Html:
        several = len(self.names) > 1
        heads = ["What", "In", "Detail", "State", "Issues", "Sequence", *["Credential"] * several, "Stored"]
        body = table("Held, newest first", heads, (self._row(holding, now) for holding in self.rows))
        if not self.rows:
            body = Html('<div class="sheet__body"><p class="soft">Nothing matches.</p></div>')
        listed = fill(
            '{kinds}{filters}<div class="list">{body}</div>{pager}',
            kinds=self._kinds(),
            filters=self._filter() if several else Html(),
            body=body,
            pager=self._pager() if self.newer or self.older else Html(),
        )
        beside = fill('<span class="count">{count}, newest first</span>', count=number(self.matching))
        return sheet("held", "Held", listed, beside)

    def _kinds(self) -> Html:
        """The kinds as links, with how many there are; the chosen one is current."""
        choices = [("", "Everything", sum(self.counts.values()))]
        choices += [
            (kind.name, nouns(kind.noun).capitalize(), self.counts.get(kind.name, 0)) for kind in KINDS.values()
        ]
        items = joined(
            fill(
                '<li><a href="{to}"{current}>{name} <span class="count">{count}</span></a></li>',
                to=link("/", kind=kind, issue=self.issue, credential=self.chosen),
                current=Html(' aria-current="true"' if kind == self.kind else ""),
                name=name,
                count=number(count),
            )
            for kind, name, count in choices
        )
        return fill('<nav class="kinds" aria-label="Kinds"><ul>{items}</ul></nav>', items=items)

    def _row(self, holding: Holding, now: datetime) -> Html:
        owner = fill('<td class="jira-cell"><span class="clip">{name}</span></td>', name=self.names[holding.owner])
        return fill(
            '<tr><th scope="row" class="what-cell">{what}</th>'
            '<td class="pipeline-cell"><span class="clip">{place}</span></td>'
            '<td class="environment-cell"><span class="clip">{detail}</span></td>'
            '<td class="state-cell">{state}</td><td class="issues-cell nowrap">{issues}</td>'
            '<td class="confirm-cell ref">{sequence}</td>{owner}'
            '<td class="time">{stored}</td></tr>',
            what=what(holding),
            place=place(holding),
            detail=holding.summary.detail,
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
            '<input type="hidden" name="kind" value="{kind}">'
            '<select class="field" name="credential" aria-label="Credential">{options}</select>'
            '<button class="button" type="submit">{icon}Filter</button></form>',
            issue=self.issue,
            kind=self.kind,
            options=options,
            icon=icon("filter"),
        )

    def _pager(self) -> Html:
        first, last = (self.rows[0].change, self.rows[-1].change) if self.rows else ("", "")
        filters = {"kind": self.kind, "issue": self.issue, "credential": self.chosen}
        return fill(
            '<nav class="pager" aria-label="Pages"><span>{count} on this page</span>'
            '<span class="line-up push"><a class="button button--small"{newer}>{left}Newer</a>'
            '<a class="button button--small"{older}>Older{right}</a></span></nav>',
            count=len(self.rows),
            newer=_address(link("/", **filters, newer=first), self.newer),
            older=_address(link("/", **filters, older=last), self.older),
            left=icon("left"),
            right=icon("right"),
        )


def what(holding: Holding) -> Html:
    """A holding's kind, name and number, with the way to its page."""
    return fill(
        '<span class="what">{icon}<span class="unseen">{noun}</span><a class="clip" href="/held/{id}">{name}</a>'
        '<span class="count">{number}</span></span>',
        icon=icon(holding.kind),
        noun=KINDS[holding.kind].noun,
        id=holding.id,
        name=holding.summary.name or "without a name",
        number=holding.summary.number,
    )


def place(holding: Holding) -> str:
    """The pipeline or the repository; a commit names no repository itself, its key does."""
    return holding.summary.place or str(holding.key[0])


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
