"""Submitting: what is taken is durable before the 202 leaves, and in Jira's shape like all else."""

import uuid

from django.http import HttpResponse
from django.urls import reverse

from .. import answered, first_answers, ledger, remote
from ..jira import wire
from ..models import FirstAnswer
from . import answers, heads, waiting
from .machine import Call, Refuse, body_of, declared_size, for_sender, printable

LONGEST_KEY = 255


@for_sender("write", "POST")
def bulk(call: Call) -> HttpResponse:
    """Submit entities. With `Prefer: wait=N` the answer is held until Jira has spoken."""
    arrival = _arrival(call, body_of(call.request))
    try:
        submitted = ledger.submit(arrival)
    except ledger.Refused as refused:
        return answers.refusal(refused.status, refused.message, call.api)
    except first_answers.Repeated as repeated:
        return _repeat(call, arrival, repeated.first)
    return _taken(call, submitted.id, submitted.items, is_kept=bool(arrival.repeat_key))


def _arrival(call: Call, body: bytes | None) -> ledger.Arrival:
    """The request as it arrived. Raises `Refuse`."""
    key = call.request.headers.get("Idempotency-Key", "").strip()
    arrival = ledger.Arrival(
        api=call.api,
        path=printable(call.request.path),
        body=body,
        received_at=call.received_at,
        size=len(body) if body is not None else declared_size(call.request) or 0,
        site=call.site,
        token=call.token,
        remote_address=remote.address_of(call.request),
        repeat_key=printable(key),
        head=heads.of(call.request),
    )
    if body is None:
        sentence, status = "The request body is larger than Waybill takes.", 413
    elif len(key) > LONGEST_KEY:
        sentence, status = f"'Idempotency-Key' can have a maximum of {LONGEST_KEY} characters", 400
    else:
        return arrival
    ledger.refuse(arrival, status, sentence)
    raise Refuse(status, sentence)


def _taken(call: Call, submission_id: uuid.UUID, items: list[wire.Item], *, is_kept: bool) -> HttpResponse:
    """The answer to a submission that is on record: Jira's word where the sender waits for it, else our own."""
    seconds = waiting.seconds_in(call.request.headers.get("Prefer", ""))
    spoken = waiting.receipt(call.api, submission_id, items, seconds)
    body = spoken or answered.receipt(call.api, items)
    if is_kept:
        ledger.keep_answer(submission_id, body)
    elif spoken is not None:
        ledger.keep_word(submission_id, spoken)
    answer = _named(call, answers.raw_json(body, 202), submission_id)
    if spoken is not None:
        answer["Preference-Applied"] = f"wait={seconds}"
    return answer


def _repeat(call: Call, arrival: ledger.Arrival, first: FirstAnswer) -> HttpResponse:
    """The answer to the first request with this key. Raises `Refuse` when this is another request."""
    submission = first.submission
    if submission.api != arrival.api or bytes(submission.raw or b"") != arrival.body:
        raise Refuse(422, "This 'Idempotency-Key' was used for another request; take a new key for a new request.")
    if first.status != 202:
        answer = answers.refusal(first.status, submission.refusal, call.api)
    elif first.body is not None:
        answer = answers.raw_json(bytes(first.body), 202)
    else:
        # The first is still held, or its process died: this one is answered in its place.
        answer = _taken(call, submission.pk, ledger.items_of(submission), is_kept=True)
    answer["Idempotent-Replayed"] = "true"
    return _named(call, answer, submission.pk) if first.status == 202 else answer


def _named(call: Call, answer: HttpResponse, submission_id: uuid.UUID) -> HttpResponse:
    answer["Waybill-Submission"] = call.request.build_absolute_uri(reverse("submission", args=[submission_id]))
    return answer
