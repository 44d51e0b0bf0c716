"""`Prefer: wait=N` (RFC 7240): hold the answer to a submission until Jira has spoken, and then say what it said."""

import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..jira import receipts, wire
from ..models import Delivery, Entry

MOST_SECONDS = 30
# Who waits holds a thread of the web server. Beyond this many nobody is let wait, so that others are still answered.
_MOST_AT_ONCE = 16
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_NOT_STORED = (Entry.Outcome.REJECTED, Entry.Outcome.REFUSED)
# What association an unknown issue or service was named by, and the value as JSON.
_Association = tuple[str, bytes]

_places = threading.BoundedSemaphore(_MOST_AT_ONCE)


def seconds_in(prefer: str) -> int:
    """How long the sender would wait, of the header `Prefer`; 0 for not at all. What cannot be read is ignored."""
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "wait" and value.isascii() and value.isdigit() and len(value) < 10:
            return min(int(value), MOST_SECONDS)
    return 0


def receipt(api: str, submission_id: uuid.UUID, items: list[wire.Item], seconds: int) -> bytes | None:
    """Jira's word on every entity of a submission, as one receipt; None when it has not spoken in time."""
    if not seconds or not _places.acquire(blocking=False):
        return None
    try:
        has_spoken = _wait(submission_id, seconds)
    finally:
        _places.release()
    return _receipt(api, submission_id, items) if has_spoken else None


def _wait(submission_id: uuid.UUID, seconds: int) -> bool:
    """Look again and again, less and less often; between the looks no transaction is open."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while Entry.objects.waiting().filter(submission=submission_id).exists():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return True


def _receipt(api: str, submission_id: uuid.UUID, items: list[wire.Item]) -> bytes:
    """What Jira did not see because a newer version was there is accepted: so it would have said itself."""
    entries = list(Entry.objects.filter(submission=submission_id).order_by("position"))
    pairs = list(zip(items, entries, strict=True))
    deliveries = Delivery.objects.filter(pk__in={entry.delivery_id for entry in entries if entry.delivery_id})
    issues, associations = _unknown(items, (bytes(each.response_body or b"") for each in deliveries))
    return receipts.write(
        api,
        accepted=[item for item, entry in pairs if entry.outcome not in _NOT_STORED],
        rejected=[(item, _errors(entry)) for item, entry in pairs if entry.outcome in _NOT_STORED],
        unknown_issue_keys=issues,
        unknown_associations=associations,
    )


def _errors(entry: Entry) -> list[dict[str, str]]:
    """The errors as Jira writes them."""
    names = {"message": "message", "trace_id": "errorTraceId"}
    return [{names[name]: error[name] for name in names if error.get(name)} for error in entry.errors]


def _unknown(items: Iterable[wire.Item], bodies: Iterable[bytes]) -> tuple[list[str], list[dict[str, Any]]]:
    """What Jira did not know of that which these entities name: a request to Jira may carry others beside them."""
    ours = {named for item in items for named in _named(item.raw)}
    found: dict[_Association, None] = {}
    for body in bodies:
        said = wire.loosely(body)
        found |= dict.fromkeys(_pairs("", said.get("unknownIssueKeys")))
        for association in _dicts(said.get("unknownAssociations")):
            found |= dict.fromkeys(_pairs(str(association.get("associationType", "")), association.get("values")))
    by_type: dict[str, list[Any]] = {}
    for association_type, value in found:
        if (association_type, value) in ours:
            by_type.setdefault(association_type, []).append(msgspec.json.decode(value))
    issues = by_type.pop("", [])
    return issues, [{"associationType": name, "values": values} for name, values in by_type.items()]


def _named(raw: str) -> Iterator[_Association]:
    """What an entity names: its issue keys under no type, its associations under theirs."""
    entity = wire.loosely(raw.encode())
    yield from _pairs("", entity.get("issueKeys"))
    for association in _dicts(entity.get("associations")):
        yield from _pairs(str(association.get("associationType", "")), association.get("values"))


def _pairs(association_type: str, values: Any) -> Iterator[_Association]:
    for value in values if isinstance(values, list) else ():
        # Numbers are taken for texts, as Jira does.
        plain = str(value) if isinstance(value, int) else value
        yield association_type, msgspec.json.encode(plain, order="sorted")


def _dicts(values: Any) -> Iterator[dict[str, Any]]:
    yield from (value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()
