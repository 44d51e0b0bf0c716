"""Which entries leave together: those that share an envelope, each key once, within Jira's limits."""

import json
from dataclasses import dataclass

from ..models import Entry, Envelope, Lane

LARGEST_BATCH = 100  # Entities in a request. Jira publishes no limit; 100 keeps a refusal cheap to split.
LARGEST_BODY = 1024 * 1024  # Bytes; a single larger entity still leaves alone.
LOOK_AHEAD = 500  # How many waiting entries are looked at for ones that share the first one's envelope.


@dataclass(frozen=True)
class Batch:
    """Entries of one envelope, in the order in which they arrived."""

    envelope: Envelope
    entries: list[Entry]

    def body(self) -> bytes:
        """The request's body: the envelope's fields and the payloads, each exactly as it came in."""
        around = [f"{json.dumps(name)}:{raw}" for name, raw in self.envelope.fields.items()]
        entities = ",".join(entry.payload for entry in self.entries)
        return ("{" + ",".join([*around, f'"deployments":[{entities}]']) + "}").encode()

    def halves(self) -> "tuple[Batch, Batch]":
        """The same entries in two requests."""
        middle = len(self.entries) // 2
        return Batch(self.envelope, self.entries[:middle]), Batch(self.envelope, self.entries[middle:])


def next_batch(lane: Lane) -> Batch | None:
    """The next entries to leave, or None when nothing waits.

    Entries of other envelopes are passed over and leave in the next request; an entry whose key was taken
    or passed over stays behind it, so that the versions of one key leave in order and apart.
    """
    waiting = Entry.objects.waiting().filter(lane=lane).order_by("id")
    candidates = list(waiting.values_list("id", "key", "envelope_id")[:LOOK_AHEAD])
    if not candidates:
        return None
    envelope_id = candidates[0][2]
    chosen: list[int] = []
    met: set[str] = set()
    for pk, key, its_envelope in candidates:
        if its_envelope == envelope_id and key not in met and len(chosen) < LARGEST_BATCH:
            chosen.append(pk)
        met.add(key)
    entries = list(Entry.objects.filter(pk__in=chosen).order_by("id"))
    return Batch(Envelope.objects.get(pk=envelope_id), _fitting(entries))


def _fitting(entries: list[Entry]) -> list[Entry]:
    size = 0
    for count, entry in enumerate(entries):
        size += len(entry.payload)
        if size > LARGEST_BODY and count:
            return entries[:count]
    return entries
