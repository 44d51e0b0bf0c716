"""Filters live in the address: read here, applied to a query, shown as chips that each take one away."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from django.http import QueryDict

from devops_sync.models import Build, Deployment, Entry, Repository, Site
from devops_sync.models.build import BuildQuerySet
from devops_sync.models.current import CurrentQuerySet
from devops_sync.models.deletion import ever_deleted
from devops_sync.models.deployment import DeploymentQuerySet
from devops_sync.models.development import RepositoryQuerySet
from devops_sync.models.submission import EntryQuerySet

from . import zone
from .kinds import KINDS

ISSUE_KEY = re.compile(r"^[^\W\d]\w{0,254}-\d{1,255}$")
LONGEST = 300
Current = TypeVar("Current", bound=CurrentQuerySet[Any])
PLACE = ("after", "before", "format", "selected", "_top", "_rows", "_hidden")


@dataclass(frozen=True)
class Chip:
    """An active filter: its name, its value, and the address without it."""

    name: str
    value: str
    without: str


@dataclass
class Filters:
    """What every list can be filtered by, as far as it was understood. `problems` has a sentence for the rest."""

    given: QueryDict
    visible: list[Site]
    site: Site | None = None
    problems: list[str] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)

    def __post_init__(self) -> None:
        slug = self.text("site")
        if slug:
            self.site = next((site for site in self.visible if site.slug == slug), None)
            if self.site is None:
                self.problems.append(f"There is no site “{slug}” that you may see.")
            else:
                self.chip("site", slug)
        self.read()

    def read(self) -> None:
        """Read what this list can be filtered by beyond the site."""

    @property
    def sites(self) -> list[Site]:
        return [self.site] if self.site else self.visible

    @property
    def is_active(self) -> bool:
        return bool(self.chips or self.problems)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the site is asked for."""
        return any(chip.name != "site" for chip in self.chips)

    @property
    def active(self) -> int:
        return len(self.chips)

    def text(self, name: str) -> str:
        return _clean(self.given.get(name, ""))

    def texts(self, name: str) -> list[str]:
        found = [_clean(value) for value in self.given.getlist(name)[:100]]
        return list(dict.fromkeys(value for value in found if value))

    def choices(self, name: str, known: Iterable[tuple[str, str]], what: str) -> list[str]:
        """The given values that are known; each gets a chip, each unknown one a sentence."""
        words = dict(known)
        taken = []
        for value in self.texts(name):
            if value in words:
                taken.append(value)
                self.chip(name, value, said=words[value])
            else:
                self.problems.append(f"“{value}” is no {what}. There are: {', '.join(key for key in words if key)}.")
        return taken

    def named(self, name: str) -> list[str]:
        """The given values, whatever they are; each gets a chip."""
        found = self.texts(name)
        for value in found:
            self.chip(name, value)
        return found

    def issue_key(self) -> str:
        """The issue that is asked for; nothing, and a sentence, when it can be no issue's key."""
        key = self.text("issue")
        if key and not ISSUE_KEY.match(key):
            self.problems.append(f"“{key}” is no issue key. It is written as ABC-123.")
        elif key:
            self.chip("issue", key)
        return key

    def pairs(self) -> list[tuple[str, str]]:
        """The properties that are asked for, each as key=value; a sentence for what is written otherwise."""
        found = []
        for pair in self.texts("property"):
            key, equals, value = pair.partition("=")
            if key and equals:
                found.append((key, value))
                self.chip("property", pair)
            else:
                self.problems.append(f"“{pair}” is no property. It is written as key=value.")
        return found

    def day(self, name: str, *, ends: bool = False) -> dt.datetime | None:
        """An instant, or a day of the reader's zone: its beginning, or with `ends` the beginning of the next."""
        text = self.text(name)
        if not text:
            return None
        try:
            is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None
            instant = zone.of_text(text)
            if not 1900 <= instant.year <= 2200:
                raise ValueError
        except (ValueError, OverflowError):
            self.problems.append(f"“{text}” is no day for {name}. Write it as 2026-11-01.")
            return None
        day = zone.local(instant)
        self.chip(name, text, said=f"{day.day} {day:%b %Y}" if is_day else text)
        return zone.days_later(instant, 1) if is_day and ends else instant

    def chip(self, name: str, value: str, said: str = "") -> None:
        rest = self.given.copy()
        rest.setlist(name, [kept for kept in rest.getlist(name) if _clean(kept) != value])
        for place in PLACE:
            rest.pop(place, None)
        self.chips.append(Chip(name.replace("_", " "), said or value, f"?{rest.urlencode()}"))

    @property
    def only_site(self) -> str:
        """The address that keeps the site and drops the rest."""
        rest = QueryDict(mutable=True)
        if self.site:
            rest["site"] = self.site.slug
        return f"?{rest.urlencode()}"


@dataclass
class DatedFilters(Filters):
    """Of lists that can be narrowed to some days."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None

    def read_days(self) -> None:
        self.start, self.end = self.day("from"), self.day("to", ends=True)

    @property
    def last_day(self) -> dt.datetime | None:
        """The day that `to` names."""
        return self.end - dt.timedelta(microseconds=1) if self.end else None


@dataclass
class CurrentFilters(DatedFilters):
    """What the lists of every kind can be filtered by."""

    # What was deleted is hidden unless it is asked for: too, or alone.
    DELETED: ClassVar = [("1", "too"), ("only", "only")]

    outcomes: list[str] = field(default_factory=list)
    deleted: str = ""
    issue: str = ""
    properties: list[tuple[str, str]] = field(default_factory=list)
    q: str = ""

    def read(self) -> None:
        self.q = self.text("q")
        if self.q:
            self.chip("q", self.q)
        self.read_own()
        self.outcomes = self.choices("jira", Entry.Outcome.choices, "answer of Jira")
        self.issue = self.issue_key()
        self.properties = self.pairs()
        self.read_days()
        self.deleted = next(iter(self.choices("deleted", self.DELETED, "way to ask for what was deleted")), "")

    def read_own(self) -> None:
        """Read what only the list of this kind can be filtered by."""

    def held(self, rows: Current) -> Current:
        """Those of the rows that the sites hold: alive, or, where that is asked for, deleted too, or these alone."""
        if not self.deleted:
            return rows.of(self.sites)
        if self.deleted != "only":
            return rows.ever_of(self.sites)
        return rows.ever_of(self.sites).deleted() if ever_deleted([site.pk for site in self.sites]) else rows.none()

    def narrow(self, rows: Current) -> Current:
        """Those of the rows that match what every list can be filtered by, save the text."""
        if self.outcomes:
            rows = rows.answered(self.outcomes)
        if self.issue:
            rows = rows.for_issue(self.issue)
        for key, value in self.properties:
            rows = rows.with_property(key, value)
        return rows.changed_between(self.start, self.end)

    @property
    def submission(self) -> uuid.UUID | None:
        """The submission that the text names, if it is an id."""
        try:
            return uuid.UUID(self.q) if len(self.q) == 36 else None
        except ValueError:
            return None

    @property
    def is_issue_search(self) -> bool:
        return bool(ISSUE_KEY.match(self.q)) and self.q.isascii()


@dataclass
class DeploymentFilters(CurrentFilters):
    pipelines: list[str] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    environment_types: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def read_own(self) -> None:
        self.pipelines = self.named("pipeline")
        self.environments = self.named("environment")
        self.environment_types = self.choices(
            "environment_type", Deployment.EnvironmentType.choices, "environment type"
        )
        self.states = self.choices("state", Deployment.State.choices, "state")

    def apply(self, known: "Iterable[Known]") -> DeploymentQuerySet:
        """The deployments that match. `known` tells the ids that names of pipelines and environments stand for."""
        rows = self.held(Deployment.objects.all())
        pipelines, environments = self._places(known)
        if self.pipelines:
            rows = rows.filter(pipeline_id__in=pipelines)
        if self.environments:
            rows = rows.filter(environment_id__in=environments)
        if self.environment_types:
            rows = rows.filter(environment_type__in=self.environment_types)
        if self.states:
            rows = rows.in_states(self.states, found=bool(self.issue))
        return self.narrow(rows.saying(self.q) if self.q else rows)

    def _places(self, known: "Iterable[Known]") -> tuple[set[str], set[str]]:
        """The ids of the pipelines and environments that are asked for, by id or name.

        Asked for together, those that no pipeline has are left out: to find that nothing matches, the database would
        look at every deployment.
        """
        pipelines, environments = set(self.pipelines), set(self.environments)
        if not (pipelines or environments):
            return set(), set()
        asked = [
            place
            for place in known
            if (not pipelines or pipelines & {place.pipeline_id, place.pipeline_name})
            and (not environments or environments & {place.environment_id, place.environment_name})
        ]
        found = {place.pipeline_id for place in asked}, {place.environment_id for place in asked}
        if pipelines and environments:
            return found
        return found[0] | pipelines, found[1] | environments

    @property
    def environments_chosen(self) -> int:
        return len(self.environments) + len(self.environment_types)


@dataclass
class BuildFilters(CurrentFilters):
    pipelines: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def read_own(self) -> None:
        self.pipelines = self.named("pipeline")
        self.states = self.choices("state", Build.State.choices, "state")

    def apply(self) -> BuildQuerySet:
        rows = self.held(Build.objects.all())
        if self.pipelines:
            rows = rows.filter(pipeline_id__in=self.pipelines)
        if self.states:
            rows = rows.in_states(self.states, found=bool(self.issue))
        return self.narrow(rows.saying(self.q) if self.q else rows)


class RepositoryFilters(CurrentFilters):
    """A repository names no issues: it is found by those of what is in it."""

    def apply(self) -> RepositoryQuerySet:
        rows = self.held(Repository.objects.all())
        return self.narrow(rows.saying(self.q) if self.q else rows)


@dataclass(frozen=True)
class Known:
    """A pipeline in an environment, as the pick lists offer it."""

    pipeline_id: str
    pipeline_name: str
    environment_id: str
    environment_name: str


@dataclass
class OverviewFilters(Filters):
    pipeline: str = ""
    environment_type: str = ""
    needs_look: bool = False
    changed: str = "hour"

    def read(self) -> None:
        self.changed = "day" if self.text("changed") == "day" else "hour"
        self.pipeline = self.text("pipeline")
        if self.pipeline:
            self.chip("pipeline", self.pipeline)
        types = self.choices("environment_type", Deployment.EnvironmentType.choices, "environment type")
        self.environment_type = types[-1] if types else ""
        shown = self.choices("show", [("look", "only what needs a look")], "way to show it")
        self.needs_look = bool(shown)


@dataclass
class DriftFilters(Filters):
    STATES: ClassVar = [(Entry.ReadBack.MISSING.value, "Missing"), (Entry.ReadBack.DIFFERENT.value, "Different")]

    kinds: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def read(self) -> None:
        self.kinds = self.choices("kind", [(name, kind.words) for name, kind in KINDS.items()], "kind")
        self.states = self.choices("state", self.STATES, "state of a read-back that is adrift")

    def apply(self) -> EntryQuerySet:
        """The entries that match, current or not."""
        rows: EntryQuerySet = Entry.objects.adrift().filter(site__in=self.sites)
        return rows.filter(read_back__in=self.states) if self.states else rows


def _clean(text: str) -> str:
    """As it can be asked of the database: no NUL, no half characters, not endless."""
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    return text.strip()[:LONGEST]
