"""Every address of the pages with who may open it, and what stands in it: for tests that ask them all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

import dashboard.urls
from dashboard.kinds import KINDS
from devops_sync import audit
from devops_sync.models import AuditRow, Cause, Gate, Retirement, SavedView, Site
from tests import builders


@dataclass(frozen=True)
class Rule:
    """One address.

    `GET` and `POST` name the act that the method takes, see `devops_sync.roles`; None: it is no method of this address.
    `is_of_a_site`: it is one thing of one site, which is not there for others; else it shows or does what is on the
    sites that one may see. `everywhere`: the act has to be allowed for all sites. Where it `finds` nothing here,
    whoever is let in is told so.
    """

    path: str
    GET: str | None = "read"
    POST: str | None = None
    body: dict[str, str] = field(default_factory=dict)
    is_of_a_site: bool = False
    everywhere: bool = False
    finds: bool = True


def of_a_site(path: str, get: str | None = "read", post: str | None = None, **body: str) -> Rule:
    return Rule(path, get, post, body, is_of_a_site=True)


def act(path: str, name: str, **body: str) -> Rule:
    return of_a_site(path, None, name, **body)


# Nothing is asked of whoever is signed in: it is about themselves.
OWN = ""
ONE = {"kind": "deployment", "id": "{deployment}"}
RULES = {
    "overview": Rule("/"),
    "search": Rule("/search/?q=SHOP"),
    "settings": Rule("/settings/", OWN, OWN),
    "keys": Rule("/keys/", OWN),
    "issue-list": Rule("/issues/"),
    "issue": Rule("/issues/{issue}/"),
    "deployment-list": Rule("/deployments/"),
    "build-list": Rule("/builds/"),
    "repository-list": Rule("/repositories/"),
    "pipeline": of_a_site("/pipelines/{site}/{pipeline}/"),
    "deployment-gate": act("/deployments/{deployment}/gate", "refresh-gate"),
    "columns": Rule("/columns/", None, "read", {"list": "deployment"}),
    "saved-view-save": Rule("/views/", None, "read", {"name": "x", "list": "deployment"}),
    "saved-view": of_a_site("/views/{view}/"),
    "saved-view-delete": act("/views/{view}/delete", "share-views"),
    "selection": Rule("/selection/", None, "read", {"list": "deployment"}),
    "pick": Rule("/pick/deployment/pipeline/"),
    "quiet-list": Rule("/quiet/"),
    # The pipeline is not quiet, so who may is told that there is no such one.
    "quiet-retire": Rule("/quiet/retire", None, "sites", {"site": "{site}", "what": "pipeline"}, True, finds=False),
    "quiet-expect": act("/quiet/{retirement}/expect", "sites"),
    "submission-list": Rule("/submissions/"),
    "submission": of_a_site("/submissions/{submission}/"),
    # What was answered is kept of a submission that a client may repeat, and this one may not be.
    "submission-answer": Rule("/submissions/{submission}/answer", "raw", is_of_a_site=True, finds=False),
    "submission-bytes": of_a_site("/submissions/{submission}/bytes", "raw"),
    "submit": Rule("/submit/", "submit", "submit", {"site": "{site}", "json": "{", "do": "submit"}),
    "submit-check": Rule("/submit/check", None, "submit", {"site": "{site}", "json": "{"}),
    "delivery-list": Rule("/deliveries/"),
    "delivery": of_a_site("/deliveries/{delivery}/"),
    "delivery-request": of_a_site("/deliveries/{delivery}/request", "raw"),
    "delivery-answer": of_a_site("/deliveries/{delivery}/answer", "raw"),
    "rejected-list": Rule("/deliveries/rejected/"),
    "rejected": of_a_site("/deliveries/rejected/{cause}/"),
    "rejected-correct": of_a_site("/deliveries/rejected/{cause}/correct?find=SHOP&with=PAY", "submit", "submit"),
    "drift": Rule("/deliveries/drift/"),
    "drift-read-again": Rule("/deliveries/drift/read-again", None, "verify", {"entry": "{drifted}"}),
    "errand-list": Rule("/errands/"),
    "errand-plan": Rule("/errands/plan/", "read", "resend", {"do": "resend", **ONE}),
    "errand": of_a_site("/errands/{errand}/"),
    "lane-try-now": act("/lanes/{lane}/try-now", "try-now"),
    "deletion-list": Rule("/deletions/", "audit"),
    "deletion-new": Rule("/deletions/new/", "delete", "delete", {"list": "deployment", **ONE}),
    "deletion-complete": Rule("/deletions/new/complete", "delete"),
    "deletion": of_a_site("/deletions/{cleanup}/", "audit"),
    "deletion-preview": of_a_site("/deletions/{cleanup}/preview/", "audit"),
    "deletion-entities": of_a_site("/deletions/{cleanup}/entities.csv", "audit"),
    "deletion-confirm": of_a_site("/deletions/{cleanup}/confirm/", "audit", "delete"),
    "deletion-approve": act("/deletions/{cleanup}/approve", "delete"),
    "deletion-cancel": act("/deletions/{cleanup}/cancel", "delete"),
    "deletion-again": act("/deletions/{cleanup}/again", "delete"),
    "deletion-run": of_a_site("/deletions/{cleanup}/run/", "audit"),
    "deletion-pause": act("/deletions/{cleanup}/pause", "delete"),
    "deletion-go-on": act("/deletions/{cleanup}/go-on", "delete"),
    "deletion-proof": of_a_site("/deletions/{cleanup}/proof/", "audit"),
    "deletion-report": of_a_site("/deletions/{sealed}/report.json", "audit"),
    "deletion-report-page": of_a_site("/deletions/{sealed}/report/", "audit"),
    "deletion-rules": Rule("/deletions/rules/", "audit"),
    "deletion-rule-new": Rule("/deletions/rules/new/", "delete", "delete", {"site": "{site}"}),
    "deletion-rule": of_a_site("/deletions/rules/{rule}/", "audit"),
    "deletion-rule-preview": act("/deletions/rules/{rule}/preview", "delete"),
    "deletion-rule-on": act("/deletions/rules/{rule}/on", "delete"),
    "deletion-rule-off": act("/deletions/rules/{rule}/off", "delete"),
    "account": Rule("/account/", OWN),
    "account-password": Rule("/account/password", None, OWN),
    "account-end-session": Rule("/account/sessions/end", None, OWN),
    "two-factor": Rule("/account/two-factor/", OWN, OWN),
    "two-factor-off": Rule("/account/two-factor/off", None, OWN),
    "two-factor-codes": Rule("/account/two-factor/codes", None, OWN),
    "user-list": Rule("/users/", "users", everywhere=True),
    "user-new": Rule("/users/new/", "users", "users", everywhere=True),
    "user": Rule("/users/{person}/", "users", everywhere=True),
    **{
        f"user-{step}": Rule(f"/users/{{person}}/{step}", None, "users", everywhere=True)
        for step in ("activate", "deactivate", "give", "reset-password", "reset-two-factor")
    },
    # They have no such role, so who may is told so.
    "user-take": Rule("/users/{person}/take", None, "users", everywhere=True),
    "audit-list": Rule("/audit/", "audit"),
    "audit": of_a_site("/audit/{noted}/", "audit"),
    "site-list": Rule("/sites/"),
    "site-connect": Rule("/sites/connect/", "sites", "sites", everywhere=True),
    "site": of_a_site("/sites/{site}/"),
    "site-test": act("/sites/{site}/test", "sites"),
    "site-settings": act("/sites/{site}/settings", "sites"),
    # Nobody asks for less approval, so who may is told so.
    "site-approval-agree": act("/sites/{site}/approval/agree", "sites"),
    "site-approval-keep": act("/sites/{site}/approval/keep", "sites"),
    "site-credential": act("/sites/{site}/credential", "sites"),
    "site-pause": act("/sites/{site}/pause", "sites"),
    "site-resume": act("/sites/{site}/resume", "sites"),
    "site-remove": of_a_site("/sites/{site}/remove/", "sites", "sites"),
    "token-list": Rule("/tokens/", "tokens"),
    "token-new": Rule("/tokens/new/", "tokens", "tokens", {"site": "{site}", "name": "new", "scope": "read"}),
    "token": of_a_site("/tokens/{token}/", "tokens"),
    "token-rotate": act("/tokens/{token}/rotate", "tokens", overlap="24", generation="1"),
    "token-revoke": act("/tokens/{token}/revoke", "tokens"),
    "token-limits": act("/tokens/{token}/limits", "tokens"),
    **{
        f"errand-{step}": act(f"/errands/{{errand}}/{step}", "resend") for step in ("start", "pause", "go-on", "cancel")
    },
    "evidence-deletion": of_a_site("/evidence/deletion/{cleanup}/", "raw"),
    "evidence-issue": Rule("/evidence/issue/{issue}/", "raw"),
    **{f"evidence-{kind.view}": of_a_site(f"/evidence/{kind.view}/{{{kind.name}}}/", "raw") for kind in KINDS.values()},
    **{kind.view: of_a_site(f"/{kind.folder}/{{{kind.name}}}/") for kind in KINDS.values()},
    **{f"{kind.view}-read-back": act(f"/{kind.folder}/{{{kind.name}}}/read-back", "verify") for kind in KINDS.values()},
}
# The ways in and out are for whoever is not in, or is on the way; `tests/people` walks them.
DOORS = {"login", "logout", "login-code", "login-oidc", "login-oidc-callback", "second-factor-picture"}


def names() -> set[str]:
    """The names of the addresses that there are."""
    found = {pattern.name for pattern in dashboard.urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert None not in found
    return found - DOORS  # type: ignore[return-value]


def things(site: Site) -> dict[str, Any]:
    """A little of everything on a site, by the names that stand in the addresses."""
    now = timezone.now()
    one = builders.deployment(site)
    cause = Cause.objects.create(text=f"No valid associations of '{{value}}' in {site.slug}")
    said = {"errors": [{"message": "No valid associations of 'SHOP-7'"}], "cause": cause}
    builders.deployment(site, environment="staging", outcome="rejected", entry_facts=said)
    adrift = builders.deployment(site, environment="dev", entry_facts={"read_back": "missing", "read_back_at": now})
    Gate.objects.create(site=site, key=one.key, entry=one.entry, asked_at=now, due_at=now)
    view = SavedView.objects.create(
        user=builders.user("admin", of=site), list="deployment", name="x", is_shared=True, site=site, saved_at=now
    )
    rows = {
        "build": builders.build(site),
        "repository": builders.repository(site),
        "commit": builders.commit(site),
        "branch": builders.branch(site),
        "pull_request": builders.pull_request(site),
    }
    audit.note("site.changed", on=site, before={"sample_one_in": 20}, after={"sample_one_in": 5})
    return {
        **{name: row.pk for name, row in rows.items()},
        "site": site.slug,
        "noted": AuditRow.objects.filter(site_id=site.pk).latest("pk").pk,
        "person": builders.user("viewer", of=site).pk,
        "token": builders.token(site).pk,
        "deployment": one.pk,
        "pipeline": one.pipeline_id,
        "issue": one.issue_keys[0],
        "submission": one.entry.submission_id,
        "delivery": one.entry.delivery_id,
        "lane": one.entry.lane_id,
        "cause": cause.pk,
        "drifted": adrift.entry_id,
        "errand": builders.errand(one).pk,
        "cleanup": builders.cleanup(site).pk,
        "sealed": builders.sealed(builders.cleanup(site)).pk,
        "rule": builders.cleanup_rule(site).pk,
        "view": view.pk,
        "retirement": Retirement.objects.create(site=site, what="pipeline", ident="old", retired_at=now).pk,
    }


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(
    client: Client, method: str, rule: Rule, of: dict[str, Any], then: Callable[[], None] = lambda: None, **more: str
) -> HttpResponseBase:
    """Ask an address; what that writes is undone after `then`. `more` is posted beside what the rule posts."""
    path = rule.path.format(**of)
    body = {name: value.format(**of) if "{" in value[:-1] else value for name, value in rule.body.items()}
    with _undone():
        answer = client.get(path) if method == "GET" else client.post(path, more | body)
        then()
        return answer
