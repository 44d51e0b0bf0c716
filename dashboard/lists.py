"""The lists by their names, with the view of each: what columns, saved views and selections are remembered by.

What is in a repository is listed on its page: such a list lies within the repository of that number.
"""

from collections.abc import Mapping

from django.urls import reverse

from devops_sync import digits

LISTS: Mapping[str, str] = {
    "deployment": "deployment-list",
    "build": "build-list",
    "repository": "repository-list",
    "submission": "submission-list",
    "delivery": "delivery-list",
    "drift": "drift",
    "errand": "errand-list",
    "deletion": "deletion-list",
    "audit": "audit-list",
}


# Which of a repository's lists are remembered by the kind of what they show.
INSIDE = ("commit", "branch", "pull_request")


def is_known(name: str, within: str = "") -> bool:
    """Whether there is a list of this name: among what is in a repository only within one."""
    return name in LISTS or (name in INSIDE and digits.only(within))


def address(name: str, query: str = "", within: str = "") -> str:
    """The address of a list with these filters."""
    path = reverse("repository", args=[int(within)]) if name in INSIDE else reverse(LISTS[name])
    return f"{path}?{query}" if query else path
