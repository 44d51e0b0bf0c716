"""The references of a build: which commits and refs went into it, read from its payload."""

from dataclasses import dataclass, replace
from typing import Any

from .versions import clean

SHOWN = 25


@dataclass(frozen=True)
class Reference:
    """One of them: a commit, a ref or both, as their sender names them."""

    commit_id: str = ""
    ref_name: str = ""
    ref_url: str = ""
    repository_url: str = ""
    commit_page: int | None = None


@dataclass(frozen=True)
class References:
    """The first of them, and how many there are."""

    shown: list[Reference]
    count: int

    @property
    def commit_ids(self) -> list[str]:
        return [one.commit_id for one in self.shown if one.commit_id]

    def with_pages(self, pages: dict[str, int]) -> "References":
        """With the commits that the ledger knows, by their ids."""
        return replace(self, shown=[replace(one, commit_page=pages.get(one.commit_id)) for one in self.shown])

    @property
    def beyond(self) -> int:
        return self.count - len(self.shown)


def read(payload: dict[str, Any]) -> References:
    found = payload.get("references")
    items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return References([_reference(item) for item in items[:SHOWN]], len(items))


def _reference(item: dict[str, Any]) -> Reference:
    commit, ref = _object(item, "commit"), _object(item, "ref")
    return Reference(_text(commit, "id"), _text(ref, "name"), _text(ref, "uri"), _text(commit, "repositoryUri"))


def _object(item: dict[str, Any], name: str) -> dict[str, Any]:
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def _text(item: dict[str, Any], name: str) -> str:
    found = item.get(name)
    return clean(found) if isinstance(found, str) else ""


def commits_of(payload: dict[str, Any]) -> list[str]:
    """The hashes of the commits that a deployment's associations name, the first of them."""
    found = payload.get("associations")
    named = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    values = [item.get("values") for item in named if item.get("associationType") == "commit"]
    commits = [value for some in values if isinstance(some, list) for value in some if isinstance(value, dict)]
    return [_text(commit, "commitHash") for commit in commits[:SHOWN]]
