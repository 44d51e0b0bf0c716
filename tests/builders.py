"""Believable rows, written straight into the database: for tests that are not about how they came there."""

import datetime as dt
import hashlib
import itertools
import json
import uuid
from typing import Any

from django.utils import timezone

from devops_sync.jira import keys
from devops_sync.models import (
    Confirmation,
    Delivery,
    Deployment,
    Entry,
    Envelope,
    Grant,
    Lane,
    PropertySet,
    Site,
    Submission,
    Token,
    User,
)
from devops_sync.models.submission import time_ordered_id

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)
TYPES = {"dev": "development", "test": "testing", "staging": "staging", "production": "production"}


def site(slug: str = "retail", *, is_sandbox: bool = False) -> Site:
    found = Site(
        slug=slug,
        url=f"https://{slug}.example",
        cloud_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, slug)),
        client_id="client",
        is_sandbox=is_sandbox,
        created_at=timezone.now(),
    )
    found.secret = "not a secret"
    found.save()
    return found


def user(role: str | None = "viewer", *, of: Site | None = None, name: str = "") -> User:
    """A person with a role: of one site, or of all."""
    found = User.objects.create_user(name or f"{role or 'nobody'}-{next(_numbers)}")
    if role:
        Grant.objects.create(user=found, role=role, site=of)
    return found


def token(of: Site, name: str = "ci-gitlab") -> Token:
    found = Token.objects.filter(site=of, name=name).first()
    return found or Token.create(name, of, ["read", "write"], timezone.now())[0]


def property_set(of: Site, **pairs: str) -> PropertySet:
    digest = hashlib.sha256(json.dumps(pairs, sort_keys=True).encode()).digest()
    return PropertySet.objects.get_or_create(site=of, digest=digest, defaults={"pairs": pairs})[0]


def envelope(of: Site, **pairs: str) -> Envelope:
    digest = hashlib.sha256(json.dumps(pairs, sort_keys=True).encode()).digest()
    return Envelope.objects.get_or_create(
        site=of, digest=digest, defaults={"fields": {}, "property_set": property_set(of, **pairs)}
    )[0]


def lane(of: Site, *, priority: int = Lane.Priority.LIVE, **more: Any) -> Lane:
    found, _ = Lane.objects.get_or_create(site=of, api="deployments", priority=priority)
    for name, value in more.items():
        setattr(found, name, value)
    found.save()
    return found


def submission(
    of: Site | None, *, at: dt.datetime | None = None, body: bytes = b'{"deployments": []}', **more: Any
) -> Submission:
    at = at or timezone.now()
    facts: dict[str, Any] = {
        "id": time_ordered_id(),
        "site": of,
        "token": token(of) if of else None,
        "remote_address": "192.0.2.7",
        "api": "deployments",
        "path": "/jira/deployments/0.1/cloud/x/bulk",
        "received_at": at,
        "validated_at": at + dt.timedelta(milliseconds=17),
        "size": len(body),
        "sha256": hashlib.sha256(body).digest() if of else None,
        "raw": body if of else None,
        "status": 202,
        "entry_count": 1,
    }
    return Submission.objects.create(**facts | more)


def refused(of: Site | None, sentence: str = "The body is not JSON.", status: int = 400, **more: Any) -> Submission:
    return submission(of, body=b"{", status=status, refusal=sentence, entry_count=0, **more)


def payload(
    pipeline: str,
    environment: str,
    number: int,
    sequence: int,
    *,
    state: str = "successful",
    label: str = "",
    issues: list[str] | None = None,
    type: str = "",
    **more: Any,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "deploymentSequenceNumber": number,
        "updateSequenceNumber": sequence,
        "displayName": f"{pipeline} {label or number}"[:255],
        "label": label,
        "description": f"Deployment of {pipeline}",
        "url": f"https://ci.example/{pipeline}/{number}",
        "lastUpdated": "2026-11-18T13:02:02Z",
        "state": state,
        "associations": [{"associationType": "issueKeys", "values": issues or ["SHOP-1"]}],
        "pipeline": {"id": pipeline, "displayName": pipeline, "url": f"https://ci.example/{pipeline}"},
        "environment": {
            "id": environment,
            "displayName": environment,
            "type": type or TYPES.get(environment.split("-")[0], "unmapped"),
        },
    }
    return found | more


def entry(
    of: Site,
    content: dict[str, Any] | None = None,
    *,
    outcome: str = "accepted",
    at: dt.datetime | None = None,
    properties: dict[str, str] | None = None,
    answered: bool = True,
    **more: Any,
) -> Entry:
    """One version, with its submission and, when it was answered, the request that carried it."""
    at = at or timezone.now()
    content = content or payload("checkout-api", "production", next(_numbers), 1)
    text = json.dumps(content)
    around = envelope(of, **(properties or {}))
    arrived = submission(of, at=at, body=json.dumps({"deployments": [content]}).encode(), envelope=around)
    is_settled = outcome not in ("waiting",)
    facts: dict[str, Any] = {
        "submission": arrived,
        "position": 0,
        "site": of,
        "lane": lane(of),
        "envelope": around,
        "kind": "deployment",
        "key": keys.text(content["pipeline"]["id"], content["environment"]["id"], content["deploymentSequenceNumber"]),
        "sequence": content["updateSequenceNumber"],
        "payload": text,
        "outcome": outcome,
        "outcome_at": at + dt.timedelta(seconds=1) if is_settled else None,
    }
    found = Entry.objects.create(**facts | more)
    if outcome in ("accepted", "rejected") and answered:
        found.delivery = delivery([found], at=at + dt.timedelta(milliseconds=400))
        found.save()
    return found


def delivery(entries: list[Entry], *, at: dt.datetime | None = None, **more: Any) -> Delivery:
    at = at or timezone.now()
    first = entries[0]
    body = b'{"deployments": [%s]}' % ", ".join(one.payload for one in entries).encode()
    facts: dict[str, Any] = {
        "lane": first.lane,
        "fence": 1,
        "entry_ids": [one.pk for one in entries],
        "method": "POST",
        "url": f"https://api.atlassian.com/jira/deployments/0.1/cloud/{first.site.cloud_id}/bulk",
        "request_headers": {"Content-Type": "application/json", "Authorization": "Bearer struck out"},
        "request_body": body,
        "request_sha256": hashlib.sha256(body).digest(),
        "started_at": at,
        "finished_at": at + dt.timedelta(milliseconds=446),
        "status": 202,
        "response_headers": {"Content-Type": "application/json", "Atl-Traceid": "6f1d0e7b2c5a4d38"},
        "response_body": b'{"acceptedDeployments": [], "rejectedDeployments": [], "unknownIssueKeys": []}',
        "verdict": "received",
    }
    return Delivery.objects.create(**facts | more)


def failed_delivery(entries: list[Entry], *, at: dt.datetime | None = None, status: int | None = 503) -> Delivery:
    return delivery(
        entries,
        at=at,
        status=status,
        verdict="later",
        response_body=b"" if status else None,
        response_headers={} if status else None,
        failure="" if status else "The connection was closed before an answer came.",
    )


def deployment(
    of: Site,
    pipeline: str = "checkout-api",
    environment: str = "production",
    *,
    number: int | None = None,
    label: str | None = None,
    state: str = "successful",
    issues: list[str] | None = None,
    at: dt.datetime | None = None,
    outcome: str = "accepted",
    gated: bool = False,
    properties: dict[str, str] | None = None,
    sequence: int | None = None,
    type: str = "",
    entry_facts: dict[str, Any] | None = None,
    **more: Any,
) -> Deployment:
    """The current state of one deployment, with the entry that says it."""
    at = at or timezone.now()
    number = number or next(_numbers)
    label = f"v1.{number}" if label is None else label
    sequence = sequence or int(at.timestamp() * 1000)
    issues = issues or ["SHOP-1"]
    extra = {"commands": [{"command": "initiate_deployment_gating"}]} if gated else {}
    content = payload(
        pipeline, environment, number, sequence, state=state, label=label, issues=issues, type=type, **extra
    )
    said = entry(of, content, outcome=outcome, at=at, properties=properties, **(entry_facts or {}))
    facts: dict[str, Any] = {
        "site": of,
        "pipeline_id": pipeline,
        "environment_id": environment,
        "number": number,
        "sequence": sequence,
        "entry": said,
        "property_set": said.envelope.property_set,
        "state": state,
        "display_name": content["displayName"],
        "label": label,
        "description": content["description"],
        "url": content["url"],
        "pipeline_name": pipeline,
        "pipeline_url": content["pipeline"]["url"],
        "environment_name": environment,
        "environment_type": content["environment"]["type"],
        "issue_keys": issues,
        "gated": gated,
        "reported_at": at,
        "changed_at": at,
        "first_received_at": at,
    }
    return Deployment.objects.create(**facts | more)


def confirmation(of: Entry, result: str = "", *, at: dt.datetime | None = None, **more: Any) -> Confirmation:
    """A read-back; without a result one that was not answered yet."""
    at = at or timezone.now()
    facts: dict[str, Any] = {"asked_at": at, "due_at": at, "result": result}
    if result:
        facts |= {"answered_at": at + dt.timedelta(milliseconds=300), "status": 200, "tries": 1, "body": b"{}"}
    return Confirmation.objects.create(entry=of, **facts | more)
