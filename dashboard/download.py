"""Bytes as they were, to be saved and never to be shown by a browser."""

from django.http import HttpResponse


def of(raw: bytes | memoryview, name: str) -> HttpResponse:
    answer = HttpResponse(bytes(raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
