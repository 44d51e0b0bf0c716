"""Redacting: what names a person is struck out of the ledger's own copies, and only that.

Payloads, bytes as received, bodies of requests and of read-backs keep everything else. The hash of what was there stays
beside each, in a note that says when and for which clean-up.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db import connection, models, transaction
from django.utils import timezone

from ..kinds import KINDS
from ..models import Cleanup, Confirmation, Delivery, Entry, Redaction, Submission
from ..models.cleanup import said
from . import noting

REDACTED = "[redacted]"
# The fields of authors and reviewers by which somebody is found, and all that are personal.
_NAMING = ("name", "email", "username", "userName", "login")
_PERSONAL = (*_NAMING, "url", "avatar", "accountId")
_PEOPLE = ("author", "reviewers")
_SLICE = 200


def names(payload: str, person: str) -> bool:
    """Whether the payload of a commit, branch or pull request names the person as author or reviewer."""
    try:
        return any(_is(one, person) for one in _people(json.loads(payload)))
    except (ValueError, RecursionError):
        return False


def _people(value: Any) -> Iterator[dict[str, Any]]:
    """Every author and reviewer in a JSON value, at any depth."""
    if isinstance(value, list):
        for one in value:
            yield from _people(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in _PEOPLE:
                yield from (some for some in (one if isinstance(one, list) else [one]) if isinstance(some, dict))
            yield from _people(one)


def _is(one: dict[str, Any], person: str) -> bool:
    asked = person.casefold()
    return any(isinstance(one.get(name), str) and one[name].casefold() == asked for name in _NAMING)


def struck_out(text: str, person: str) -> tuple[str, int]:
    """A JSON text without the personal fields of the person, and how many there were. What is no JSON stays."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text, 0
    many = 0
    for one in _people(value):
        if _is(one, person):
            for name in _PERSONAL:
                if isinstance(one.get(name), str) and one[name] != REDACTED:
                    many += 1
                    if name in _NAMING:
                        one[name] = REDACTED
                    else:
                        # What has to be an address would be none any more.
                        del one[name]
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")), many) if many else (text, 0)


def named_by(payloads: Iterable[str], person: str) -> set[str]:
    """All that the person is called where payloads name them, beside what was asked for."""
    found = {person}
    for payload in payloads:
        try:
            people = [one for one in _people(json.loads(payload)) if _is(one, person)]
        except (ValueError, RecursionError):
            continue
        found.update(one[name] for one in people for name in _NAMING if isinstance(one.get(name), str) and one[name])
    return found - {REDACTED}


def without(text: str, called: Iterable[str]) -> tuple[str, int]:
    """A text without what somebody is called, also as headers and addresses spell it, and how often it was there."""
    spelled = {
        way for name in called for way in (name, name.encode().decode("latin-1"), quote(name), quote(name, safe="@"))
    }
    ways = "|".join(re.escape(way) for way in sorted(spelled, key=len, reverse=True))
    return re.subn(rf"(?<!\w)(?:{ways})(?!\w)", lambda _: REDACTED, text, flags=re.IGNORECASE)


def redact(cleanup: Cleanup) -> None:
    """Redact the person of a clean-up wherever its entities were written down. May be repeated."""
    chosen = list(cleanup.parts.order_by("position").values_list("kind", "key"))
    for start in range(0, len(chosen), _SLICE):
        _redact_slice(cleanup, chosen[start : start + _SLICE])
    _forget_whom(cleanup)


@transaction.atomic
def _redact_slice(cleanup: Cleanup, chosen: list[tuple[str, str]]) -> None:
    site = cleanup.site_id
    kinds = {kind for kind, _ in chosen}
    entries = [
        entry
        for kind in kinds
        for entry in Entry.objects.filter(site=site, kind=kind, key__in=[key for its, key in chosen if its == kind])
    ]
    note = _Notes(cleanup, timezone.now())
    came = Submission.objects.filter(pk__in={entry.submission_id for entry in entries})
    note.of(came, "submission", "raw")
    note.of_heads(came, named_by((entry.payload for entry in entries), cleanup.person))
    note.of(_deliveries(entries), "delivery", "request_body")
    note.of(Confirmation.objects.filter(entry__in=entries), "confirmation", "body")
    note.of(Entry.objects.filter(pk__in=[entry.pk for entry in entries]), "entry", "payload")
    for kind in kinds:
        _redact_current(kind, [entry.pk for entry in entries if entry.kind == kind])


def _deliveries(entries: Sequence[Entry]) -> "models.QuerySet[Delivery]":
    """The requests that carried any of the entries, answered or not: found by their lanes and the time they took."""
    if not entries:
        return Delivery.objects.none()
    ids = [entry.pk for entry in entries]
    came = Submission.objects.filter(pk__in={entry.submission_id for entry in entries})
    since = came.aggregate(at=models.Min("received_at"))["at"]
    until = max((entry.outcome_at or timezone.now() for entry in entries), default=timezone.now())
    lanes = {entry.lane_id for entry in entries if entry.lane_id}
    return Delivery.objects.filter(
        lane__in=lanes, started_at__gte=since, started_at__lte=until + dt.timedelta(minutes=1), entry_ids__overlap=ids
    )


@dataclass
class _Notes:
    """Strikes out of records, each with its note."""

    cleanup: Cleanup
    now: dt.datetime

    def of(self, rows: "models.QuerySet[Any]", record: str, column: str) -> None:
        for row in rows.only("pk", column).select_for_update(no_key=True).order_by("pk"):
            before = getattr(row, column)
            if before is None:
                continue
            is_text = isinstance(before, str)
            text = before if is_text else bytes(before).decode("utf-8", "surrogateescape")
            after, many = struck_out(text, self.cleanup.person)
            if not many:
                continue
            setattr(row, column, after if is_text else after.encode("utf-8", "surrogateescape"))
            self._put(row, record, column, text, after, many)

    def of_heads(self, rows: "models.QuerySet[Submission]", called: Iterable[str]) -> None:
        """Heads are no JSON of entities: of them goes what the person is called, wherever it stands."""
        for row in rows.exclude(head=None).only("pk", "head").select_for_update(no_key=True).order_by("pk"):
            before: dict[str, Any] = row.head or {}
            line, many = without(before["line"], called)
            after: dict[str, Any] = {**before, "line": line, "headers": {}}
            for name, value in before["headers"].items():
                after["headers"][name], found = without(value, called)
                many += found
            if many:
                row.head = after
                self._put(row, "submission", "head", _as_text(before), _as_text(after), many)

    def _put(self, row: Any, record: str, column: str, before: str, after: str, many: int) -> None:
        row.save(update_fields=[column])
        Redaction.objects.create(
            cleanup=self.cleanup,
            record=record,
            number=str(row.pk),
            column=column,
            sha256_before=_digest(before),
            sha256_after=_digest(after),
            fields=many,
            redacted_at=self.now,
        )


def _as_text(head: Any) -> str:
    return json.dumps(head, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _redact_current(kind: str, entries: list[int]) -> None:
    """The current rows show the author, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {KINDS[kind].model._meta.db_table} AS held SET author_name = %(redacted)s FROM entry
            WHERE held.entry_id = ANY(%(entries)s) AND entry.id = held.entry_id AND %(redacted)s IN (
                payload::jsonb #>> '{{author,name}}', payload::jsonb #>> '{{author,username}}',
                payload::jsonb #>> '{{lastCommit,author,name}}', payload::jsonb #>> '{{lastCommit,author,username}}'
            )
            """,  # noqa: S608 (names of this project's own)
            {"redacted": REDACTED, "entries": entries},
        )


@transaction.atomic
def _forget_whom(cleanup: Cleanup) -> None:
    """The clean-up itself names the person: of that, too, only the hash stays."""
    digest = hashlib.sha256(cleanup.person.casefold().encode()).hexdigest()
    cleanup.what = f"Everything that names one person (SHA-256 of the name: {digest})"
    cleanup.person = ""
    many = cleanup.redactions.count()
    line = f"redacted the person in {many:,} record{'' if many == 1 else 's'} of the ledger"
    cleanup.history = [*cleanup.history, said(timezone.now(), "Waybill", line)]
    cleanup.save(update_fields=["what", "person", "history"])
    noting.note("redacted", cleanup, records=many, person_sha256=digest)
