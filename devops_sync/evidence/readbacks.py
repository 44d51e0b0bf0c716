"""What Jira gave back when it was read, and what it said of the gates that deployments wait at."""

from collections.abc import Iterator
from typing import Any

from ..models import Confirmation, Gate, GateReading
from . import wording
from .archive import Archive
from .collecting import Belongings, slices
from .redactions import Redactions
from .tally import Table, Tally

_AT_ONCE = 50


def write(archive: Archive, found: Belongings, tally: Tally, redactions: Redactions) -> Iterator[bytes]:
    told = tally.table("Read-backs", "Read-back", "Of", "Asked", "Answered", "Found", "Fields that differ")
    for some in slices(found.readbacks, _AT_ONCE):
        redactions.look("confirmation", some)
        for one in Confirmation.objects.filter(pk__in=some).select_related("user").order_by("pk"):
            told.add(
                *(one.pk, f"entry {one.entry_id}", wording.told(one.asked_at), wording.told(one.answered_at)),
                *(one.get_result_display(), ", ".join(map(str, one.differences))),
            )
            yield from archive.add(f"readbacks/{one.pk}/readback.json", wording.page(_facts(one)))
            if one.body is not None:
                yield from archive.add(f"readbacks/{one.pk}/answer.bin", bytes(one.body))
    for some in slices(found.gates, _AT_ONCE):
        for gate in Gate.objects.filter(pk__in=some).order_by("pk"):
            yield from _of_gate(archive, gate, told)


def _facts(one: Confirmation) -> dict[str, Any]:
    return {
        "readback": one.pk,
        "entry": one.entry_id,
        "asked_by": one.user.get_username() if one.user else None,
        "errand": one.errand_id,
        "asked_at": wording.instant(one.asked_at),
        "answered_at": wording.instant(one.answered_at),
        "tries": one.tries,
        "url": one.url,
        "status": one.status,
        "result": one.result,
        "differences": one.differences,
        "failure": one.failure,
    }


def _of_gate(archive: Archive, gate: Gate, told: Table) -> Iterator[bytes]:
    for one in GateReading.objects.filter(gate=gate).order_by("pk").iterator(_AT_ONCE):
        said = {
            "gate": gate.key,
            "read_at": wording.instant(one.read_at),
            "http_status": one.http_status,
            "status": one.status,
            "failure": one.failure,
        }
        told.add(f"gate {one.pk}", f"entry {gate.entry_id}", "", wording.told(one.read_at), one.status or one.failure)
        yield from archive.add(f"readbacks/gate-{one.pk}/readback.json", wording.page(said))
        yield from archive.add(f"readbacks/gate-{one.pk}/answer.bin", bytes(one.body))
