"""`/deletions/rules/`: rules that delete again and again, each off until an admin has seen what it deletes first."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from devops_sync import cleanups, roles
from devops_sync.cleaning.ruling import MOST_KEYS
from devops_sync.cleanups import ruling
from devops_sync.models import Cleanup, CleanupRule, Site, User

from .. import deletions, frame, live
from ..doors import readers_only
from ..fields import Field
from ..kinds import KINDS
from ..methods import require_GET, require_GET_or_POST, require_POST

RUNS = 10
MOST = 200  # Rules on the list; nobody has so many.
MOST_PAIRS = 5
APIS = {"deployments": "Deployments", "builds": "Builds", "devinfo": "Development information"}
STEPS = ("preview", "on", "off")


@require_GET
@readers_only
def rules(request: HttpRequest) -> HttpResponse:
    sites = [site for site in deletions.sites(request) if frame.of(request).site in (None, site)]
    rows = list(CleanupRule.objects.filter(site__in=sites).select_related("site", "user").order_by("name", "pk")[:MOST])
    last = {
        run.rule_id: run
        for run in Cleanup.objects.filter(rule__in=rows).order_by("rule", "-pk").distinct("rule").defer("report")
    }
    context = {
        "rows": [(row, last.get(row.pk)) for row in rows],
        "may_delete": roles.may(request.user, "delete"),
        "most_keys": MOST_KEYS,
    }
    return live.page(request, "deletion_rules.html", context, [live.Part("list", "list")], every=5)


@dataclass
class Form:
    """What was given, as it was typed, and what is wrong with it."""

    site: str = ""
    name: str = ""
    apis: list[str] = field(default_factory=lambda: list(APIS))
    pairs: list[tuple[str, str]] = field(default_factory=list)
    older_than: str = "400"
    every: str = "1"
    problem: str = ""
    about: str = ""

    @classmethod
    def given(cls, request: HttpRequest) -> "Form":
        posted = request.POST
        pairs = zip(posted.getlist("key"), posted.getlist("value"), strict=False)
        texts = {
            name: posted.get(name, "").replace("\0", "").strip() for name in ("site", "name", "older_than", "every")
        }
        return cls(
            apis=[api for api in APIS if api in posted.getlist("api")],
            pairs=[(_clean(key), _clean(value)) for key, value in pairs][:MOST_PAIRS],
            **texts,
        )

    @property
    def properties(self) -> dict[str, str]:
        return {key: value for key, value in self.pairs if key and value}

    @property
    def half(self) -> str:
        """A property of which only one side was given."""
        return next((key or value for key, value in self.pairs if bool(key) != bool(value)), "")

    @property
    def rows(self) -> list[tuple[str, str]]:
        return [*self.pairs, *[("", "")] * (MOST_PAIRS - len(self.pairs))][: max(3, len(self.pairs))]

    @property
    def apis_offered(self) -> list[tuple[str, str, bool]]:
        return [(api, word, api in self.apis) for api, word in APIS.items()]

    @property
    def fields(self) -> dict[str, Field]:
        def of(name: str, label: str, hint: str, value: str, most: int) -> Field:
            problem = self.problem if self.about == name else ""
            return Field(name, label, hint, value, problem, most=most, has_focus=bool(problem))

        return {
            "name": of("name", "Name", "By which its deletions are known.", self.name, 100),
            "older_than": of("older_than", "Unchanged for so many days", "Younger ones stay.", self.older_than, 6),
            "every": of("every", "Days between two runs", "A day that was missed is not made up for.", self.every, 3),
        }


@require_GET_or_POST
@readers_only
def new(request: HttpRequest) -> HttpResponse:
    sites = list(roles.sites(request.user, "delete").order_by("slug"))
    if not sites:
        raise PermissionDenied("Deleting is for admins.")
    if request.method != "POST":
        picked = frame.of(request).site
        return _form(request, sites, Form(site=picked.slug if picked else ""))
    form = Form.given(request)
    try:
        made = _write(request, sites, form)
    except cleanups.Wrong as wrong:
        form.problem, form.about = str(wrong), wrong.field
        return _form(request, sites, form)
    return redirect("deletion-rule", made.pk)


def _write(request: HttpRequest, sites: list[Site], form: Form) -> CleanupRule:
    assert isinstance(request.user, User)
    site = next((site for site in sites if site.slug == form.site), None)
    if site is None:
        raise cleanups.Wrong("Choose a site on which you may delete.", "site")
    if form.half:
        raise cleanups.Wrong(f"“{form.half[:60]}” lacks its key or its value.", "property")
    days = [int(text) if text.isascii() and text.isdigit() else 0 for text in (form.older_than, form.every)]
    now = frame.of(request).now
    return ruling.write(site, request.user, form.name, form.apis, form.properties, days[0], days[1], now)


def _form(request: HttpRequest, sites: list[Site], form: Form) -> HttpResponse:
    context = {"form": form, "fields": form.fields, "sites": sites, "most_keys": MOST_KEYS}
    return live.page(request, "deletion_rule_new.html", context, [], every=None, status=400 if form.problem else 200)


@require_GET
@readers_only
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@readers_only
def steer(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Preview it, turn it on by confirming that, or turn it off; then back to its page."""
    found = _find(request, pk)
    deletions.must_delete(request, found.site)
    assert isinstance(request.user, User)
    now = frame.of(request).now
    if step == "preview":
        ruling.preview(found, request.user, now)
    elif step == "off":
        ruling.turn_off(found)
        messages.info(request, "The rule is off. It begins nothing more.")
    else:
        given = {name: request.POST.get(name, "").replace("\0", "").strip()[:2000] for name in ("typed", "reason")}
        number = given["typed"].replace(",", "").replace(" ", "")
        typed = int(number) if number.isascii() and number.isdigit() and len(number) < 12 else None
        try:
            ruling.turn_on(found, request.user, typed, given["reason"], cleanups.DEFAULT_DELAY, now)
        except cleanups.Wrong as wrong:
            return _page(request, _find(request, pk), str(wrong), wrong.field, given)
    return redirect("deletion-rule", pk)


def _find(request: HttpRequest, pk: int) -> CleanupRule:
    rows = CleanupRule.objects.filter(site__in=roles.sites(request.user))
    found = get_object_or_404(rows.select_related("site", "user", "confirmed_by").defer("site__sealed_secret"), pk=pk)
    if not roles.may(request.user, "audit", found.site):
        raise PermissionDenied("Deletions are for admins and auditors.")
    return found


def _page(
    request: HttpRequest, found: CleanupRule, problem: str = "", about: str = "", given: dict[str, str] | None = None
) -> HttpResponse:
    given = given or {}
    runs = list(found.cleanups.newest_first().select_related("user").defer("report", "history")[:RUNS])
    latest = next((run for run in runs if run.user_id is not None), None)
    waits = latest if latest and latest.state == Cleanup.State.PREVIEWED and not found.is_on else None
    kinds = waits.preview["kinds"].items() if waits else ()
    hint = "It stands in the report of this run and of all that follow."
    context = {
        "one": found,
        "runs": [(run, f"deletion_{run.state}") for run in runs],
        "preview": waits,
        "kinds": [(KINDS[name], kind) for name, kind in kinds],
        "what": ", ".join(APIS[api].lower() for api in found.apis),
        "needs_approval": waits is not None and cleanups.needs_approval(waits, frame.of(request).now),
        "may_delete": roles.may(request.user, "delete", found.site),
        "most_keys": MOST_KEYS,
        "problem": "" if about else problem,
        "reason": Field(
            "reason", "Reason", hint, given.get("reason", ""), problem if about == "reason" else "", most=2000
        ),
        "typed": Field(
            "typed",
            "Type the number of entities that go now",
            "",
            given.get("typed", ""),
            problem if about == "typed" else "",
            most=12,
        ),
    }
    moves = any(run.state in (*Cleanup.MOVING, Cleanup.State.DELAYED) for run in runs)
    return live.page(
        request,
        "deletion_rule.html",
        context,
        [live.Part("part-runs", "runs")],
        every=2 if moves else 5,
        status=(400 if about else 409) if problem else 200,
        url=reverse("deletion-rule", args=[found.pk]),
    )


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()[:255]
