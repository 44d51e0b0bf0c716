"""Believable rows, written straight into the database: for tests that are not about how they came there."""

import datetime as dt
import hashlib
import itertools
import json
import uuid
from collections import Counter
from typing import Any

from django.utils import timezone

from devops_sync import cleanups
from devops_sync.cleaning import report
from devops_sync.jira import keys, wire
from devops_sync.kinds import APIS, KINDS
from devops_sync.models import (
    Branch,
    Build,
    Cleanup,
    CleanupRule,
    Commit,
    Confirmation,
    Deletion,
    Delivery,
    Deployment,
    Entry,
    Envelope,
    Errand,
    ErrandItem,
    Grant,
    Lane,
    PropertySet,
    PullRequest,
    Repository,
    Site,
    Submission,
    Token,
    User,
)
from devops_sync.models.submission import time_ordered_id
from tests import payloads

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)
_deletions = itertools.count(10_000_000)
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
        site=of, digest=digest, defaults={"fields": {}, "property_set": lambda: property_set(of, **pairs)}
    )[0]


def lane(of: Site, *, priority: int = Lane.Priority.LIVE, api: str = "deployments", **more: Any) -> Lane:
    found, _ = Lane.objects.get_or_create(site=of, api=api, priority=priority)
    for name, value in more.items():
        setattr(found, name, value)
    if more:
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
    kind: str = "deployment",
    **more: Any,
) -> Entry:
    """One version, with its submission and, when it was answered, the request that carried it.

    A deployment's key and sequence are read from its payload, those of other kinds are given.
    """
    at = at or timezone.now()
    content = content or payload("checkout-api", "production", next(_numbers), 1)
    text = json.dumps(content)
    around = envelope(of, **(properties or {}))
    api = KINDS[kind].api
    body = json.dumps({"deployments": [content]}).encode()
    arrived = submission(of, at=at, body=body, envelope=around, api=api, path=f"/jira/{api}/0.1/cloud/x/bulk")
    is_settled = outcome not in ("waiting",)
    facts: dict[str, Any] = {
        "submission": arrived,
        "position": 0,
        "site": of,
        "lane": lane(of, api=api),
        "envelope": around,
        "kind": kind,
        "payload": text,
        "outcome": outcome,
        "outcome_at": at + dt.timedelta(seconds=1) if is_settled else None,
    }
    if kind == "deployment":
        parts = content["pipeline"]["id"], content["environment"]["id"], content["deploymentSequenceNumber"]
        facts |= {"key": keys.text(*parts), "sequence": content["updateSequenceNumber"]}
    found = Entry.objects.create(**facts | more)
    if outcome in ("accepted", "rejected") and answered:
        found.delivery = delivery([found], at=at + dt.timedelta(milliseconds=400))
        found.save(update_fields=["delivery"])
    return found


def delivery(entries: list[Entry], *, at: dt.datetime | None = None, **more: Any) -> Delivery:
    at = at or timezone.now()
    first = entries[0]
    body = b'{"deployments": [%s]}' % ", ".join(one.payload for one in entries).encode()
    api = KINDS[first.kind].api
    facts: dict[str, Any] = {
        "lane": first.lane,
        "fence": 1,
        "entry_ids": [one.pk for one in entries],
        "method": "POST",
        "url": f"https://api.atlassian.com/jira/{api}/0.1/cloud/{first.site.cloud_id}/bulk",
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
        "is_rejected": said.outcome == "rejected",
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


def current(
    of: Site,
    kind: str,
    content: dict[str, Any],
    *,
    repository_id: str = "r1",
    at: dt.datetime | None = None,
    outcome: str = "accepted",
    properties: dict[str, str] | None = None,
    entry_facts: dict[str, Any] | None = None,
    **more: Any,
) -> Any:
    """The current state of one entity of any kind as the ledger reads it from its payload, with its entry.

    `more` are columns that are to be other than the payload says.
    """
    at = at or timezone.now()
    row = _row(kind, content, repository_id)
    known = {name: row.pop(name) for name in ("payload", "mends", "sequence", "key")}
    row.pop("position")
    said = entry(of, content, kind=kind, outcome=outcome, at=at, properties=properties, **known | (entry_facts or {}))
    facts: dict[str, Any] = {
        **row,
        "site": of,
        "sequence": known["sequence"],
        "entry": said,
        "is_rejected": said.outcome == "rejected",
        "property_set": said.envelope.property_set,
        "reported_at": at,
        "changed_at": at,
        "first_received_at": at,
    }
    return KINDS[kind].model._default_manager.create(**facts | more)


def _row(kind: str, content: dict[str, Any], repository_id: str) -> dict[str, Any]:
    """The columns of an entity, read as a submission is read."""
    found = KINDS[kind]
    if found.contract.array:
        content = payloads.repository(repository_id, **{found.contract.array: [content]})
    body = payloads.bulk_of(found.api, content)
    item = next(item for item in wire.read(found.api, body).items if item.kind == kind)
    assert not item.fault, item.fault
    return found.row(0, item)


_OF_THE_LEDGER = ("repository_id", "at", "outcome", "properties", "entry_facts", "columns")


def _apart(more: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is about the payload, and what is about its row; `columns` are those to be other than the payload says."""
    rest = {name: more.pop(name) for name in _OF_THE_LEDGER if name in more}
    return more, {**rest.pop("columns", {}), **rest}


def build(of: Site, number: int | None = None, *, sequence: int = 1, **more: Any) -> Build:
    """A build; names of its payload's fields change them."""
    fields, rest = _apart(more)
    return current(of, "build", payloads.build(number or next(_numbers), sequence, **fields), **rest)


def repository(of: Site, ident: str = "r1", *, sequence: int = 1, **more: Any) -> Repository:
    fields, rest = _apart(more)
    return current(of, "repository", payloads.repository(ident, sequence, **fields), **rest)


def commit(of: Site, ident: str = "", *, sequence: int = 1, **more: Any) -> Commit:
    fields, rest = _apart(more)
    return current(of, "commit", payloads.commit(ident or f"{next(_numbers):040x}", sequence, **fields), **rest)


def branch(of: Site, ident: str = "", *, sequence: int = 1, **more: Any) -> Branch:
    fields, rest = _apart(more)
    return current(of, "branch", payloads.branch(ident or f"branch-{next(_numbers)}", sequence, **fields), **rest)


def pull_request(of: Site, ident: str = "", *, sequence: int = 1, **more: Any) -> PullRequest:
    fields, rest = _apart(more)
    return current(of, "pull_request", payloads.pull_request(ident or str(next(_numbers)), sequence, **fields), **rest)


def deletion(one: Any, *, kind: str = "", key: str = "", at: dt.datetime | None = None, **more: Any) -> Deletion:
    """A deletion that an entity fell under: by its own key unless told otherwise. Marks it, too."""
    at = at or timezone.now()
    said: Entry = one.entry
    facts: dict[str, Any] = {
        "id": next(_deletions),
        "site": one.site,
        "lane": said.lane,
        "token": token(one.site),
        "api": KINDS[said.kind].api,
        "received_at": at,
        "marked_count": 1,
    }
    facts |= {} if more.get("properties") else {"kind": kind or said.kind, "key": key or said.key}
    one.deleted_at = at
    one.save()
    return Deletion.objects.create(**facts | more)


def confirmation(of: Entry, result: str = "", *, at: dt.datetime | None = None, **more: Any) -> Confirmation:
    """A read-back; without a result one that was not answered yet."""
    at = at or timezone.now()
    facts: dict[str, Any] = {"asked_at": at, "due_at": at, "result": result}
    if result:
        facts |= {"answered_at": at + dt.timedelta(milliseconds=300), "status": 200, "tries": 1, "body": b"{}"}
    return Confirmation.objects.create(entry=of, **facts | more)


def errand(*rows: Any, purpose: str = "resend", **more: Any) -> Errand:
    """An errand about these current rows, planned unless told otherwise."""
    kinds = Counter(row.entry.kind for row in rows)
    facts: dict[str, Any] = {"asked_at": timezone.now(), "what": "some of them", "total": len(rows)}
    facts["plan"] = {"kinds": dict(kinds), "requests": len(kinds), "pace": 0.4, "seconds": 0.4 * len(kinds)}
    found = Errand.objects.create(site=rows[0].site, purpose=purpose, **facts | more)
    ErrandItem.objects.bulk_create(ErrandItem(errand=found, entry=row.entry) for row in rows)
    return found


def cleanup(of: Site, user: User | None = None, *, apis: tuple[str, ...] = APIS, **more: Any) -> Cleanup:
    """A clean-up by properties, previewed unless told otherwise; `pairs` are its properties."""
    pairs = more.pop("pairs", {"team": "checkout"})
    found = cleanups.plan_by_properties(of, apis, pairs, cleanups.Asker(Cleanup.Origin.PAGE, user), timezone.now())
    for name, value in more.items():
        setattr(found, name, value)
    found.save()
    return found


def sealed(found: Cleanup) -> Cleanup:
    """A clean-up that is over, with its report."""
    report.seal(found, timezone.now())
    return found


def cleanup_rule(of: Site, name: str = "old ones", **more: Any) -> CleanupRule:
    """A rule that is off unless told otherwise."""
    facts: dict[str, Any] = {"apis": ["deployments"], "properties": {"team": "checkout"}, "older_than": 400}
    by = more.pop("user", None) or user("admin")
    return CleanupRule.objects.create(site=of, name=name, user=by, created_at=timezone.now(), **facts | more)


def of_errand(copy: Entry, errand: Errand) -> None:
    """Make an entry one that an errand sent again."""
    Submission.objects.filter(pk=copy.submission_id).update(purpose="resend", errand=errand, token=None, path="resend")


def many_entries(like: Entry, count: int) -> None:
    """So many more entries like this one, in its submission: for lists that are long."""
    facts = {field.attname: getattr(like, field.attname) for field in Entry._meta.concrete_fields if field.name != "id"}
    Entry.objects.bulk_create(
        Entry(**facts | {"position": 1 + number, "key": f"{like.key}-{number}"}) for number in range(count)
    )
