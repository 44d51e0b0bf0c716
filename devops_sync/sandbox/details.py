"""The small pages: one entity, a credential's deletion, and what cannot be shown."""

from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from .holdings import Holding
from .kinds import KINDS
from .listing import place
from .markup import Content, Html, facts, fill, head, inside, instant, joined, link, notice, plural, sheet, state


def held(holding: Holding, client_id: str, now: datetime) -> Content:
    """One entity: what it is, on which issues it shows, and what was submitted."""
    summary = holding.summary
    name = summary.name or "without a name"
    noun = KINDS[holding.kind].noun
    below = fill(
        "{noun} {number} in {place}. {detail}",
        noun=noun.capitalize(),
        number=summary.number,
        place=place(holding),
        detail=summary.detail,
    )
    issues = (fill('<a class="key" href="{to}">{key}</a>', to=link("/", issue=key), key=key) for key in holding.issues)
    pairs = [
        ("State", state(summary.state)),
        ("Issues", joined(issues, ", ") or "none that exist"),
        ("Key", fill('<span class="ref">{key}</span>', key=" / ".join(map(str, holding.key)))),
        ("Sequence", fill('<span class="ref">{sequence}</span>', sequence=holding.sequence)),
        ("Stored", instant(datetime.fromtimestamp(holding.stored_at, UTC), now)),
        ("Credential", fill('<span class="ref">{name}</span>', name=client_id)),
        ("Properties", _properties(holding.properties)),
    ]
    code = _indented(holding.payload)
    body = fill(
        '<div class="code"><pre tabindex="0" role="group" aria-label="As submitted"><code>{code}</code></pre></div>',
        code=code,
    )
    sections = [
        head(name, below, crumb="Everything held"),
        sheet("facts", "What Jira knows", inside(facts(pairs))),
        sheet("submitted", "As submitted", inside(body)),
    ]
    return Content(name, sections)


def _indented(payload: str) -> str:
    try:
        return msgspec.json.format(payload, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return payload


def _properties(properties: dict[str, str]) -> Html:
    if not properties:
        return Html('<span class="faint">none</span>')
    pair = '<li class="ref">{name} = {value}</li>'
    rows = joined(fill(pair, name=name, value=value) for name, value in properties.items())
    return fill(
        '<ul>{rows}</ul><p class="hint">Jira never gives them back; they only serve to delete by.</p>', rows=rows
    )


def deletion(client_id: str, count: int) -> Content:
    """What deleting a credential's data means, and the button that does it."""
    title = "Delete this credential's data"
    answer = fill(
        '<p class="answer"><strong>{count} would go at once, and every token is void from then on.</strong>'
        " Jira does the same when somebody deletes an OAuth credential, and nothing brings the data back but sending"
        " it again.</p>",
        count=plural(count, "entity"),
    )
    stays = Html(
        "<p>In Jira the credential itself would be gone too. Here it stays usable: its clients fetch a new token and"
        " can send again, which is what there is to try out.</p>"
    )
    form = fill(
        '<form method="post" action="/credentials/{address}/delete" class="line-up">'
        '<button class="button button--danger" type="submit">Delete this credential\'s data</button>'
        '<a class="button" href="/">Keep it</a></form>',
        address=quote(client_id, safe=""),
    )
    body = fill('<div class="stack">{stays}{form}</div>', stays=stays, form=form)
    section = fill(
        '<section class="sheet" aria-label="What would go">{answer}'
        '<div class="sheet__body spaced">{body}</div></section>',
        answer=answer,
        body=body,
    )
    below = fill('Credential <span class="ref">{name}</span>', name=client_id)
    return Content(title, [head(title, below, crumb="Everything held"), section])


def refusal() -> Content:
    """A form that was sent from another site's page."""
    text = Html("<strong>Another site's page asked for this, so nothing is done.</strong> Use the button here.")
    return Content(
        "Not done", [head("Not done", Html(""), crumb="Everything held"), notice(" notice--bad", "refused", text)]
    )


def nothing_here() -> Content:
    """An address that leads nowhere."""
    text = Html("This address leads nowhere, or what it led to has been deleted.")
    return Content("Nothing here", [head("Nothing here", text, crumb="Everything held")])
