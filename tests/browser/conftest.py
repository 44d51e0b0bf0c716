"""A real browser on a real server: contexts that note whatever should not happen."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from devops_sync import pauses, site_removal
from devops_sync.models import AuditRow, Cause, Cleanup, Deployment, Retirement, Site, Token, User
from devops_sync.models.token import TokenMinute
from tests import builders

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass
class World:
    """A little of everything that a page can show."""

    site: Site
    trial: Site
    pages: dict[str, str] = field(default_factory=dict)
    settled: Deployment | None = None
    waiting: Deployment | None = None


@pytest.fixture
def world(transactional_db: None) -> World:
    cache.clear()
    made = World(builders.site("retail"), builders.site("retail-try", is_sandbox=True))
    for pipeline in ("checkout-api", "a-pipeline-with-a-name-that-goes-on-and-on-and-does-not-want-to-end-anywhere"):
        for number, environment in enumerate(("dev", "test", "staging", "production-eu", "production-us"), 1):
            for state in ("successful", ("failed", "pending", "rolled_back", "in_progress", "unknown")[number - 1]):
                builders.deployment(
                    made.site,
                    pipeline,
                    environment,
                    state=state,
                    gated=state == "pending",
                    issues=["SHOP-4427", "PAY-882", "CORE-1"],
                    properties={"team": "checkout"},
                )
    made.settled = builders.deployment(
        made.site,
        label="v4.18.3",
        issues=["SHOP-1", "SHOP-44111"],
        entry_facts={"unknown_issues": ["SHOP-44111"], "read_back": "different", "read_back_at": timezone.now()},
    )
    builders.confirmation(made.settled.entry, "different", differences=["label"])
    cause = Cause.objects.create(text="No valid associations of '{value}'")
    rejected = builders.deployment(
        made.site,
        outcome="rejected",
        entry_facts={"errors": [{"message": "No valid associations", "trace_id": "4d3f"}], "cause": cause},
    )
    made.waiting = builders.deployment(made.trial, "demo-service", outcome="waiting")
    builders.failed_delivery([made.waiting.entry])
    builders.lane(made.site, held_at=timezone.now(), held_reason="Jira answers 403. Grant it in Jira, then try now.")
    found = {"READ": True, "WRITE": False, "DELETE": None, "problem": "Jira answers 403 to writing."}
    made.site.capabilities, made.site.capabilities_at = {"deployments": found, "builds": found}, timezone.now()
    made.site.save()
    for days in (17, 14, 11, 8, 5):
        for pipeline in ("stopped-api", "stopped-worker"):
            builders.deployment(made.site, pipeline, at=timezone.now() - dt.timedelta(days=days, hours=1))
    retired = {"ident": "stopped-worker", "retired_at": timezone.now()}
    Retirement.objects.create(site=made.site, what="pipeline", **retired)
    kinds = _of_every_kind(made.site)
    refused = builders.refused(made.site, "The body is not JSON.")
    assert rejected.entry.delivery_id
    made.pages = {
        "overview": "/",
        "pipeline": "/pipelines/retail/checkout-api/?span=quarter",
        "pipeline in an environment": "/pipelines/retail/checkout-api/?environment=staging",
        "overview that matches nothing": "/?pipeline=none",
        "gone quiet": "/quiet/",
        "issues": "/issues/",
        "issues of a project": "/issues/?project=SHOP",
        "issue": "/issues/SHOP-4427/",
        "issue that nothing touched": "/issues/SHOP-999999/",
        "deployments": "/deployments/?state=successful&state=failed",
        "deployments with a wrong filter": "/deployments/?state=melted",
        "deployment": f"/deployments/{made.settled.pk}/",
        "rejected deployment": f"/deployments/{rejected.pk}/",
        "waiting deployment": f"/deployments/{made.waiting.pk}/",
        "submissions": "/submissions/",
        "submission": f"/submissions/{made.settled.entry.submission_id}/",
        "refused submission": f"/submissions/{refused.pk}/",
        "deliveries": "/deliveries/",
        "drift": "/deliveries/drift/",
        "delivery": f"/deliveries/{rejected.entry.delivery_id}/",
        "sites": "/sites/",
        "site": "/sites/retail/",
        "connecting a site": "/sites/connect/",
        "removing a site": "/sites/retail/remove/",
        "paused site": f"/sites/{_paused().slug}/",
        "removed site": f"/sites/{_removed().slug}/",
        "tokens": "/tokens/",
        "new token": "/tokens/new/",
        **_tokens(made.site),
        "rejected": "/deliveries/rejected/",
        "rejected for a cause": f"/deliveries/rejected/{cause.pk}/",
        "correction": f"/deliveries/rejected/{cause.pk}/correct?find=SHOP-&with=PAY-&environment_type=staging",
        "correction that cannot be": f"/deliveries/rejected/{cause.pk}/correct?find=SHOP-",
        "submitting a deployment": "/submit/",
        "submitting a build": "/submit/?as=build",
        "submitting JSON": "/submit/?as=json",
        "resends and checks": "/errands/",
        "planned resend": f"/errands/{builders.errand(made.settled, rejected, with_deleted=True).pk}/",
        "running resend": f"/errands/{builders.errand(made.settled, state='running', started_at=timezone.now()).pk}/",
        "paused check": f"/errands/{builders.errand(made.settled, purpose='verify', state='paused').pk}/",
        "plan of nothing": "/errands/plan/",
        "deletions": "/deletions/",
        "choosing what to delete": "/deletions/new/?key=team&value=checkout&key=team&value=",
        "deleting by a key": "/deletions/new/?by=key&kind=pull_request",
        "forgetting a person": "/deletions/new/?by=person",
        "preview of a deletion": f"/deletions/{builders.cleanup(made.site).pk}/preview/",
        "confirming a deletion": f"/deletions/{builders.cleanup(made.site).pk}/confirm/",
        "deletion awaiting approval": f"/deletions/{_confirmed(made.site, 'awaiting').pk}/confirm/",
        "deletion that starts soon": f"/deletions/{_confirmed(made.site, 'delayed').pk}/confirm/",
        "running deletion": f"/deletions/{_confirmed(made.site, 'running', started_at=timezone.now()).pk}/run/",
        "proof of a deletion": f"/deletions/{builders.sealed(builders.cleanup(made.site)).pk}/proof/",
        "report of a deletion": f"/deletions/{builders.sealed(builders.cleanup(made.site)).pk}/report/",
        "rules that delete": "/deletions/rules/",
        "new rule that deletes": "/deletions/rules/new/",
        "audit log": "/audit/",
        "audit log that finds nothing": "/audit/?q=nothing-like-this",
        "act": f"/audit/{AuditRow.objects.earliest('pk').pk}/",
        "rule that deletes": f"/deletions/rules/{builders.cleanup_rule(made.site).pk}/",
        "settings": "/settings/",
        "account": "/account/",
        "setting two-factor up": "/account/two-factor/",
        "people": "/users/",
        "new account": "/users/new/",
        "person": f"/users/{builders.user('auditor', of=made.site).pk}/",
        "keys": "/keys/",
        "how to send": "/api/",
        "nothing": "/nothing-here/",
        "found": "/search/?q=checkout",
        "not found": "/search/?q=nothing-is-called-so",
        **kinds,
    }
    return made


def _paused() -> Site:
    site = builders.site("resting")
    builders.deployment(site, outcome="waiting")
    pauses.pause(site, None, "Jira moves to another region this weekend", timezone.now())
    return site


def _removed() -> Site:
    site = builders.site("gone")
    # Long ago: whoever opens a list first meets what can be acted on.
    builders.deployment(site, at=timezone.now() - dt.timedelta(days=40))
    pauses.pause(site, None, "", timezone.now())
    site_removal.remove(site, None, "gone", timezone.now(), frees_name=True)
    return site


def _tokens(site: Site) -> dict[str, str]:
    """A token in each of its states, by the address of its page."""
    now, week = timezone.now(), dt.timedelta(days=7)
    living = builders.token(site)
    limited = Token.create("ci-with-a-name-that-goes-on-and-on-and-on", site, ["write"], now, rate_limit=60)[0]
    TokenMinute.objects.create(token=limited, minute=now, requests=80, refused=20)
    rotating = Token.create("rotating", site, ["read", "write", "delete"], now, now + week)[0]
    rotating.rotate(dt.timedelta(hours=24), now)
    revoked = Token.create("revoked", site, ["read"], now, now + week)[0]
    revoked.revoke(now)
    Token.create("expires-soon", site, ["read"], now, now + week)
    Token.create("expired", site, ["read"], now - 2 * week, now - week)
    pages = {"token": living, "limited token": limited, "rotating token": rotating, "revoked token": revoked}
    return {name: f"/tokens/{one.pk}/" for name, one in pages.items()}


def _confirmed(site: Site, state: str, **more: Any) -> Cleanup:
    now = timezone.now()
    starts_at = now + dt.timedelta(hours=1) if state == "delayed" else None
    return builders.cleanup(site, state=state, reason="It is closed.", confirmed_at=now, starts_at=starts_at, **more)


def _of_every_kind(site: Site) -> dict[str, str]:
    """The pages of builds, of a repository and of what is in it."""
    home = builders.repository(site, url="https://git.example/a-group-with-a-long-name/and-a-repository-with-one-too")
    hash_ = "9f2c1b7d4e6a80c3" + "0" * 24
    commit = builders.commit(site, hash_, message=f"SHOP-1 Mend the basket {'and more ' * 250}")
    branch = builders.branch(
        site, name="feature/SHOP-1-a-branch-with-a-name-that-goes-on-and-on", issueKeys=["SHOP-1", "CORE-2"]
    )
    pulls = [builders.pull_request(site, status=status) for status in ("OPEN", "MERGED", "DECLINED")]
    reference = {"commit": {"id": hash_, "repositoryUri": home.url}, "ref": {"name": "main", "uri": home.url}}
    builds = [
        builders.build(site, state=state, references=[reference], issueKeys=["SHOP-4427", "PAY-882", "CORE-1"])
        for state in ("successful", "failed", "in_progress", "cancelled")
    ]
    gone = builders.build(site)
    deletion = builders.deletion(gone)
    went = builders.delivery([gone.entry], deletion=deletion, entry_ids=[], method="DELETE", request_body=b"")
    return {
        "builds": "/builds/?state=successful&state=failed",
        "build": f"/builds/{builds[1].pk}/",
        "deleted build": f"/builds/{gone.pk}/",
        "delivery of a deletion": f"/deliveries/{went.pk}/",
        "repositories": "/repositories/",
        "commits": f"/repositories/{home.pk}/",
        "branches": f"/repositories/{home.pk}/?show=branches",
        "pull requests": f"/repositories/{home.pk}/?show=pull_requests",
        "commit": f"/commits/{commit.pk}/",
        "branch": f"/branches/{branch.pk}/",
        "pull request": f"/pull-requests/{pulls[0].pk}/",
    }


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: "Page"
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Any]


@pytest.fixture
def opened(chromium: "Browser", live_server: LiveServer) -> Iterator[Open]:
    """Open a context, signed in when a user is given. Complaints of the console, scripts and CSP are noted."""
    contexts = []

    @contextmanager
    def open_(user: User | None = None, *, width: int = 1440, expects_errors: bool = False, **more: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, base_url=live_server.url, **more)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        watched = Watched(context.new_page())
        host = urlsplit(live_server.url).netloc

        def console(message: Any) -> None:
            is_status = "Failed to load resource" in message.text and expects_errors
            if message.type in ("error", "warning") and not is_status:
                watched.complaints.append(f"{watched.page.url}: {message.text}")

        def request(sent: Any) -> None:
            if urlsplit(sent.url).netloc != host:
                watched.complaints.append(f"{watched.page.url}: asked {sent.url}")

        watched.page.on("console", console)
        watched.page.on("pageerror", lambda error: watched.complaints.append(f"{watched.page.url}: {error}"))
        watched.page.on("request", request)
        yield watched

    yield open_
    for context in contexts:
        context.close()
