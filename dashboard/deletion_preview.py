"""The preview of a deletion as its page and its file show it: counts, places, a sample, and what to mind."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from devops_sync.models import Cleanup, Repository
from devops_sync.models.current import Current

from . import deletions, places
from .kinds import KINDS, Kind
from .templatetags.look import key_words, plural

FIELDS = ("kind", "id", "key", "name", "where", "environment", "issues", "changed_at", "jira", "submission")
_DEVINFO = "devinfo"


@dataclass(frozen=True)
class Line:
    """A line of the table of counts. `share` is of the largest, in percent."""

    word: str
    in_jira: int
    waiting: int
    first: dt.datetime | None
    last: dt.datetime | None
    is_within: bool = False
    share: float = 0.0


@dataclass(frozen=True)
class Place:
    """A pipeline, environment or repository with how many would be missing there."""

    name: str
    many: int
    url: str
    share: float


@dataclass(frozen=True)
class Places:
    """The largest of some sort, and how many more there are."""

    word: str
    places: list[Place]

    def __bool__(self) -> bool:
        return bool(self.places)


@dataclass(frozen=True)
class Sampled:
    """One of the sample, with its page."""

    kind: Kind
    row: Any
    url: str

    @property
    def name(self) -> str:
        return name_of(self.row)

    @property
    def where(self) -> str:
        return " ".join(part for part in where_of(self.row) if part)


@dataclass(frozen=True)
class Preview:
    """What a clean-up's preview says, for people."""

    cleanup: Cleanup

    @property
    def _said(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cleanup.preview
        return found

    @property
    def matching(self) -> int:
        """How many the ledger knows, in Jira or not: as many as the file has."""
        return int(self._said.get("matching", 0))

    @property
    def not_there(self) -> int:
        """How many match that Jira does not hold and that do not wait either, such as what it rejected."""
        return max(0, self.matching - self.cleanup.total - self.cleanup.waiting)

    @property
    def fingerprint(self) -> str:
        """Its beginning, in groups that can be read aloud."""
        text = self.cleanup.fingerprint[:12]
        return " ".join(text[start : start + 4] for start in range(0, len(text), 4))

    @cached_property
    def lines(self) -> list[Line]:
        """A line for each API, of development information one for each kind in it too."""
        said = self._said["kinds"]
        # The database keeps the names in an order of its own.
        kinds = {name: _line(kind.words.capitalize(), said[name]) for name, kind in KINDS.items() if name in said}
        found = [line for name, line in kinds.items() if KINDS[name].api != _DEVINFO]
        within = [line for name, line in kinds.items() if KINDS[name].api == _DEVINFO]
        if within:
            found.append(_sum("Development information", within))
            found += [Line(**{**vars(line), "is_within": True}) for line in within]
        most = max((line.in_jira for line in found), default=0) or 1
        return [Line(**{**vars(line), "share": round(100 * line.in_jira / most, 1)}) for line in found]

    @property
    def sum(self) -> Line:
        return _sum("Total", [line for line in self.lines if not line.is_within])

    @cached_property
    def missing(self) -> list[Places]:
        """Where it would be missing, largest first."""
        site = self.cleanup.site
        known = places.known([site])
        pipelines = {one.pipeline_id: one.pipeline_name for one in known}
        environments = {one.environment_id: one.environment_name for one in known}
        repositories = self._repositories()
        query = urlencode({"site": site.slug})
        lists = [
            _places("Pipelines", self._said["pipelines"], lambda ident: (
                pipelines.get(ident, ident),
                places.url_of(site.slug, ident) if ident in pipelines else "",
            )),
            _places("Environments", self._said["environments"], lambda ident: (
                environments.get(ident, ident),
                f"{reverse('deployment-list')}?{query}&{urlencode({'environment': ident})}",
            )),
            _places("Repositories", self._said["repositories"], lambda ident: repositories.get(ident, (ident, ""))),
        ]  # fmt: skip
        return [one for one in lists if one]

    def _repositories(self) -> dict[str, tuple[str, str]]:
        idents = [ident for ident, _ in self._said["repositories"]["largest"]]
        if not idents:
            return {}
        rows = Repository.objects.filter(site=self.cleanup.site_id, repository_id__in=idents)
        return {
            row.repository_id: (row.name, KINDS["repository"].url(row.pk)) for row in rows.only("repository_id", "name")
        }

    @cached_property
    def sample(self) -> list[Sampled]:
        """Some of the rows, while they are kept."""
        of_kind: dict[str, list[int]] = {}
        for name, pk in self._said["sample"]:
            of_kind.setdefault(name, []).append(pk)
        found = []
        for name, numbers in of_kind.items():
            kind = KINDS[name]
            rows = kind.model._default_manager.filter(pk__in=numbers, site=self.cleanup.site_id)
            found += [Sampled(kind, row, kind.url(row.pk)) for row in rows.order_by("-changed_at", "-pk")]
        return found

    @property
    def list_links(self) -> list[tuple[str, str]]:
        """The lists of what matches, by word and address; none for a list of keys."""
        if not self.cleanup.is_by_properties:
            return []
        given = [("site", self.cleanup.site.slug)]
        given += [("property", f"{key}={value}") for key, value in deletions.pairs(self.cleanup)]
        names = {"deployments": "deployment", "builds": "build", _DEVINFO: "repository"}
        kinds = [KINDS[names[api]] for api in self.cleanup.apis]
        return [(kind.words, f"{reverse(kind.list_view)}?{urlencode(given)}") for kind in kinds]

    @property
    def warnings(self) -> list[tuple[str, str]]:
        """What to mind before going on: the point, and what it means."""
        found = [*self._of_production(), *self._of_properties()]
        if self.cleanup.person:
            found.append(
                (
                    "The ledger forgets, too.",
                    "Where the person stands in payloads, requests and answers, it is redacted.",
                )
            )
        found.append(("It cannot be undone in Jira,", "only sent again from the ledger."))
        return found

    def _of_production(self) -> Iterable[tuple[str, str]]:
        many = int(self._said.get("production", 0))
        if many:
            yield f"{plural(many, 'is,are')} in production.", "Their issues will no longer show a release there."

    def _of_properties(self) -> Iterable[tuple[str, str]]:
        if not self.cleanup.is_by_properties:
            inside = "With a repository goes all that Jira has in it, also what the ledger never saw."
            if any(name == "repository" for name in self._said["kinds"]):
                yield "Jira may hold more.", inside
            return
        partly, sets = self._said.get("partly"), self._said.get("sets")
        if partly:
            count = len(self.cleanup.properties or {})
            all_of = "Both" if count == 2 else f"All {count}"
            yield f"{all_of} properties must match.", _stay(partly["many"], is_exact=partly["is_exact"])
        if sets and sets[0] > 1:
            every = "all" if sets[0] == sets[1] else f"{sets[0]:,} of the"
            yield (
                "It may be broader than it looks.",
                f"It is part of {every} {sets[1]:,} different sets of properties that were sent to this site.",
            )
        yield (
            "Jira may hold more.",
            "What was sent before Waybill, with the same properties, goes too and cannot be counted here.",
        )


def _stay(many: int, *, is_exact: bool) -> str:
    """What becomes of those that have only some of the properties."""
    if not many:
        return "Nothing has only some of them."
    if not is_exact:
        return f"{many:,} entities or more with only some of them stay."
    return f"{plural(many, 'entity,entities')} with only some of them {'stays' if many == 1 else 'stay'}."


def _line(word: str, said: dict[str, Any]) -> Line:
    first, last = (dt.datetime.fromisoformat(said[name]) if said[name] else None for name in ("first", "last"))
    return Line(word, said["in_jira"], said["waiting"], first, last)


def _sum(word: str, lines: Sequence[Line]) -> Line:
    firsts, lasts = [one.first for one in lines if one.first], [one.last for one in lines if one.last]
    return Line(
        word,
        sum(line.in_jira for line in lines),
        sum(line.waiting for line in lines),
        min(firsts, default=None),
        max(lasts, default=None),
    )


def _places(word: str, said: dict[str, Any], about: Any) -> Places:
    largest, rest = said["largest"], said["rest"]
    most = max([many for _, many in largest] + [rest], default=0) or 1
    found = [Place(*_of(about(ident)[0], many, about(ident)[1], most)) for ident, many in largest]
    if said["more"]:
        found.append(Place(*_of(f"{said['more']:,} more", rest, "", most)))
    return Places(word, found)


def _of(name: str, many: int, url: str, most: int) -> tuple[str, int, str, float]:
    return name, many, url, round(100 * many / most, 1)


def name_of(row: Any) -> str:
    """What people call an entity of any kind."""
    if hasattr(row, "listed_name"):
        said = row.listed_text.strip().split("\n", 1)[0]
        return f"{row.listed_name} {said}" if said and said != row.listed_name else str(row.listed_name)
    return str(row.name)


def where_of(row: Any) -> tuple[str, str]:
    """Where it is: its pipeline or its repository, and its environment."""
    place = getattr(row, "pipeline_name", "") or getattr(row, "pipeline_id", "") or getattr(row, "repository_id", "")
    return place, getattr(row, "environment_name", "")


def fields(kind: str, row: Current) -> Sequence[object]:
    """A line of the file, as `FIELDS` names its cells."""
    place, environment = where_of(row)
    return (
        kind,
        row.pk,
        key_words(row.entry.key),
        name_of(row),
        place,
        environment,
        " ".join(row.issue_keys),
        row.changed_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
        row.entry.outcome,
        str(row.entry.submission_id),
    )
