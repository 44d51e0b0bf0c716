"""What can be asked of the ledger. Each function is one act: one transaction, then the doorbell."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from . import audit, cleanups, deletions, doorbell, envelopes, exposures, first_answers, projection
from .delivery import gating
from .jira import client as jira
from .jira import wire
from .kinds import APIS, KINDS, of_api
from .models import Confirmation, Deletion, Entry, FirstAnswer, Gate, Lane, PropertySet, Site, Submission, Token, User
from .models.current import Current
from .models.submission import time_ordered_id

# Why Jira's answer about a gate cannot be given: not with this credential, or not this time.
NotAvailable = gating.NotAvailable
NotTold = gating.NotTold

Item = wire.Item

# The array in which a body of each API has its entities.
_ARRAYS = {"repositories" if api == "devinfo" else api: api for api in APIS}


@dataclass(frozen=True)
class Arrival:
    """One request as it arrived, before anything is known of its content.

    `body` is None when it was not read, since the request was refused before. `repeat_key` is what the sender
    marks a request and its repeats with, if anything. `head` is the request's line and headers as they are kept, where
    it came over HTTP.
    """

    api: str
    path: str
    body: bytes | None
    received_at: dt.datetime
    size: int
    site: Site | None = None
    token: Token | None = None
    user: User | None = None
    remote_address: str | None = None
    repeat_key: str = ""
    head: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Submitted:
    """What a submission that was taken consists of."""

    id: uuid.UUID
    items: list[wire.Item]


@dataclass(frozen=True)
class Checked:
    """What a body that was only looked at consists of."""

    api: str
    items: list[wire.Item]


class Refused(Exception):
    """The submission as a whole was refused; the text is the sentence that says why."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status
        self.message = message


def submit(arrival: Arrival) -> Submitted:
    """Write a submission down with every entity in it, then ring for its delivery.

    Once this returns, what was taken is durable. Raises `Refused` when Jira would answer 400; the bytes
    are on record then too. Raises `first_answers.Repeated`, and writes nothing, for a key that is known.
    """
    assert arrival.site is not None
    if arrival.site.is_removed:
        raise Refused(409, f"The site {arrival.site.slug} was removed; nothing can be sent to it.")
    if first := first_answers.find(arrival.token, arrival.repeat_key):
        raise first_answers.Repeated(first)
    try:
        bulk = _read(arrival.api, arrival.body or b"")
    except Refused as refused:
        _refuse_once(arrival, refused.status, refused.message)
        raise
    submission_id = _take(arrival, arrival.site, bulk, validated_at=timezone.now())
    return Submitted(submission_id, bulk.items)


def check(api: str, body: bytes) -> Checked:
    """Read a body exactly as `submit` does, and write nothing down. Without an API it is the one that the body shows.

    Raises `Refused`.
    """
    shown = {} if api else wire.loosely(body)
    api = api or next((_ARRAYS[name] for name in shown if name in _ARRAYS), "")
    if shown and not api:
        raise Refused(400, "This is no JSON object with deployments, builds or repositories.")
    api = api or APIS[0]  # Nothing can be read of it, and that is said alike of every API.
    return Checked(api, _read(api, body).items)


def _read(api: str, body: bytes) -> wire.Bulk:
    try:
        return wire.read(api, body)
    except wire.Malformed as malformed:
        raise Refused(malformed.status, malformed.message) from None


def _take(arrival: Arrival, site: Site, bulk: wire.Bulk, validated_at: dt.datetime) -> uuid.UUID:
    """Write down what is valid and what is not, in one transaction. Returns the submission's id."""
    lane_id = _live_lane(site.pk, arrival.api)
    envelope = envelopes.find_or_store(site.pk, bulk.envelope, bulk.properties)
    refused = [_refused_row(position, item) for position, item in enumerate(bulk.items) if item.fault]
    rows: dict[str, list[dict[str, Any]]] = {}
    for position, item in enumerate(bulk.items):
        if not item.fault:
            rows.setdefault(item.kind, []).append(KINDS[item.kind].row(position, item))
    submission_id = time_ordered_id()
    facts: dict[str, Any] = {
        "submission": submission_id,
        "site": site.pk,
        "token": arrival.token.pk if arrival.token else None,
        "user": arrival.user.pk if arrival.user else None,
        "remote_address": arrival.remote_address,
        "api": arrival.api,
        "path": arrival.path[:300],
        "received_at": arrival.received_at,
        "validated_at": validated_at,
        "size": arrival.size,
        "sha256": hashlib.sha256(arrival.body or b"").digest(),
        "raw": arrival.body,
        "head": msgspec.json.encode(arrival.head).decode() if arrival.head is not None else None,
        "envelope": envelope.pk,
        "property_set": envelope.property_set_id,
        "lane": lane_id,
        "entry_count": len(bulk.items),
        "refused_count": len(refused),
    }
    facts |= audit.received(
        submission_id,
        by=_sender(arrival),
        site=site,
        at=validated_at,
        path=facts["path"],
        size=arrival.size,
        sha256=facts["sha256"],
        entries=len(bulk.items),
        refused=len(refused),
    )
    # One statement is a transaction of its own; a request that needs more of them has one put around them.
    exposed = exposures.find(arrival.body or b"")
    needs_more = bool(arrival.repeat_key or exposed) or projection.has_repeats(rows)
    with transaction.atomic() if needs_more else nullcontext():
        first_answers.claim(arrival.token, arrival.repeat_key, submission_id, 202)
        projection.store(rows, refused, facts)
        exposures.keep(exposed, submission_id, site)
        if rows:
            transaction.on_commit(lambda: doorbell.ring(lane_id))
    return submission_id


def _refused_row(position: int, item: wire.Item) -> dict[str, Any]:
    """The columns of an entity that is refused, with the reason."""
    return {
        "position": position,
        "kind": item.kind,
        "key": KINDS[item.kind].key_of(item),
        "payload": item.raw,
        "errors": [{"message": item.fault}],
    }


@transaction.atomic
def _refuse_once(arrival: Arrival, status: int, sentence: str) -> None:
    submission = refuse(arrival, status, sentence)
    first_answers.claim(arrival.token, arrival.repeat_key, submission.pk, status)


def keep_answer(submission_id: uuid.UUID, body: bytes) -> None:
    """Keep what was answered, for repeats; the first answer stays."""
    FirstAnswer.objects.filter(submission=submission_id, body=None).update(body=body)


def keep_word(submission_id: uuid.UUID, body: bytes) -> None:
    """Keep what was answered with Jira's word in it: nothing else that is kept says what was known by then."""
    Submission.objects.filter(pk=submission_id, answer=None).update(answer=body)


def items_of(submission: Submission) -> list[wire.Item]:
    """What a submission that was taken consists of, read again from its bytes."""
    return wire.read(submission.api, bytes(submission.raw or b"")).items


def refuse(arrival: Arrival, status: int, sentence: str) -> Submission:
    """Record a request that was refused whole, with its bytes where they were read."""
    sha256 = hashlib.sha256(arrival.body).digest() if arrival.body is not None else None
    submission = Submission(
        id=time_ordered_id(),
        site=arrival.site,
        token=arrival.token,
        user=arrival.user,
        remote_address=arrival.remote_address,
        api=arrival.api,
        path=arrival.path[:300],
        received_at=arrival.received_at,
        size=arrival.size,
        sha256=sha256,
        raw=arrival.body,
        head=arrival.head,
        validated_at=timezone.now(),
        status=status,
        refusal=sentence,
    )
    noted = audit.received(
        submission.pk,
        by=_sender(arrival),
        site=arrival.site,
        at=submission.validated_at,
        path=submission.path,
        size=arrival.size,
        sha256=sha256,
        status=status,
        refusal=sentence,
    )
    exposed = exposures.find(arrival.body or b"")
    with transaction.atomic() if exposed else nullcontext():
        projection.store_refused(submission, noted)
        exposures.keep(exposed, submission.pk, arrival.site)
    return submission


def _sender(arrival: Arrival) -> audit.acting.Actor:
    return audit.acting.of(arrival.token, arrival.user, arrival.remote_address)


@lru_cache(maxsize=1000)
def _live_lane(site_id: int, api: str) -> int:
    """The lane's id. Lanes are never deleted, so it is remembered."""
    lane, _ = Lane.objects.get_or_create(site_id=site_id, api=api, priority=Lane.Priority.LIVE)
    return lane.pk


def delete(site: Site, asked: deletions.Asked) -> Deletion | None:
    """Take a deletion: what falls under it is gone from the ledger's current state, and goes from Jira in turn.

    One by properties is a clean-up, to be followed and proven; None when an admin cancelled that at once.
    """
    if asked.properties is not None:
        return cleanups.take(site, asked)
    lane = Lane.objects.get(pk=_live_lane(site.pk, asked.api))
    with transaction.atomic():
        deletion = deletions.store(site, lane, asked)
        key = {"kind": asked.kind, "key": list(asked.key), "until_sequence": asked.until_sequence}
        audit.note("deletion.asked", on=deletion, site=site, after={**key, "marked": deletion.marked_count})
    transaction.on_commit(lambda: doorbell.ring(lane.pk))
    return deletion


def current(site: Site, kind: str, key: Sequence[str | int]) -> Current | None:
    """What the ledger holds of one entity now, with the entry that says it; also what was deleted."""
    row = KINDS[kind]
    found: Current | None = (
        row.model._default_manager.filter(site=site, **dict(zip(row.key, key, strict=True)))
        .select_related("entry")
        .first()
    )
    return found


def gating_status(site: Site, key: Sequence[str | int]) -> jira.Answer:
    """Jira's own answer about a deployment's gate, asked now. Raises `NotAvailable` or `NotTold`."""
    return gating.ask(site, key)


@transaction.atomic
def follow_gate(gate: Gate, now: dt.datetime) -> None:
    """Let a worker ask for a gate at once, and follow it again if it was given up. Beat rings for it."""
    Gate.objects.filter(pk=gate.pk).update(due_at=now, stopped_at=None, stop="", tries=0)
    audit.note("gate.asked", on=gate)


def has_with_properties(site: Site, api: str, pairs: Mapping[str, str | list[str]], until: int | None = None) -> bool:
    """Whether anything of an API has all of these properties, up to a sequence where one is given."""
    sets = PropertySet.objects.filter(site=site, pairs__contains=dict(pairs))
    for kind in of_api(api):
        found = kind.model._default_manager.filter(site=site, property_set__in=sets, deleted_at=None)
        if (found if until is None else found.filter(sequence__lte=until)).exists():
            return True
    return False


@transaction.atomic
def ask_read_back(entry: Entry, user: User | None, now: dt.datetime) -> Confirmation:
    """Ask for what Jira holds of an entry. A worker reads it; asking again while one is due changes nothing.

    What nobody asked for may take its time: a person gets a read-back of their own beside it, which comes at once.
    """
    Entry.objects.select_for_update().get(pk=entry.pk)
    pending = entry.confirmations.unanswered()
    asked = (pending if user is None else pending.exclude(user=None)).first()
    if asked is None:
        asked = Confirmation.objects.create(entry=entry, user=user, asked_at=now, due_at=now)
        audit.note("readback.asked", on=entry)
        transaction.on_commit(doorbell.ring_readings)
    return asked


@transaction.atomic
def try_now(lane: Lane, now: dt.datetime) -> None:
    """Let a held or sleeping lane try again at once. Its failures are forgotten, so that pauses begin short."""
    Lane.objects.filter(pk=lane.pk).update(held_at=None, held_reason="", wake_at=None, failures=0, slept_for="")
    before = {"held_reason": lane.held_reason} if lane.held_at else {"slept_for": lane.slept_for}
    audit.note("lane.tried_again", on=lane, before=before)
    transaction.on_commit(lambda: doorbell.ring(lane.pk))
