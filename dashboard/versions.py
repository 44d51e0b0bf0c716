"""What changed from one version of an entity to the next, from the payloads as they came."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef

from devops_sync.models import Deletion, Entry, Submission
from devops_sync.models.current import Current

_LONGEST = 120
_NOT_WORTH_SAYING = {
    "updateSequenceNumber",
    "updateSequenceId",
    "deploymentSequenceNumber",
    "lastUpdated",
    "lastUpdate",
    "schemaVersion",
}
_SAID_APART = {"issueKeys", "associations", "commands"}
_WORDS = {
    "displayName": "Display name",
    "label": "Label",
    "description": "Description",
    "url": "Address",
    "duration": "Duration",
    "pipeline": "Pipeline",
    "environment": "Environment",
    "testInfo": "Tests",
    "references": "References",
    "name": "Name",
    "title": "Title",
    "message": "Message",
    "author": "Author",
    "lastCommit": "Last commit",
    "commentCount": "Comments",
    "fileCount": "Files",
    "sourceBranch": "From branch",
    "destinationBranch": "To branch",
    "reviewers": "Reviewers",
    "files": "Files listed",
}
_NOT_APPLIED = (Entry.Outcome.OUT_OF_ORDER, Entry.Outcome.REFUSED)


@dataclass(frozen=True)
class Version:
    """One version as its row shows it."""

    entry: Entry
    state: str
    is_first: bool = False
    is_current: bool = False
    is_repeat: bool = False
    said: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def tell(entries: Collection[Entry], current: int, most: int, state_field: str) -> list[Version]:
    """The versions, newest first as they came in, each against the one that was current before it. Each with its
    envelope and property set.

    `state_field` is the field that tells how it went, if the kind has one. Of more than `most` entries the oldest
    serves for comparison only.
    """
    repeated = repeats(entries)
    oldest_first = sorted(entries, key=lambda entry: entry.pk)
    is_cut = len(oldest_first) > most
    told: list[Version] = []
    before: dict[str, Any] | None = None
    had: dict[str, Any] = {}
    for entry in oldest_first:
        payload = read(entry.payload)
        state = payload.get(state_field) if state_field else ""
        state = state if isinstance(state, str) else ""
        if entry.outcome in _NOT_APPLIED:
            told.append(Version(entry, state, is_repeat=entry.pk in repeated))
            continue
        if entry.submission.purpose == Submission.Purpose.RESEND:
            # A version that was there before: nothing to compare the next one with.
            told.append(Version(entry, state, said=["Sent again."]))
            continue
        version = _compare(entry, state_field, before, payload, is_current=entry.pk == current)
        pairs = entry.envelope.property_set.pairs
        if before is not None:
            version.said.extend(_properties(had, pairs))
        told.append(version)
        before, had = payload, pairs
    return (told[1:] if is_cut else told)[::-1]


def ends(one: Current, kind: str, entries: Collection[Entry]) -> dict[int, Deletion]:
    """Which deletion ended a life of an entity, by the entry before it: what was deleted and came again has several.

    Each entry with its envelope and property set.
    """
    if not entries:
        return {}
    sets = {entry.envelope.property_set_id: entry.envelope.property_set.pairs for entry in entries}
    since = min(entry.pk for entry in entries)
    deletions = Deletion.objects.that_may_have_taken(one, kind, list(sets.values()), since)
    found: dict[int, Deletion] = {}
    for deletion in deletions:
        before = [entry for entry in entries if entry.pk < deletion.pk and entry.outcome not in _NOT_APPLIED]
        last = max(before, key=lambda entry: entry.pk, default=None)
        # What was deleted already is not deleted again.
        if last is not None and last.pk not in found and _takes(deletion, before):
            found[last.pk] = deletion
    return found


def _takes(deletion: Deletion, before: Collection[Entry]) -> bool:
    """Whether what was current of these fell under a deletion."""
    current = max(before, key=lambda entry: (entry.sequence or 0, entry.pk))
    if deletion.until_sequence is not None and (current.sequence or 0) > deletion.until_sequence:
        return False
    pairs = current.envelope.property_set.pairs
    return deletion.properties is None or all(
        pairs.get(key) in (value if isinstance(value, list) else [value]) for key, value in deletion.properties.items()
    )


def repeats(entries: Collection[Entry]) -> set[int]:
    """Those that came before with the same sequence and payload. One query, where any came out of order."""
    late = [entry.pk for entry in entries if entry.outcome == Entry.Outcome.OUT_OF_ORDER]
    if not late:
        return set()
    same = {name: OuterRef(name) for name in ("site", "kind", "key", "sequence", "payload")}
    repeated = Exists(Entry.objects.filter(**same, pk__lt=OuterRef("pk")))
    return set(Entry.objects.filter(repeated, pk__in=late).values_list("pk", flat=True))


def read(payload: str) -> dict[str, Any]:
    """The payload as an object; what cannot be read is empty."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _compare(
    entry: Entry, state_field: str, before: dict[str, Any] | None, after: dict[str, Any], *, is_current: bool
) -> Version:
    issues = issues_of(after)
    state = after.get(state_field)
    state = state if isinstance(state, str) else ""
    if before is None:
        said = [f"Label {_short(after['label'])}."] if after.get("label") else []
        return Version(entry, state, is_first=True, is_current=is_current, said=said + _gate({}, after), added=issues)
    had = issues_of(before)
    said = _gate(before, after)
    if state_field and before.get(state_field) != after.get(state_field):
        said.append(f"State from {_word(before.get(state_field))} to {_word(after.get(state_field))}.")
    for name in sorted(set(before) | set(after)):
        if name in _NOT_WORTH_SAYING | _SAID_APART | {state_field} or before.get(name) == after.get(name):
            continue
        said.append(_said(_WORDS.get(name, name), before.get(name), after.get(name)))
    return Version(
        entry,
        state,
        is_current=is_current,
        said=said,
        added=[key for key in issues if key not in had],
        removed=[key for key in had if key not in issues],
    )


def _gate(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return ["Asked Jira for a gate."] if after.get("commands") and not before.get("commands") else []


def _properties(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What changed of the properties, which came around it and not in it."""
    return [
        _said(f"Property {_short(key)}", before.get(key), after.get(key))
        for key in sorted(set(before) | set(after))
        if before.get(key) != after.get(key)
    ]


def _said(word: str, before: Any, after: Any) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        parts = [key for key in sorted(set(before) | set(after)) if before.get(key) != after.get(key)]
        return f"{word}: {_short(', '.join(map(str, parts)))} changed."
    if isinstance(before, list) and isinstance(after, list):
        return f"{word} changed."
    if before is None:
        return f"{word} {_short(after)} added." if not isinstance(after, dict | list) else f"{word} added."
    return (
        f"{word} {_short(before)} left out." if after is None else f"{word} from {_short(before)} to {_short(after)}."
    )


def issues_of(payload: dict[str, Any]) -> list[str]:
    """The issue keys that it names, in their order."""
    found: list[str] = []
    lists = [payload.get("issueKeys")]
    for association in payload.get("associations") or ():
        if isinstance(association, dict) and association.get("associationType") in ("issueKeys", "issueIdOrKeys"):
            lists.append(association.get("values"))
    for keys in lists:
        if isinstance(keys, list):
            found += [clean(key) for key in keys if isinstance(key, str)]
    return list(dict.fromkeys(found))


def clean(text: str) -> str:
    """Without halves of characters, which no page can carry."""
    return text.encode("utf-8", "replace").decode()


def _word(state: Any) -> str:
    return _short(str(state).replace("_", " ").lower()) if state else "none"


def _short(value: Any) -> str:
    text = clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
