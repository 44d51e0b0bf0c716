"""`/keys/`: what the keyboard does, and whether single keys do it for this person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..methods import require_GET

KEYS = (
    ("/", "Go to the search"),
    ("Escape", "Leave the search, close a menu or this list"),
    ("j", "To the next row"),
    ("k", "To the row before it"),
    ("Enter", "Open the row"),
    ("x", "Tick the row, or take the tick away"),
    ("?", "Show this list, or put it away"),
)


@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    return render(request, "keys.html", {"keys": KEYS})
