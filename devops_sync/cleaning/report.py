"""The report of a clean-up: everything that can be said of it, sealed by its hash once the last answer is in.

It is JSON with sorted keys and no spaces, in UTF-8. Whoever has the file can compute the SHA-256 of its bytes again.
"""

import datetime as dt
import hashlib
import json
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from ..models import Cleanup, CleanupPart, Delivery, ProofReading
from ..models.cleanup import said
from . import noting

FORMAT = "waybill-deletion-report/1"
State = Cleanup.State
Result = ProofReading.Result


@transaction.atomic
def seal(cleanup: Cleanup, now: dt.datetime) -> None:
    """End a clean-up: say how it came out, and keep its report with the hash."""
    cleanup.state = _how_it_ended(cleanup)
    cleanup.finished_at = now
    cleanup.history = [*cleanup.history, said(now, "Waybill", f"ended it: {cleanup.get_state_display().lower()}")]
    cleanup.report = as_bytes(cleanup)
    cleanup.report_sha256 = hashlib.sha256(cleanup.report).digest()
    cleanup.save(update_fields=["state", "finished_at", "history", "report", "report_sha256"])
    noting.note(
        "ended",
        cleanup,
        state=cleanup.get_state_display().lower(),
        stopped_for=cleanup.stopped_for,
        report_sha256=cleanup.report_sha256.hex(),
    )


def _how_it_ended(cleanup: Cleanup) -> State:
    if cleanup.stopped_for:
        return State.STOPPED
    # Where nobody stopped it, what was cancelled had changed since the preview, and its rule passed it over.
    asked = cleanup.parts.exclude(state=CleanupPart.State.CANCELLED)
    not_taken = asked.exclude(deletion__outcome="accepted").exists()
    not_gone = cleanup.readings.exclude(result__in=[Result.GONE, Result.NEWER]).exists()
    return State.UNPROVEN if not_taken or not_gone else State.PROVEN


def as_bytes(cleanup: Cleanup) -> bytes:
    """The report as it is now."""
    return json.dumps(written(cleanup), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def written(cleanup: Cleanup) -> dict[str, Any]:
    """The report's content, with instants in UTC."""
    deliveries = Delivery.objects.order_by("id").defer("request_body", "request_headers", "response_headers")
    parts = cleanup.parts.select_related("deletion").order_by("position")
    parts = parts.prefetch_related(Prefetch("deletion__deliveries", deliveries))
    return {
        "format": FORMAT,
        "deletion": cleanup.pk,
        "site": {"slug": cleanup.site.slug, "url": cleanup.site.url, "cloud_id": cleanup.site.cloud_id},
        "outcome": cleanup.state,
        "stopped_for": cleanup.stopped_for,
        "criteria": {
            "apis": cleanup.apis,
            "properties": cleanup.properties,
            "until_sequence": cleanup.until_sequence,
            "what": cleanup.what,
            "rule": cleanup.rule.name if cleanup.rule else None,
        },
        "preview": {**_counted(cleanup), "at": _instant(cleanup.previewed_at), "fingerprint": cleanup.fingerprint},
        "asked": {"by": cleanup.sender, "origin": cleanup.origin, "at": _instant(cleanup.asked_at)},
        "confirmed": {
            "by": _name(cleanup.confirmed_by),
            "at": _instant(cleanup.confirmed_at),
            "reason": cleanup.reason,
        },
        "approved": {
            "needed": cleanup.needs_approval,
            "by": _name(cleanup.approved_by),
            "at": _instant(cleanup.approved_at),
        },
        "started_at": _instant(cleanup.started_at),
        "asked_all_at": _instant(cleanup.asked_all_at),
        "finished_at": _instant(cleanup.finished_at),
        "history": cleanup.history,
        "requests": [_part(part) for part in parts],
        "readings": [_reading(one) for one in cleanup.readings.order_by("position")],
        "redactions": list(_redactions(cleanup)),
    }


def _counted(cleanup: Cleanup) -> dict[str, Any]:
    return {name: cleanup.preview.get(name) for name in ("kinds", "total", "waiting", "matching")}


def _part(part: CleanupPart) -> dict[str, Any]:
    deletion = part.deletion
    return {
        "api": part.api,
        "kind": part.kind,
        "key": json.loads(part.key) if part.key else None,
        "previewed": part.total,
        "marked": part.marked,
        "withdrawn": part.withdrawn,
        "state": part.state,
        "outcome": deletion.outcome if deletion else None,
        "outcome_at": _instant(deletion.outcome_at) if deletion else None,
        "errors": deletion.errors if deletion else [],
        "deliveries": [_delivery(one) for one in deletion.deliveries.all()] if deletion else [],
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "number": one.pk,
        "method": one.method,
        "url": one.url,
        "started_at": _instant(one.started_at),
        "finished_at": _instant(one.finished_at),
        "request_sha256": bytes(one.request_sha256).hex(),
        "status": one.status,
        "answer": bytes(one.response_body or b"")[:16384].decode("utf-8", "replace"),
        "failure": one.failure,
    }


def _reading(one: ProofReading) -> dict[str, Any]:
    return {
        "api": one.api,
        "kind": one.kind,
        "key": json.loads(one.key) if one.key else None,
        "url": one.url,
        "result": one.result,
        "failure": one.failure,
        "answers": one.answers,
    }


def _redactions(cleanup: Cleanup) -> Any:
    for one in cleanup.redactions.order_by("id"):
        yield {
            "record": one.record,
            "number": one.number,
            "column": one.column,
            "sha256_before": bytes(one.sha256_before).hex(),
            "sha256_after": bytes(one.sha256_after).hex(),
            "fields": one.fields,
            "at": _instant(one.redacted_at),
        }


def _name(user: Any) -> str | None:
    return user.get_username() if user is not None else None


def _instant(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat() if at is not None else None
