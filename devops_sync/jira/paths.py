"""Where things are in Jira's DevOps APIs: versions, and the path of every entity below an API's base.

From Atlassian's reference. Development information is 0.10 on a site and 0.1 on the gateway.

"." and ".." are steps in a path, written out or as %2E, and whoever stands on the way may take them: deleting the
commit ".." of a repository would delete the repository. No way of writing them is safe, so no path is made of them.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlencode

from .addresses import NotAllowed

# The version on a site's own paths, and behind the gateway of api.atlassian.com.
SITE_VERSIONS: Mapping[str, str] = {"deployments": "0.1", "builds": "0.1", "devinfo": "0.10"}
GATEWAY_VERSIONS: Mapping[str, str] = {"deployments": "0.1", "builds": "0.1", "devinfo": "0.1"}

# Each part of a pattern is a word of the path, or stands for the next part of the key: None.
Pattern = tuple[str | None, ...]
ENTITIES: Mapping[str, Pattern] = {
    "deployment": ("pipelines", None, "environments", None, "deployments", None),
    "build": ("pipelines", None, "builds", None),
    "repository": ("repository", None),
    "commit": ("repository", None, "commit", None),
    "branch": ("repository", None, "branch", None),
    "pull_request": ("repository", None, "pull_request", None),
}


# Some servers decode a slash before they take the steps, and some read a backslash as one.
_BETWEEN_STEPS = re.compile(r"[/\\]")


class CannotBeNamed(NotAllowed):
    """No path can name it; the text is the sentence that says why."""


def has_steps(path: str) -> bool:
    """Whether a path, percent-encoded or not, has a "." or ".." in it that leads elsewhere."""
    return any(part in (".", "..") for part in _BETWEEN_STEPS.split(unquote(path)))


def on_gateway(api: str, cloud_id: str) -> str:
    """The base of an API behind the gateway."""
    return f"/jira/{api}/{GATEWAY_VERSIONS[api]}/cloud/{quote(cloud_id, safe='')}"


def on_site(api: str) -> str:
    """The base of an API on a site's own paths."""
    return f"/rest/{api}/{SITE_VERSIONS[api]}"


def entity(kind: str, key: Sequence[str | int]) -> str:
    """The path of one entity below its API's base, percent-encoded. Raises `CannotBeNamed`."""
    parts = iter(key)
    return "/" + "/".join(word if word is not None else _segment(str(next(parts))) for word in ENTITIES[kind])


def _segment(ident: str) -> str:
    """One part of a key in a path. An id such as "a..b" or "%2E%2E", percent sign and all, is only text."""
    if any(part in (".", "..") for part in _BETWEEN_STEPS.split(ident)):
        raise CannotBeNamed(
            f"The id “{ident[:100]}” cannot be put in an address: a “.” or “..” in it would lead to something else. "
            "Nothing was sent to Jira."
        )
    return quote(ident, safe="")


def by_properties(operation: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The path of `bulkByProperties` or `existsByProperties` with its query."""
    return f"/{operation}?{urlencode(pairs, quote_via=quote)}"


def split(kind: str, path: str) -> list[tuple[str, ...]]:
    """The keys that a decoded path below an API's base may mean for a kind, the likeliest first.

    Servers hand over decoded paths, so a slash in an id cannot be told from one between words. Every way
    to cut the path at the pattern's words is given; ids without a slash leave one.
    """
    return [key for key in _cut(ENTITIES[kind], path.split("/")) if all(key)]


def _cut(pattern: Pattern, segments: list[str]) -> list[tuple[str, ...]]:
    if not pattern:
        return [()] if not segments else []
    word, *rest = pattern
    if word is not None:
        return _cut(tuple(rest), segments[1:]) if segments and segments[0] == word else []
    longest = len(segments) - len(rest)
    return [
        ("/".join(segments[:length]), *others)
        for length in range(1, min(longest, 20) + 1)
        for others in _cut(tuple(rest), segments[length:])
    ]
