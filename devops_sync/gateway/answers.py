"""Answers in Jira's shapes. Deployments and builds say what is wrong in an array."""

from typing import Any

import msgspec
from django.http import HttpResponse

from .. import answered


def as_json(body: Any, status: int = 200) -> HttpResponse:
    """Any value as JSON."""
    return raw_json(msgspec.json.encode(body), status)


def raw_json(body: bytes | str, status: int = 200) -> HttpResponse:
    """JSON that is written already."""
    return HttpResponse(body, status=status, content_type=answered.JSON)


def refusal(status: int, sentence: str, api: str = "") -> HttpResponse:
    """Why a request is refused."""
    answer = raw_json(answered.refusal(status, sentence, api), status)
    for name, value in answered.headers_of_refusal(status).items():
        answer[name] = value
    return answer
