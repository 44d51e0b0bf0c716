"""Which entries leave together: those that share an envelope, each key once, within Jira's limits."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..jira import client as jira
from ..jira import keys, wire
from ..models import Entry, Envelope, Lane, Repository

LARGEST_BATCH = 200  # Entities in a request. Jira publishes no limit; 200 keeps a refusal cheap to split.
LARGEST_DEVINFO_BATCH = 1000  # Jira's limit of commits, branches and pull requests in a request.
LARGEST_BODY = 1024 * 1024  # Bytes; a single larger entity still leaves alone.
LOOK_AHEAD = 2000  # How many waiting entries are looked at for ones that share the first one's envelope.


@dataclass(frozen=True)
class Batch:
    """Entries of one envelope, in the order in which they arrived."""

    api: str
    envelope: Envelope
    entries: list[Entry]

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


def next_batch(lane: Lane) -> Batch | None:
    """The next entries to leave, or None when nothing waits. The first that waits is always among them.

    Entries of other envelopes are passed over and leave in the next request; an entry whose key was taken
    or passed over stays behind it, so that the versions of one key leave in order and apart.
    """
    waiting = Entry.objects.waiting().filter(lane=lane).order_by("id")
    candidates = waiting.values_list("id", "kind", "key", "envelope_id")
    room = _DevinfoRoom if lane.api == "devinfo" else _Room
    # Mostly the first ones fill a request; only where they do not is it worth looking further.
    envelope_id, chosen = _choose(list(candidates[: room.most]), room())
    if 0 < len(chosen) < room.most:
        envelope_id, chosen = _choose(list(candidates[:LOOK_AHEAD]), room())
    if not chosen:
        return None
    entries = list(Entry.objects.filter(pk__in=chosen).order_by("id"))
    return Batch(lane.api, Envelope.objects.get(pk=envelope_id), _fitting(entries))


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

    def __init__(self) -> None:
        self._left = LARGEST_BATCH

    def takes(self, kind: str, key: str) -> bool:
        self._left -= 1
        return self._left >= 0


class _DevinfoRoom:
    """How many repositories, entities and entities of one type in a repository a request takes."""

    most = LARGEST_DEVINFO_BATCH

    def __init__(self) -> None:
        self._left = LARGEST_DEVINFO_BATCH
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


def _fitting(entries: list[Entry]) -> list[Entry]:
    size = 0
    for count, entry in enumerate(entries):
        size += len(entry.payload)
        if size > LARGEST_BODY and count:
            return entries[:count]
    return entries


def _repositories(batch: Batch) -> Iterable[str]:
    """The entries' repositories, each with its commits, branches and pull requests of this batch.

    Jira wants a repository's own fields with every entity; where the batch has no entry of it, they are
    those of its current state.
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
        held = Repository.objects.filter(site=batch.envelope.site_id, repository_id__in=missing)
        own.update(held.values_list("repository_id", "entry__payload"))
    for repository, arrays in inside.items():
        fields = own[repository].rstrip().removesuffix("}")
        yield ",".join([fields, *(f'"{array}":[{",".join(payloads)}]' for array, payloads in arrays.items())]) + "}"
