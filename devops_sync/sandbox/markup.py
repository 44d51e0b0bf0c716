"""Pieces of HTML in the look of Waybill. Everything that is put into a piece is escaped."""

import html
import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

# The tone and the icon of each state.
STATES = {
    "successful": ("good", "successful"),
    "in_progress": ("moving", "in_progress"),
    "rolled_back": ("warn", "rolled_back"),
    "failed": ("bad", "failed"),
    "pending": ("quiet", "pending"),
    "cancelled": ("quiet", "cancelled"),
    "unknown": ("quiet", "unknown"),
    "open": ("moving", "in_progress"),
    "merged": ("good", "successful"),
    "declined": ("quiet", "cancelled"),
    "draft": ("quiet", "pending"),
    "awaiting": ("moving", "awaiting"),
    "allowed": ("good", "allowed"),
    "prevented": ("bad", "prevented"),
    "expired": ("warn", "expired"),
    "invalid": ("bad", "invalid"),
}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


class _Filler(string.Formatter):
    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        value = kwargs[str(key)]
        return value if isinstance(value, Html) else html.escape(str(value))


_FILLER = _Filler()


def fill(template: str, **values: object) -> Html:
    """A template with each `{name}` filled in, escaped unless it is `Html`."""
    return Html(_FILLER.vformat(template, (), values))


def joined(pieces: Iterable[Html], between: str = "") -> Html:
    """Pieces, one after the other."""
    return Html(between.join(pieces))


def icon(name: str) -> Html:
    return fill('<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#{name}"/></svg>', name=name)


def state(name: str) -> Html:
    """A state: icon and word. One that nobody has heard of is shown as itself."""
    if not name:
        return Html('<span class="faint">none</span>')
    which, icon_name = STATES.get(name.lower(), ("quiet", "unknown"))
    return tone(which, icon_name, name.replace("_", " ").capitalize())


def tone(which: str, icon_name: str, word: str) -> Html:
    return fill('<span class="state state--{tone}">{icon}{word}</span>', tone=which, icon=icon(icon_name), word=word)


def number(value: int) -> str:
    return f"{value:,}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else nouns(noun)}"


def nouns(noun: str) -> str:
    """The plural of a noun."""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("ch") else f"{noun}s"


def size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:,.0f} min"
    if seconds == 0 or seconds >= 0.9995:
        return f"{seconds:.3g} s"
    if seconds < 0.0001:
        return "under 0.1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.00995 else f"{seconds * 1000:.1f} ms"


def instant(at: datetime, now: datetime) -> Html:
    """A time as people say it, with the exact one on hover, in UTC."""
    at = at.astimezone(UTC)
    return fill(
        '<time datetime="{iso}" title="{exact}">{said}</time>',
        iso=at.isoformat(timespec="milliseconds"),
        exact=f"{at:%a} {at.day} {at:%b %Y, %H:%M:%S} UTC",
        said=_ago(at, now),
    )


def _ago(at: datetime, now: datetime) -> str:
    seconds = (now - at).total_seconds()
    if 0 <= seconds < 60:
        return f"{seconds:.0f} s ago"
    if 0 <= seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if 0 <= seconds < 86400 and at.date() == now.date():
        return f"{seconds // 3600:.0f} h ago"
    if 0 <= seconds < 6 * 86400:
        return f"{at:%a %H:%M}"
    return f"{at.day} {at:%b %H:%M}" if at.year == now.year else f"{at.day} {at:%b %Y, %H:%M}"


class Content(NamedTuple):
    """One page: its title, its sections, and what the search field holds."""

    title: str
    sections: list[Html]
    issue: str = ""


_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{title} · Jira sandbox</title>
  <link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/look.css">
  <link rel="stylesheet" href="/static/sandbox.css">
</head>
<body class="sandbox">
  <a class="skip" href="#main">Skip to content</a>
  <header class="bar">
    <a class="brand" href="/">{site}Jira sandbox</a>
    <form class="search" role="search" action="/">
      {search}
      <input class="field" type="search" name="issue" value="{issue}"
        aria-label="Issue key" placeholder="Issue key, such as SHOP-12">
    </form>
  </header>
  <aside class="band" aria-label="What this is"><strong>This is {banner}.</strong>
    Nothing that is sent here reaches Jira.</aside>
  <main id="main" tabindex="-1"><div class="page">
{sections}
  </div></main>
  <footer class="foot"><span>{banner_foot}</span><span>Times in UTC</span><span>Loaded {now}</span></footer>
</body>
</html>
"""


def document(content: Content, banner: str) -> bytes:
    """The whole page."""
    filled = fill(
        _DOCUMENT,
        title=content.title,
        site=icon("site"),
        search=icon("search"),
        issue=content.issue,
        banner=banner,
        banner_foot=banner,
        sections=joined(content.sections, "\n"),
        now=f"{datetime.now(UTC):%H:%M:%S}",
    )
    return filled.encode(errors="replace")


def link(address: str, **query: object) -> str:
    """An address with those parts of a query that are not empty."""
    return f"{address}?{urlencode({name: value for name, value in query.items() if value})}".rstrip("?")


def head(title: str, below: Html, crumb: str = "", actions: Html | None = None) -> Html:
    """The head of a page; with `crumb` there is a way back to the first one."""
    crumbs = '<nav aria-label="Breadcrumb"><ol class="crumbs"><li><a href="/">{crumb}</a></li></ol></nav>'
    return fill(
        '<header class="head"><div class="head__say">{crumbs}<h1>{title}</h1>'
        '<p class="head__sub">{below}</p></div><div class="line-up">{actions}</div></header>',
        crumbs=fill(crumbs, crumb=crumb) if crumb else Html(""),
        title=title,
        below=below,
        actions=actions or Html(),
    )


def notice(which: str, icon_name: str, text: Html) -> Html:
    """A line about what is wrong or was done."""
    return fill(
        '<div class="notice{which}" role="status">{icon}<p>{text}</p></div>',
        which=which,
        icon=icon(icon_name),
        text=text,
    )


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Names and values below one another."""
    rows = joined(fill("<dt>{name}</dt><dd>{value}</dd>", name=name, value=value) for name, value in pairs)
    return fill('<dl class="facts">{rows}</dl>', rows=rows)


def sheet(name: str, title: str, body: Html, beside: Html | None = None) -> Html:
    """A section with a head. `name` is its anchor."""
    return fill(
        '<section class="sheet" aria-labelledby="{name}">'
        '<div class="sheet__head"><h2 id="{name}">{title}</h2>{beside}</div>{body}</section>',
        name=name,
        title=title,
        beside=beside or Html(),
        body=body,
    )


def inside(body: Html) -> Html:
    """What a sheet holds when it is no table."""
    return fill('<div class="sheet__body">{body}</div>', body=body)


def table(caption: str, heads: Iterable[str], rows: Iterable[Html], kind: str = "") -> Html:
    """A table that may scroll sideways. A head that ends in ` #` is a column of numbers."""
    columns = joined(
        fill(
            '<th scope="col"{num}>{text}</th>',
            num=Html(' class="num"' if text.endswith(" #") else ""),
            text=text.removesuffix(" #"),
        )
        for text in heads
    )
    return fill(
        '<table class="table{kind}"><caption class="unseen">{caption}</caption>'
        "<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>",
        kind=kind,
        caption=caption,
        columns=columns,
        rows=joined(rows, "\n"),
    )


def scroll(label: str, body: Html) -> Html:
    """A region that scrolls sideways."""
    return fill(
        '<div class="scroll" role="region" aria-label="{label}" tabindex="0">{body}</div>', label=label, body=body
    )
