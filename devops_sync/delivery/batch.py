"""Which entries leave together: those that share an envelope, each key once, within Jira's limits."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..jira import client as jira
from ..jira import keys, wire
from ..models import Entry, Envelope, Lane, Repository

LARGEST_BATCH = 200  # Entities in a request. Jira publishes no limit; 200 keeps a refusal cheap to split.
LARGEST_DEVINFO_BATCH = 1000  # Jira's limit of commits, branches and pull requests in a request.
LARGEST_BODY = 1024 * 1024  # Bytes; a single larger entity still leaves alone.
LOOK_AHEAD = 2000  # How many waiting entries are looked at for ones that share the first one's envelope.


class Carried(NamedTuple):
    """An entry as a request carries it: a model's object costs ten times as much to make, and there are many."""

    pk: int
    kind: str
    key: str
    envelope_id: int
    payload: str
    site_id: int
    submission_id: uuid.UUID
    origin_id: int | None


@dataclass(frozen=True)
class Batch:
    """Entries of one envelope, in the order in which they arrived."""

    api: str
    envelope: Envelope
    entries: list[Carried]

    def request(self, client: jira.Client) -> jira.Request:
        """The request's body has the envelope's fields and the payloads, each exactly as it came in."""
        name, entities = (
            ("repositories", _repositories(self)) if self.api == "devinfo" else (self.api, self._payloads())
        )
        around = [f"{json.dumps(field)}:{raw}" for field, raw in self.envelope.fields.items()]
        body = "{" + ",".join([*around, f'"{name}":[{",".join(entities)}]']) + "}"
        return client.submission(self.api, body.encode())

    def _payloads(self) -> list[str]:
        return [entry.payload for entry in self.entries]

    def before(self, number: int) -> "Batch | None":
        """The entries numbered below a deletion, or None when there is none."""
        entries = [entry for entry in self.entries if entry.pk < number]
        return Batch(self.api, self.envelope, entries) if entries else None

    def halves(self) -> "tuple[Batch, Batch]":
        """The same entries in two requests."""
        middle = len(self.entries) // 2
        first, second = self.entries[:middle], self.entries[middle:]
        return Batch(self.api, self.envelope, first), Batch(self.api, self.envelope, second)


def next_batch(lane: Lane, most: int | None = None) -> Batch | None:
    """The next entries to leave, or None when nothing waits. The first that waits is always among them.

    There are `most` of them at most, where that is given, and never more than a request may hold.

    Entries of other envelopes are passed over and leave in the next request; an entry whose key was taken
    or passed over stays behind it, so that the versions of one key leave in order and apart.
    """
    waiting = Entry.objects.waiting().filter(lane=lane).order_by("id")
    # Errands feed lanes of resent history only.
    free = waiting.free() if lane.priority == Lane.Priority.RESENT else waiting
    room = _DevinfoRoom if lane.api == "devinfo" else _Room
    size = min(room.most, most or room.most)
    first = [Carried(*row) for row in free.values_list(*Carried._fields)[:size]]
    known = {one.pk: one for one in first}
    envelope_id, chosen = _choose([(one.pk, one.kind, one.key, one.envelope_id) for one in first], room(size))
    # Mostly the first ones fill a request, or are all there is; only where they do not is it worth looking further.
    if 0 < len(chosen) < size == len(first):
        candidates = free.values_list("pk", "kind", "key", "envelope_id")[:LOOK_AHEAD]
        envelope_id, chosen = _choose(list(candidates), room(size))
        rest = Entry.objects.filter(pk__in=set(chosen) - known.keys())
        known |= {row[0]: Carried(*row) for row in rest.values_list(*Carried._fields)}
    if not chosen:
        return None
    entries = _fitting([known[pk] for pk in chosen])
    return Batch(lane.api, Envelope.objects.get(pk=envelope_id), entries)


def _choose(candidates: list[tuple[int, str, str, int]], room: "_Room | _DevinfoRoom") -> tuple[int, list[int]]:
    """The envelope of the first candidate, and the candidates that may leave in it."""
    envelope_id = candidates[0][3] if candidates else 0
    chosen: list[int] = []
    met: set[tuple[str, str]] = set()
    for pk, kind, key, its_envelope in candidates:
        if its_envelope == envelope_id and (kind, key) not in met and room.takes(kind, key):
            chosen.append(pk)
        met.add((kind, key))
    return envelope_id, chosen


class _Room:
    """How many entities a request takes."""

    most = LARGEST_BATCH

    def __init__(self, size: int) -> None:
        self._left = size

    def takes(self, kind: str, key: str) -> bool:
        self._left -= 1
        return self._left >= 0


class _DevinfoRoom:
    """How many repositories, entities and entities of one type in a repository a request takes."""

    most = LARGEST_DEVINFO_BATCH

    def __init__(self, size: int) -> None:
        self._left = size
        self._of_type: Counter[tuple[str, str]] = Counter()
        self._repositories: set[str] = set()

    def takes(self, kind: str, key: str) -> bool:
        repository = str(keys.parts(key)[0])
        if repository not in self._repositories and len(self._repositories) == wire.MAX_REPOSITORIES:
            return False
        if kind != "repository":
            if not self._left or self._of_type[repository, kind] == wire.MAX_OF_A_TYPE:
                return False
            self._left -= 1
            self._of_type[repository, kind] += 1
        self._repositories.add(repository)
        return True


def _fitting(entries: list[Carried]) -> list[Carried]:
    size = 0
    for count, entry in enumerate(entries):
        size += len(entry.payload)
        if size > LARGEST_BODY and count:
            return entries[:count]
    return entries


def _repositories(batch: Batch) -> Iterable[str]:
    """The entries' repositories, each with its commits, branches and pull requests of this batch.

    Jira wants a repository's own fields with every entity; where the batch has no entry of it, they are those that
    came with the entity.
    """
    inside: dict[str, dict[str, list[str]]] = {}
    own: dict[str, str] = {}
    for entry in batch.entries:
        repository = str(keys.parts(entry.key)[0])
        arrays = inside.setdefault(repository, {})
        if entry.kind == "repository":
            own[repository] = entry.payload
        else:
            arrays.setdefault(wire.ARRAYS[entry.kind], []).append(entry.payload)
    missing = [repository for repository in inside if repository not in own]
    if missing:
        own |= _carried(batch, missing)
    for repository, arrays in inside.items():
        fields = own[repository].rstrip().removesuffix("}")
        yield ",".join([fields, *(f'"{array}":[{",".join(payloads)}]' for array, payloads in arrays.items())]) + "}"


def _carried(batch: Batch, repositories: list[str]) -> dict[str, str]:
    """The repositories' own fields as they came in the submissions of the batch's entries, or of what those send again.

    Not those of the current state: that version may have come with other properties and still wait. Jira would store it
    with this batch's properties, ignore it when its own turn comes, and delete it with the wrong account. Only where a
    submission has none that is sound does the current state have to do.
    """
    submissions = {entry.submission_id for entry in batch.entries}
    origins = {entry.origin_id for entry in batch.entries if entry.origin_id is not None}
    while origins:
        # What is sent again may be a correction, whose submission has nothing but what was corrected.
        before = list(Entry.objects.filter(pk__in=origins).order_by().values_list("submission_id", "origin_id"))
        submissions |= {submission for submission, _ in before}
        origins = {origin for _, origin in before if origin is not None}
    versions = (
        Entry.objects.filter(submission__in=submissions, kind="repository", key__in=map(keys.text, repositories))
        .exclude(outcome=Entry.Outcome.REFUSED)
        .order_by("sequence", "id")
    )
    held = Repository.objects.filter(site=batch.envelope.site_id, repository_id__in=repositories)
    found = dict(held.values_list("repository_id", "entry__payload"))
    return found | {str(keys.parts(key)[0]): payload for key, payload in versions.values_list("key", "payload")}
