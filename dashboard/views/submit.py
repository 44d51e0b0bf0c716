"""`/submit/`: write a deployment, a build or any body by hand, see what the ledger says of it, then submit it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from devops_sync import audit, ledger, remote, roles
from devops_sync.kinds import APIS
from devops_sync.models import Site, Submission, User

from .. import credential, draft, frame, live, verdict, wire
from ..doors import readers_only
from ..methods import require_GET_or_POST, require_POST

JSON = "json"
TABS = (("deployment", "Deployment", "deployment"), ("build", "Build", "build"), (JSON, "JSON", "edit"))


@dataclass(frozen=True)
class Written:
    """What somebody has written so far: the fields of a form, or JSON."""

    kind: str
    slug: str
    site: Site | None
    given: Mapping[str, str] = field(default_factory=dict)
    api: str = ""
    text: str = ""


@dataclass(frozen=True)
class Look:
    """What was found when it was looked at: the body that it makes, and what is wrong where."""

    body: bytes
    said: verdict.Verdict
    problems: dict[str, str]


@csrf_exempt  # How much is sent is looked at first; `_act` then checks as everywhere.
@require_GET_or_POST
@readers_only
def submit(request: HttpRequest) -> HttpResponse:
    sites = _sites(request)
    if request.method != "POST":
        return _page(request, sites, _begin(request, sites))
    if _is_too_large(request):
        look = Look(b"", verdict.too_large(), {})
        return _page(request, sites, _begin(request, sites), look, is_refused=True)
    return _act(request, sites)


@login_not_required  # Who was signed out meanwhile must not lose what they have typed.
@csrf_exempt
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """What the ledger says of what was typed so far, for the page's script."""
    if not request.user.is_authenticated:
        if "HX-Request" in request.headers:
            return render(request, "submit.html#signed_out")
        return redirect_to_login(reverse("submit"))
    sites = _sites(request)
    if _is_too_large(request):
        return _findings(request, _begin(request, sites), Look(b"", verdict.too_large(), {}))
    return _look_only(request, sites)


@csrf_protect
def _look_only(request: HttpRequest, sites: list[Site]) -> HttpResponse:
    written = _read(request, sites)
    return _findings(request, written, _look(written, is_typing=True))


@csrf_protect
def _act(request: HttpRequest, sites: list[Site]) -> HttpResponse:
    """Check, carry the form over into JSON, or submit: what the pressed button says."""
    written, act = _read(request, sites), request.POST.get("do", "check")
    look = _look(written)
    if act == "edit":
        if look.body:
            written = replace(written, kind=JSON, text=look.body.decode())
            look = _look(written)
        return _page(request, sites, written, look)
    if act == "check":
        return _page(request, sites, written, look)
    if written.site and look.said.sound and (look.said.is_whole or act == "sound"):
        return redirect("submission", _store(request, written.site, look).id)
    if written.site is None:
        unknown = "There is no site of this name to which you may submit." if written.slug else "Choose a site."
        look.problems["site"] = unknown
    return _page(request, sites, written, look, is_refused=True)


def _store(request: HttpRequest, site: Site, look: Look) -> ledger.Submitted:
    assert isinstance(request.user, User)
    return ledger.submit(
        ledger.Arrival(
            api=look.said.api,
            path=reverse("submit"),
            body=look.body,
            received_at=frame.of(request).now,
            size=len(look.body),
            site=site,
            user=request.user,
            remote_address=remote.address_of(request),
        )
    )


def _sites(request: HttpRequest) -> list[Site]:
    """The sites to which the person may submit. Raises `PermissionDenied` for who may nowhere."""
    if not roles.may(request.user, "submit"):
        raise PermissionDenied("Submitting by hand is for release managers and admins.")
    return list(roles.sites(request.user, "submit").order_by("slug"))


def _is_too_large(request: HttpRequest) -> bool:
    """Whether more is sent than a form may hold, by the length that is declared; without one nothing is read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return not declared.isdecimal() or int(declared[:20]) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)


def _begin(request: HttpRequest, sites: list[Site]) -> Written:
    """A fresh form; with `?from=` the JSON of an earlier submission, for those who may see it."""
    kind = request.GET.get("as", "")
    kind = kind if kind in {name for name, _, _ in TABS} else TABS[0][0]
    slug = request.GET.get("site", "") or (sites[0].slug if len(sites) == 1 else "")
    begun = Written(kind, slug, _named(sites, slug), draft.blank(frame.of(request).now))
    if earlier := request.GET.get("from"):
        found = _earlier(request, earlier)
        text = bytes(found.raw or b"").decode("utf-8", "replace")
        slug = found.site.slug if found.site else slug
        begun = replace(begun, kind=JSON, api=found.api, text=text, slug=slug, site=_named(sites, slug))
    return begun


def _earlier(request: HttpRequest, pk: str) -> Submission:
    try:
        ident = uuid.UUID(pk)
    except ValueError:
        raise Http404 from None
    found = Submission.objects.of(roles.sites(request.user, "raw")).filter(pk=ident, size__lte=wire.SHOWN).first()
    if found is None or found.raw is None:
        raise Http404
    audit.raw.shown(found)
    return found


def _read(request: HttpRequest, sites: list[Site]) -> Written:
    """What was posted. Browsers end lines as they please; here they end as everywhere else."""
    given = {name: str(value).replace("\r\n", "\n") for name, value in request.POST.items()}
    begun = _begin(request, sites)
    slug, api = given.get("site", ""), given.get("api", "")
    return Written(
        kind=begun.kind,
        slug=slug,
        site=_named(sites, slug),
        given=given,
        api=api if api in APIS else "",
        text=given.get("text", ""),
    )


def _named(sites: list[Site], slug: str) -> Site | None:
    return next((site for site in sites if site.slug == slug), None)


def _look(written: Written, *, is_typing: bool = False) -> Look:
    """Look at what was written. To somebody who `is_typing` no field is held up that was not reached yet."""
    if written.kind == JSON:
        body = written.text.encode()
        said = verdict.of(written.api, body)
        return Look(body, said, {"text": said.refusal} if said.refusal else {})
    try:
        body = draft.body(written.kind, written.given)
    except draft.Unwritable as wrong:
        return Look(b"", verdict.Verdict(400, wrong.message), {wrong.about: wrong.message})
    said = verdict.of(f"{written.kind}s", body)
    about = draft.about(written.kind, said.first_sentence)
    is_unreached = is_typing and about is not None and not written.given.get(about.name)
    return Look(body, said, {about.name: said.first_sentence} if about and not is_unreached else {})


def _findings(request: HttpRequest, written: Written, look: Look) -> HttpResponse:
    return render(request, "submit.html#findings", _shown(written, look))


def _shown(written: Written, look: Look | None) -> dict[str, object]:
    """What the findings and the fields need."""
    problems = look.problems if look else {}
    is_form = written.kind != JSON
    return {
        "written": written,
        "is_form": is_form,
        "groups": draft.filled(written.kind, written.given, problems) if is_form else [],
        "said": look.said if look else None,
        "problems": problems,
        "most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    }


def _page(
    request: HttpRequest, sites: list[Site], written: Written, look: Look | None = None, *, is_refused: bool = False
) -> HttpResponse:
    status = (413 if look.said.status == 413 else 400) if look and is_refused else 200
    return live.page(
        request,
        "submit.html",
        {
            **_shown(written, look),
            "sites": sites,
            "tabs": TABS,
            "apis": [(api, credential.WORDS[api]) for api in APIS],
            "is_refused": is_refused,
        },
        [],
        every=None,
        status=status,
    )
