"""The lists by their names, with the view of each: what columns, saved views and selections are remembered by."""

from collections.abc import Mapping

from django.urls import reverse

LISTS: Mapping[str, str] = {
    "deployment": "deployment-list",
    "build": "build-list",
    "repository": "repository-list",
    "submission": "submission-list",
    "delivery": "delivery-list",
    "drift": "drift",
    "errand": "errand-list",
    "deletion": "deletion-list",
}


def address(name: str, query: str = "") -> str:
    """The address of a list with these filters."""
    return f"{reverse(LISTS[name])}?{query}" if query else reverse(LISTS[name])
