"""What every machine path shares: the sender and the site are known, and every answer has Jira's shape."""

import datetime as dt
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from .. import ledger, remote
from ..audit import acting
from ..models import Site, Token
from . import answers, heads, rates, senders, strangers

log = logging.getLogger(__name__)


class Refuse(Exception):
    """Answer with this status and sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None):
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers or {}


@dataclass(frozen=True)
class Call:
    """A request of which the sender and the site are known."""

    request: HttpRequest
    received_at: dt.datetime
    api: str
    site: Site
    token: Token
    standing: rates.Standing | None = None


Path = Callable[..., HttpResponse]


def machine(view: Path) -> Path:
    """A path for machines: no session, no CSRF, and whatever goes wrong is said in Jira's shape."""

    @functools.wraps(view)
    def answer(request: HttpRequest, **names: Any) -> HttpResponse:
        try:
            return view(request, **names)
        except Refuse as refuse:
            return _having(answers.refusal(refuse.status, refuse.sentence, names.get("api", "")), refuse.headers)
        except OperationalError:
            log.exception("the database cannot be used")
            unavailable = answers.refusal(503, "Waybill's database cannot be reached; nothing was taken.")
            unavailable["Retry-After"] = "5"
            return unavailable
        except Exception:
            log.exception("a machine path failed")
            return answers.refusal(503, "Waybill could not take this request; the log says why.")

    return csrf_exempt(login_not_required(answer))


def for_sender(scope: str | dict[str, str], *methods: str) -> Callable[[Callable[..., HttpResponse]], Path]:
    """A machine path for senders whose token has `scope`, or the scope of its method, for its own site."""

    def decorate(view: Callable[..., HttpResponse]) -> Path:
        @functools.wraps(view)
        def answer(
            request: HttpRequest, *, api: str = "", cloud_id: str | None = None, slug: str | None = None, **names: Any
        ) -> HttpResponse:
            needed = scope if isinstance(scope, str) else scope.get(request.method or "", "read")
            call = _admit(request, timezone.now(), needed, methods, api, cloud_id, slug)
            return _with_standing(call, lambda: view(call, **names))

        return machine(answer)

    return decorate


def _with_standing(call: Call, view: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer, or the refusal, with how far the token is in its minute."""
    if call.standing is None:
        return view()
    try:
        found = view()
    except Refuse as refuse:
        refuse.headers = {**call.standing.headers, **refuse.headers}
        raise
    return _having(found, call.standing.headers)


def _having(answer: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    for name, value in headers.items():
        answer[name] = value
    return answer


def _admit(
    request: HttpRequest,
    received_at: dt.datetime,
    scope: str,
    methods: tuple[str, ...],
    api: str,
    cloud_id: str | None,
    slug: str | None,
) -> Call:
    """Who sends, to which site, and may they? Raises `Refuse`, and puts the refusal on record."""
    try:
        token = senders.sender_of(request, received_at)
    except senders.NotKnown as unknown:
        raise _recorded(api, request, received_at, 401, str(unknown), unknown.token) from None
    acting.become(acting.token(token, remote.address_of(request)))
    standing = _count(token, received_at)
    names = {"cloud_id": cloud_id, "slug": slug}
    is_own = senders.names_none(**names) or senders.is_named(token.site, **names)
    site = token.site if is_own else senders.site_of(**names)
    if site is None:
        raise _recorded(api, request, received_at, 404, _no_site(slug), token)
    if token.site_id != site.pk:
        raise _recorded(api, request, received_at, 403, "The token belongs to another site.", token)
    if scope not in token.scopes:
        raise _recorded(api, request, received_at, 403, f"The token lacks the scope '{scope}'.", token)
    if request.method not in methods:
        raise Refuse(405, f"This path takes {' and '.join(methods)} only.")
    return Call(request, received_at, api, site, token, standing)


def _count(token: Token, now: dt.datetime) -> rates.Standing | None:
    """How far the token is in its minute. Raises `Refuse` beyond its limit, and puts nothing on record."""
    standing = rates.count(token, now)
    if standing is not None and standing.is_exceeded:
        sentence = f"The token may send {standing.limit:,} requests a minute."
        raise Refuse(429, sentence, standing.headers | standing.refused_headers(now))
    return standing


def _no_site(slug: str | None) -> str:
    return "There is no site with this cloud id." if slug is None else "There is no site with this name."


def _recorded(
    api: str, request: HttpRequest, received_at: dt.datetime, status: int, sentence: str, token: Token | None
) -> Refuse:
    if request.method == "POST" and strangers.may_be_recorded(token.pk if token else None):
        ledger.refuse(
            ledger.Arrival(
                api=api,
                path=printable(request.path),
                body=None,
                received_at=received_at,
                size=declared_size(request) or 0,
                site=token.site if token is not None else None,
                token=token,
                remote_address=remote.address_of(request),
                head=heads.of(request),
            ),
            status,
            sentence,
        )
    return Refuse(status, sentence)


def printable(text: str) -> str:
    """A text of a stranger as it can be kept and shown: PostgreSQL takes no U+0000."""
    return text.replace("\0", "�")


def declared_size(request: HttpRequest) -> int | None:
    """How many bytes the request says that its body has: at most what a column can hold, None when it does not say."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not declared.isascii() or not declared.isdigit():
        return None
    return min(int(declared[:20]), 2**63 - 1)


def body_of(request: HttpRequest, limit: int | None = None) -> bytes | None:
    """The body, or None when it is larger than allowed; then at most the allowed size was read."""
    limit = senders.largest_body() if limit is None else limit
    declared = declared_size(request)
    if declared is not None:
        if declared > limit:
            return None
        return request.read(limit + 1)
    # Without a length Django reads nothing; the server marks the end of a chunked body itself.
    body: bytes = request.META["wsgi.input"].read(limit + 1) if request.META.get("wsgi.input_terminated") else b""
    return None if len(body) > limit else body
