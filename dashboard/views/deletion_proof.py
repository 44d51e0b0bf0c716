"""`/deletions/<id>/proof/`: each question to Jira whether something is gone, with its answers; and the report."""

import datetime as dt
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from devops_sync import digits, roles
from devops_sync.cleaning import noting
from devops_sync.models import Cleanup, ProofReading

from .. import deletion_run, deletions, download, live
from ..doors import readers_only
from ..methods import require_GET

SIZE = 50
# So many requests and readings are written on paper; the file has all of them.
MOST_PRINTED = 200
Result = ProofReading.Result
RESULTS = {
    "gone": Result.GONE,
    "there": Result.THERE,
    "newer": Result.NEWER,
    "not_told": Result.NOT_TOLD,
    "open": Result.UNANSWERED,
}


@require_GET
@readers_only
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    found = deletions.find(request, pk)
    picked = request.GET.get("result", "")
    after = request.GET.get("after", "")
    problem = ""
    if picked and picked not in RESULTS:
        problem = f"“{picked[:40]}” is no result. There are: {', '.join(RESULTS)}."
    elif after and not digits.only(after, 9):
        problem = "It names a place in the list that cannot be one. Go back to the beginning."
    rows = found.readings.order_by("position").defer("body")
    if picked in RESULTS:
        rows = rows.filter(result=RESULTS[picked])
    if after and not problem:
        rows = rows.filter(position__gt=int(after))
    shown = [] if problem else list(rows[: SIZE + 1])
    for row in shown:
        row.told = [_answer(one) for one in row.answers]  # type: ignore[attr-defined]
    run = deletion_run.read_back(found)
    is_over = found.report_sha256 is not None
    return deletions.page(
        request,
        "deletion_proof.html",
        found,
        "proof",
        {
            "readings": shown[:SIZE],
            "older": shown[SIZE - 1].position if len(shown) > SIZE else None,
            "is_paged": bool(after),
            "picked": picked,
            "problem": problem,
            "reads": [(deletion_run.WORDS.get(api, api), read) for api, read in _in_order(run)],
            "total": sum(read.total for read in run.values()),
            "report_name": _name(found),
        },
        [live.Part("part-said", "said"), live.Part("part-readings", "readings"), live.Part("part-seal", "seal")],
        every=None if found.is_over or is_over else 2 if found.state == Cleanup.State.PROVING else 5,
        status=400 if problem else 200,
    )


@require_GET
@readers_only
def report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The sealed bytes exactly, since their hash is what they are proven by."""
    found = deletions.find(request, pk)
    sealed = _sealed(found)
    if sealed is None:
        return HttpResponse(f"{_not_yet(found)}\n", content_type="text/plain; charset=utf-8", status=404)
    noting.exported(found, "its report")
    return download.saved(HttpResponse(sealed, content_type="application/json"), _name(found))


@require_GET
@readers_only
def report_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The sealed report for people, and for paper: made from the file's own words, not from what is known since."""
    found = deletions.find(request, pk)
    sealed = _sealed(found)
    context: dict[str, Any] = {"one": found, "report_name": _name(found), "not_yet": _not_yet(found)}
    if sealed is None:
        return render(request, "deletion_report.html", context, status=404)
    said = json.loads(sealed)
    return live.page(
        request,
        "deletion_report.html",
        {
            **context,
            "said": said,
            "may_evidence": roles.may_take_evidence(request.user, found.site),
            "size": len(sealed),
            "kinds": [(name, kind) for name, kind in (said["preview"].get("kinds") or {}).items()],
            "requests": [_request(one) for one in said["requests"][:MOST_PRINTED]],
            "more_requests": max(0, len(said["requests"]) - MOST_PRINTED),
            "readings": [_reading(one) for one in said["readings"][:MOST_PRINTED]],
            "more_readings": max(0, len(said["readings"]) - MOST_PRINTED),
            "results": _results(said["readings"]),
            "redactions": len(said["redactions"]),
        },
        [],
        every=None,
    )


def _in_order(reads: dict[str, deletion_run.ReadBack]) -> list[tuple[str, deletion_run.ReadBack]]:
    return [(api, reads[api]) for api in deletion_run.WORDS if api in reads]


def _answer(one: dict[str, Any]) -> dict[str, Any]:
    found = Result(one["found"])
    return {"at": dt.datetime.fromisoformat(one["at"]), "status": one["status"], "word": found.label.lower()}


def _sealed(found: Cleanup) -> bytes | None:
    if found.report_sha256 is None:
        return None
    return bytes(Cleanup.objects.values_list("report", flat=True).get(pk=found.pk) or b"")


def _name(found: Cleanup) -> str:
    return f"waybill-deletion-{found.site.slug}-{found.pk}.json"


def _not_yet(found: Cleanup) -> str:
    if found.is_over:
        return f"Deletion {found.pk} has no report: it ended before Jira was asked for anything."
    return f"Deletion {found.pk} has no report yet: it is sealed when Jira's last answer is in."


def _request(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "of": _words(one)}


def _reading(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "of": _words(one), "word": Result(one["result"]).label}


def _words(one: dict[str, Any]) -> str:
    """The key as people read it."""
    return " / ".join(map(str, one["key"] or ()))


def _results(readings: list[dict[str, Any]]) -> list[tuple[str, int]]:
    many = {result: sum(one["result"] == result for one in readings) for result in Result}
    return [(result.label, count) for result, count in many.items() if count]
