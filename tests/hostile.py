"""Payloads as somebody would write them who wants a page, a link or a spreadsheet to do something."""

from typing import Any

from django.utils import timezone

from devops_sync import ledger
from devops_sync.kinds import KINDS
from devops_sync.models import Deployment, Site
from tests import builders, payloads

TEXT = """=1+1"'></td><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}{% now "Y" %}"""
LINKS = ('javascript:alert(3)//"onmouseover="alert(4)', 'https://x.example/"><img/src=x/onerror=alert(5)>')
# What Jira takes only in one form, so that another never gets this far.
_IN_ONE_FORM = {
    *("state", "status", "type", "associationType", "values", "issueKeys", "lastUpdated", "lastUpdate"),
    *("authorTimestamp", "timestamp", "changeType", "flags"),
}
# Where only http and https are taken.
_TO_THE_WEB = ("url", "createPullRequestUrl", "sourceBranchUrl", "destinationBranchUrl")


def send(site: Site, link: str) -> None:
    """Submit one entity of every kind, in which every text and address is hostile."""
    for api, body in _bodies(link).items():
        token = builders.token(site)
        arrival = ledger.Arrival(
            api=api, path=f"/{TEXT}", body=body, received_at=timezone.now(), size=len(body), site=site, token=token
        )
        faults = [item.fault for item in ledger.submit(arrival).items if item.fault]
        assert not faults, faults


def pages(site: Site) -> list[str]:
    """The addresses of all that was sent."""
    one = Deployment.objects.filter(site=site).latest("pk")
    details = [
        f"/{folder}/{row.pk}/"
        for name, folder in _FOLDERS.items()
        for row in KINDS[name].model._default_manager.filter(site=site)
    ]
    lists = [f"/{name}/" for name in ("deployments", "builds", "repositories", "submissions", "deliveries", "quiet")]
    submissions = [f"/submissions/{pk}/" for pk in site.submissions.values_list("pk", flat=True)]
    return ["/", *lists, *details, *submissions, f"/issues/{one.issue_keys[0]}/", "/issues/", "/search/?q=alert"]


_FOLDERS = {
    "deployment": "deployments",
    "build": "builds",
    "repository": "repositories",
    "commit": "commits",
    "branch": "branches",
    "pull_request": "pull-requests",
}


def _bodies(link: str) -> dict[str, bytes]:
    person = {"name": "x", "email": "x", "username": "x", "url": "x", "avatar": "x"}
    file = {"path": "x", "url": "x", "changeType": "ADDED", "linesAdded": 1, "linesRemoved": 1}
    reference = {"commit": {"id": "x", "repositoryUri": "x"}, "ref": {"name": "x", "uri": "x"}}
    commit = payloads.commit(author=person, files=[file], hash="x")
    inside = {
        "commits": [commit],
        "branches": [payloads.branch(lastCommit=commit, createPullRequestUrl="x")],
        "pullRequests": [
            payloads.pull_request(author=person, sourceBranchUrl="x", destinationBranch="x", reviewers=[person])
        ],
    }
    more = {"description": "x", "avatar": "x", "avatarDescription": "x", "forkOf": "x"}
    entities = {
        "deployments": payloads.deployment(description="x", label="x"),
        "builds": payloads.build(description="x", label="x", references=[reference]),
        "devinfo": payloads.repository(**more, **inside),
    }
    around = {"properties": {"team": TEXT[:200]}, "providerMetadata": {"product": TEXT[:200]}}
    return {api: payloads.bulk_of(api, _spoilt(one, link), **around) for api, one in entities.items()}


def _spoilt(value: Any, link: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _spoilt(inner, link, _name(key, value)) for key, inner in value.items()}
    if isinstance(value, list) and name not in _IN_ONE_FORM:
        return [_spoilt(inner, link, name) for inner in value]
    if not isinstance(value, str) or name in _IN_ONE_FORM:
        return value
    if name in _TO_THE_WEB:
        return LINKS[1]
    return link if name in ("link", "avatar", "uri", "repositoryUri") else TEXT


def _name(key: str, beside: dict[str, Any]) -> str:
    """What a field is called, or what it is like."""
    if key == "url" and "email" in beside:
        return "link"  # Where a person's address leads is looked at by nobody.
    if key in ("id", "hash") and "updateSequenceId" in beside:
        return "state"  # Jira takes few characters there.
    return key
