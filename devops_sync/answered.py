"""What a sender was answered, in Jira's shapes.

Nearly every answer follows from what is kept of the request, so it is written again when somebody asks: a copy of each
would make every submission larger. Kept are those that do not follow: Jira's word that a sender waited for, and the
answers to requests that may be repeated.
"""

from dataclasses import dataclass

import msgspec

from .jira import receipts, wire
from .models import FirstAnswer, Submission

JSON = "application/json;charset=UTF-8"


@dataclass(frozen=True)
class Answered:
    """An answer: its status, the headers that say something, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(status: int, sentence: str, api: str) -> bytes:
    """Why a request is refused: in an array, of development information in an object; 401 and 403 with `code`."""
    if status in (401, 403):
        return msgspec.json.encode({"code": status, "message": "Unauthorized" if status == 401 else sentence})
    errors = [{"message": sentence}]
    return msgspec.json.encode({"errorMessages": errors} if api == "devinfo" else errors)


def headers_of_refusal(status: int) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}


def receipt(api: str, items: list[wire.Item]) -> bytes:
    """What is taken and what is not, as far as we know it ourselves."""
    return receipts.write(
        api,
        accepted=[item for item in items if not item.fault],
        rejected=[(item, [{"message": item.fault}]) for item in items if item.fault],
    )


def to(submission: Submission) -> Answered | None:
    """The answer to a request that came over HTTP; None for what nobody was answered, or when it is not known."""
    if submission.head is None:
        return None
    if submission.status != 202:
        body = refusal(submission.status, submission.refusal, submission.api)
        return Answered(submission.status, {"Content-Type": JSON, **headers_of_refusal(submission.status)}, body)
    taken = _kept(submission) or _again(submission)
    return Answered(202, {"Content-Type": JSON, **_named(submission)}, taken) if taken is not None else None


def _kept(submission: Submission) -> bytes | None:
    if submission.answer is not None:
        return bytes(submission.answer)
    first = FirstAnswer.objects.filter(submission=submission).values_list("body", flat=True).first()
    return bytes(first) if first is not None else None


def _again(submission: Submission) -> bytes | None:
    try:
        return receipt(submission.api, wire.read(submission.api, bytes(submission.raw or b"")).items)
    except wire.Malformed:
        return None


def _named(submission: Submission) -> dict[str, str]:
    """The header that says where the submission is."""
    head = submission.head or {}
    host = head.get("headers", {}).get("Host", "")
    return {"Waybill-Submission": f"{head.get('scheme', 'http')}://{host}/submissions/{submission.pk}/"}
