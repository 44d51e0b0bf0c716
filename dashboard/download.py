"""Bytes as they were, to be saved and never to be shown by a browser."""

from typing import TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase

A = TypeVar("A", bound=HttpResponseBase)


def of(raw: bytes | memoryview, name: str) -> HttpResponse:
    return saved(HttpResponse(bytes(raw), content_type="application/octet-stream"), name)


def saved(answer: A, name: str) -> A:
    """The answer as a file of this name."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
