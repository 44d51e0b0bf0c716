"""Answers in Jira's shapes. Deployments and builds say what is wrong in an array."""

from typing import Any

import msgspec
from django.http import HttpResponse


def as_json(body: Any, status: int = 200) -> HttpResponse:
    """Any value as JSON."""
    return raw_json(msgspec.json.encode(body), status)


def raw_json(body: bytes | str, status: int = 200) -> HttpResponse:
    """JSON that is written already."""
    return HttpResponse(body, status=status, content_type="application/json;charset=UTF-8")


def refusal(status: int, sentence: str, api: str = "") -> HttpResponse:
    """Why a request is refused: in an array, of development information in an object; 401 and 403 with `code`."""
    if status in (401, 403):
        answer = as_json({"code": status, "message": "Unauthorized" if status == 401 else sentence}, status)
    elif api == "devinfo":
        answer = as_json({"errorMessages": [{"message": sentence}]}, status)
    else:
        answer = as_json([{"message": sentence}], status)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer
