"""Where an issue's timeline is, and what touches issues as the pages count it."""

from functools import lru_cache
from urllib.parse import quote

from django.urls import reverse

from devops_sync.models import issue

# The kinds that touch issues, from the deployment back to the branch.
TOUCHING = tuple(reversed(issue.KINDS))


def url_of(key: str) -> str:
    """The address of an issue's timeline, whatever stands in its key."""
    return f"{_list()}{quote(key, safe='')}/"


@lru_cache(maxsize=1)
def _list() -> str:
    return reverse("issue-list")
