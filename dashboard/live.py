"""Pages that follow what happens.

A page names its moving parts: partials of its own template, each in an element of the same id. While the
page should follow, a small element on it, the pulse, asks the page's own address every few seconds and says
which parts it has, by digest. The answer is 204 when nothing changed, else just the parts that did, swapped
in by their ids. A page that has settled gets a pulse without a beat. Without JavaScript nothing of this
runs, and the page is the same page.

Most pulses ask while nothing at all was written. PostgreSQL says so in one word, its snapshot, which a pulse brings
along from the answer before: while the word is the same, the answer is 204 before the page is worked out. Some things
change with time alone, so a page is worked out every half minute all the same.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template import RequestContext
from django.template.context import make_context
from django.template.loader import get_template
from django.template.loader_tags import ExtendsNode
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_htmx.http import HttpResponseClientRefresh

from devops_sync import __version__

from . import frame

SEEN = "Waybill-Seen"
AS_OF = "Waybill-As-Of"
# Seconds for which a page needs no second look while nothing was written.
_HOLDS = 30
# What a time says changes by itself; the page's script sees to that.
_SAID = re.compile(r"(<time [^>]*>)[^<]*")
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@dataclass(frozen=True)
class Part:
    """A moving part: its element's id, the partial that fills it, what that partial needs beyond the page's context."""

    id: str
    partial: str
    context: dict[str, Any] = field(default_factory=dict)
    is_row: bool = False


def is_pulse(request: HttpRequest) -> bool:
    return SEEN in request.headers


def still(request: HttpRequest) -> HttpResponse | None:
    """The answer to a pulse since whose last one nothing was written; None when the page has to be worked out."""
    if not is_pulse(request) or request.method != "GET":
        return None
    now, moment = round(frame.of(request).now.timestamp()), _moment()
    version, _, rest = request.headers.get(AS_OF, "").partition(" ")
    worked_out, _, seen = rest.partition(" ")
    is_fresh = worked_out.isascii() and worked_out.isdigit() and now - _HOLDS < int(worked_out[:12]) <= now
    if is_fresh and (version, seen) == (__version__, moment):
        return HttpResponse(status=204, headers={AS_OF: request.headers[AS_OF], "Cache-Control": "private, no-cache"})
    # Read before anything of the page is: what is written from here on is seen by the next pulse.
    request._as_of = f"{__version__} {now} {moment}"  # type: ignore[attr-defined]
    return None


def _moment() -> str:
    """Which transactions PostgreSQL shows as done: the same text at two times means that none was done in between."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    parts: Iterable[Part],
    *,
    every: float | None,
    status: int = 200,
    ask: dict[str, str] | None = None,
    url: str | None = None,
) -> HttpResponse:
    """Answer with the page, or, to a pulse, with the parts of it that changed.

    `every`: seconds until the pulse asks again, None when the page has settled.
    `ask`: what the pulse sends along, as further parameters. `url`: where it asks, unless at the request's own address.
    """
    everywhere = (
        Part("count-waiting", "_counts.html#waiting"),
        Part("count-rejected", "_counts.html#rejected"),
        *([Part("count-awaiting", "_counts.html#awaiting")] if frame.of(request).sees_deletions else []),
        Part("zone", "_counts.html#zone"),
    )
    if is_pulse(request):
        # What only the pulse says belongs into no link.
        request.GET = _own(request, ask or {})  # type: ignore[assignment]
    filled = _filled(request, template, context, (*everywhere, *parts))
    has = {id_: _digest(html) for id_, (_, html) in filled.items()}
    seen = request.headers.get(SEEN)
    pulse = _pulse(request, has, every, ask or {}, url)
    if seen is None:
        answer = render(
            request,
            template,
            {
                **context,
                "parts": {id_: html for id_, (_, html) in filled.items()},
                "pulse": pulse,
                "is_live": every is not None,
            },
            status=status,
        )
    elif seen == _seen(has, every):
        answer = HttpResponse(status=204)
    else:
        had = dict(item.split("=", 1) for item in seen.split(",") if "=" in item)
        if had and any(not part.is_row and part.id not in had for part, _ in filled.values()):
            # The page has become another one, such as an empty one that was filled.
            return HttpResponseClientRefresh()
        changed = [item for id_, item in filled.items() if had.get(id_) != has[id_]]
        swapped = format_html_join("", "{}", ((_swap(part, html),) for part, html in changed))
        answer = HttpResponse(_title(request, template, context) + pulse + swapped)
    if as_of := getattr(request, "_as_of", ""):
        answer[AS_OF] = as_of
    patch_vary_headers(answer, (SEEN,))
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _filled(
    request: HttpRequest, template: str, context: dict[str, Any], parts: Iterable[Part]
) -> dict[str, tuple[Part, SafeString]]:
    """Each part with what it says now.

    All are drawn in one context: to make one asks every context processor, and to find what a row includes takes longer
    than to fill it in.
    """
    found: dict[str, Any] = {}
    filled = {}
    around = make_context(context, request)
    with around.bind_template(_compiled(template)):
        for part in parts:
            name = _name(template, part.partial)
            partial = found.get(name) or found.setdefault(name, _compiled(name))
            with around.push(part.context):
                filled[part.id] = part, partial.render(around)
    return filled


def _compiled(name: str) -> Any:
    # The stubs know no `template` on what is loaded: it is what the engine compiled, and renders in a shared context.
    loaded: Any = get_template(name)
    return loaded.template


def _title(request: HttpRequest, template: str, context: dict[str, Any]) -> SafeString:
    """What the page's tab says now: the title often tells a state."""
    drawn = _compiled(template)
    extends = next(iter(drawn.nodelist.get_nodes_by_type(ExtendsNode)), None)
    if extends is None or "title" not in extends.blocks:
        return SafeString("")
    around = RequestContext(request, context)
    with around.bind_template(drawn):
        return format_html("<title>{} · Waybill</title>", SafeString(extends.blocks["title"].nodelist.render(around)))


def _name(template: str, partial: str) -> str:
    return partial if "#" in partial else f"{template}#{partial}"


def _digest(html: str) -> str:
    html = _TOKEN.sub("", _SAID.sub(r"\1", html))
    return hashlib.blake2s(html.encode("utf-8", "replace"), digest_size=5).hexdigest()


def _seen(has: dict[str, str], every: float | None) -> str:
    return ",".join((f"every={every}", *(f"{id_}={digest}" for id_, digest in has.items())))


def _pulse(
    request: HttpRequest, has: dict[str, str], every: float | None, ask: dict[str, str], url: str | None
) -> SafeString:
    if every is None:
        return format_html('<div id="pulse" hidden data-now="{}"></div>', _stamp(request))
    return format_html(
        '<div id="pulse" hidden data-now="{}" hx-get="{}" hx-trigger="every {}ms, look" hx-swap="outerHTML"'
        " hx-headers='{}' hx-vals='{}'></div>",
        _stamp(request),
        url or f"{request.path}?{_own(request, ask).urlencode()}",
        round(every * 1000),
        json.dumps({SEEN: _seen(has, every)}),
        json.dumps(ask),
    )


def _own(request: HttpRequest, ask: dict[str, str]) -> QueryDict:
    """The parameters of the page itself."""
    own = request.GET.copy()
    for name in ask:
        own.pop(name, None)
    return own


def _stamp(request: HttpRequest) -> str:
    return f"{frame.of(request).now.timestamp():.3f}"


def _swap(part: Part, html: SafeString) -> SafeString:
    if part.is_row:
        return format_html('<template><tr id="{}" hx-swap-oob="innerHTML">{}</tr></template>', part.id, html)
    return format_html('<div id="{}" hx-swap-oob="innerHTML">{}</div>', part.id, html)
