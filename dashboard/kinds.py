"""The kinds of the ledger as the pages show them, a row each: what they are called and where their pages are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

from devops_sync import kinds
from devops_sync.models import Entry
from devops_sync.models.current import Current

from . import versions


@dataclass(frozen=True)
class Kind:
    """One kind. Its icon has its name, its page's view and template theirs after it.

    `state_field` is the field of a payload that tells how it went, where there is one; `listed_in` the kind whose
    list it is found by.
    """

    name: str
    word: str
    words: str
    state_field: str = ""
    listed_in: str = "repository"

    @property
    def model(self) -> type[Current]:
        return kinds.KINDS[self.name].model

    @property
    def api(self) -> str:
        return kinds.KINDS[self.name].api

    @property
    def view(self) -> str:
        return self.name.replace("_", "-")

    @property
    def folder(self) -> str:
        """The first part of its addresses."""
        return self.words.replace(" ", "-")

    @property
    def template(self) -> str:
        return f"{self.name}.html"

    @property
    def list_view(self) -> str:
        return f"{self.listed_in}-list"

    @property
    def says(self) -> str:
        """The partial that says what only this kind has to say of itself."""
        return f"{self.template}#says"

    @property
    def counted(self) -> str:
        """As the filter `plural` takes it."""
        return f"{self.word},{self.words}"

    def url(self, pk: int) -> str:
        return f"{_before(self.view)}{pk}/"

    def evidence_url(self, pk: int) -> str:
        return reverse(f"evidence-{self.view}", args=[pk])

    def read_back_url(self, pk: int) -> str:
        return reverse(f"{self.view}-read-back", args=[pk])


@cache
def _before(view: str) -> str:
    """What stands before the number in the addresses of a kind: looked up once, since a list has dozens of them."""
    return reverse(view, args=[0]).removesuffix("0/")


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("deployment", "deployment", "deployments", "state", "deployment"),
        Kind("build", "build", "builds", "state", "build"),
        Kind("repository", "repository", "repositories"),
        Kind("commit", "commit", "commits"),
        Kind("branch", "branch", "branches"),
        Kind("pull_request", "pull request", "pull requests", "status"),
    )
}
# What one request of an API carries, as the filter `plural` takes it.
CARRIED = {"deployments": "deployment", "builds": "build", "devinfo": "entity,entities"}
# The kind whose list shows what came to an API.
LISTED_IN = {"deployments": "deployment", "builds": "build", "devinfo": "repository"}


@dataclass(frozen=True)
class Listed:
    """An entry among others, with the page of its entity while it, or what it sends again, is the current version."""

    entry: Entry
    kind: Kind
    url: str
    is_repeat: bool


def listed(entries: Iterable[Entry]) -> list[Listed]:
    """The entries with their pages, in one query for each kind among them, and one where any came out of order."""
    entries = list(entries)
    by_kind: dict[str, list[int]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).extend(pk for pk in (entry.pk, entry.origin_id) if pk)
    urls = {
        entry: KINDS[kind].url(pk)
        for kind, ids in by_kind.items()
        for entry, pk in KINDS[kind].model._default_manager.filter(entry__in=ids).values_list("entry", "pk")
    }
    repeated = versions.repeats(entries)
    return [
        Listed(
            entry,
            KINDS[entry.kind],
            urls.get(entry.pk) or urls.get(entry.origin_id or 0, ""),
            is_repeat=entry.pk in repeated,
        )
        for entry in entries
    ]
