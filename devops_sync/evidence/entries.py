"""The versions of the entities: `entries.ndjson`, a line for each, in the order in which they came."""

from collections.abc import Iterator
from typing import Any

from ..jira import keys
from ..models import Entry
from . import wording
from .archive import Archive
from .collecting import Belongings, slices
from .redactions import Redactions
from .tally import Tally

_AT_ONCE = 200


def write(archive: Archive, found: Belongings, tally: Tally, redactions: Redactions) -> Iterator[bytes]:
    yield from archive.stream("entries.ndjson", _lines(found, tally, redactions))


def _lines(found: Belongings, tally: Tally, redactions: Redactions) -> Iterator[bytes]:
    told = tally.table("Versions", "Entry", "Kind", "Key", "Sequence", "Became", "At", "Read back", "Submission")
    for some in slices(found.entries, _AT_ONCE):
        rows = Entry.objects.filter(pk__in=some).select_related("site", "lane", "cause", "envelope__property_set")
        redactions.look("entry", some)
        for entry in rows.order_by("pk"):
            tally.outcomes[entry.get_outcome_display()] += 1
            tally.read_backs[entry.get_read_back_display()] += 1
            told.add(
                *(entry.pk, entry.kind.replace("_", " "), keys.words(entry.key), entry.sequence),
                *(entry.get_outcome_display(), wording.told(entry.outcome_at)),
                *(entry.get_read_back_display(), entry.submission_id),
            )
            yield wording.lines(_facts(entry))


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry.pk,
        "site": entry.site.slug,
        "submission": str(entry.submission_id),
        "position": entry.position,
        "kind": entry.kind,
        "key": entry.key,
        "sequence": entry.sequence,
        "properties": entry.envelope.property_set.pairs,
        "around": entry.envelope.fields,
        "payload": entry.payload,
        "mends": entry.mends,
        "lane": str(entry.lane) if entry.lane else None,
        "outcome": entry.outcome,
        "outcome_at": wording.instant(entry.outcome_at),
        "delivery": entry.delivery_id,
        "errors": entry.errors,
        "cause": entry.cause.text if entry.cause else None,
        "unknown_issues": entry.unknown_issues,
        "superseded_by": entry.superseded_by_id,
        "origin": entry.origin_id,
        "read_back": entry.read_back,
        "read_back_at": wording.instant(entry.read_back_at),
    }
