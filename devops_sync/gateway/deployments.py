"""Jira's deployments API 0.1, inbound."""

from django.http import HttpResponse
from django.urls import reverse

from .. import ledger
from ..jira import receipts
from ..models import Entry
from . import answers
from .machine import Call, Refuse, body_of, for_sender, printable

_STATES = {Entry.Outcome.ACCEPTED: "accepted", Entry.Outcome.REJECTED: "rejected"}


@for_sender("write", "POST")
def bulk(call: Call) -> HttpResponse:
    """submitDeployments: what is taken is durable before the 202 leaves."""
    body = body_of(call.request)
    arrival = _arrival(call, body)
    if body is None:
        sentence = "The request body is larger than Waybill takes."
        ledger.refuse(arrival, 413, sentence)
        raise Refuse(413, sentence)
    try:
        submitted = ledger.submit(arrival)
    except ledger.Refused as refused:
        raise Refuse(refused.status, refused.message) from None
    receipt = receipts.write(
        arrival.api,
        accepted=[item for item in submitted.items if not item.fault],
        rejected=[(item, [{"message": item.fault}]) for item in submitted.items if item.fault],
    )
    answer = answers.raw_json(receipt, 202)
    address = call.request.build_absolute_uri(reverse("submission", args=[submitted.id]))
    answer["Waybill-Submission"] = address
    return answer


def _arrival(call: Call, body: bytes | None) -> ledger.Arrival:
    declared = call.request.META.get("CONTENT_LENGTH") or "0"
    return ledger.Arrival(
        api="deployments",
        path=printable(call.request.path),
        body=body or b"",
        received_at=call.received_at,
        size=len(body) if body is not None else int(declared),
        site=call.site,
        token=call.token,
        remote_address=call.request.META.get("REMOTE_ADDR") or None,
    )


@for_sender("read", "GET", "HEAD")
def one(call: Call, *, pipeline_id: str, environment_id: str, number: str) -> HttpResponse:
    """getDeploymentByKey: what the ledger holds as current, in the sender's own words."""
    found = None
    sound = number.removeprefix("-").isascii() and number.removeprefix("-").isdigit() and len(number) < 20
    if sound and -(2**63) <= int(number) < 2**63 and "\0" not in pipeline_id + environment_id:
        found = ledger.current_deployment(call.site, pipeline_id, environment_id, int(number))
    if found is None:
        raise Refuse(404, "No data found for the given deployment ID.")
    answer = answers.raw_json(found.entry.payload)
    answer["Waybill-State"] = _STATES.get(Entry.Outcome(found.entry.outcome), "pending")
    return answer
