"""What somebody chose to be deleted: the form, what is wrong with it, and the plan that it makes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from devops_sync import cleanups, kinds
from devops_sync.cleanups import forgetting
from devops_sync.models import Cleanup, Site, properties
from devops_sync.models.properties import Key, Value

from .fields import Field
from .kinds import KINDS
from .templatetags.look import key_words

WAYS = (("properties", "By properties"), ("key", "One by its key"), ("person", "Forget a person"))
APIS = (("deployments", "Deployments"), ("builds", "Builds"), ("devinfo", "Development information"))
# As many as Jira takes with one submission: nothing can have more.
MOST_PAIRS = 5
LONGEST = 255
_LONGEST_PART = 1024
OFFERED = 30
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_PARTS = {
    "pipeline_id": "Pipeline id",
    "environment_id": "Environment id",
    "number": "Number",
    "repository_id": "Repository id",
    "ident": "Id",
}


@dataclass(frozen=True)
class Row:
    """A property as it was typed, with what is wrong with it, and the values that its key has."""

    number: int
    key: str = ""
    value: str = ""
    problem: str = ""
    values: Sequence[Value] = ()


@dataclass
class Choice:
    """The form, as it was given. `problems` has a sentence for each field that is wrong, by its name."""

    sites: list[Site]
    way: str = "properties"
    site: Site | None = None
    apis: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    kind: str = "deployment"
    parts: dict[str, str] = field(default_factory=dict)
    person: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: QueryDict, sites: list[Site], *, wanted: int = 0) -> "Choice":
        """What an address gives, or with `wanted` rows of properties a form. An address without an API means all."""
        way = given.get("by", "") if given.get("by", "") in dict(WAYS) else "properties"
        kind = given.get("kind", "") if given.get("kind", "") in KINDS else "deployment"
        found = cls(sites, way, kind=kind)
        slug = _clean(given.get("site", ""))
        found.site = next((site for site in sites if site.slug == slug), None)
        if slug and found.site is None:
            found.problems["site"] = f"There is no site “{slug[:80]}” on which you may delete."
        elif not slug and len(sites) == 1:
            found.site = sites[0]
        found.apis = [api for api, _ in APIS if api in given.getlist("api")]
        if "api" not in given and not wanted:
            found.apis = [api for api, _ in APIS]
        found.rows = _rows(given, wanted)
        found.parts = {name: _clean(given.get(name, ""), _LONGEST_PART) for name in kinds.KINDS[kind].key}
        found.person = _clean(given.get("person", ""), 300)
        return found

    @property
    def pairs(self) -> dict[str, str]:
        return {row.key: row.value for row in self.rows if row.key}

    @property
    def may_add(self) -> bool:
        return len(self.rows) < MOST_PAIRS

    @property
    def key_fields(self) -> list[Field]:
        """The parts of the key of the chosen kind."""
        return [
            Field(
                name,
                _PARTS[name] if not (name == "ident" and self.kind == "commit") else "Commit hash or id",
                value=self.parts.get(name, ""),
                problem=self.problems.get(name, ""),
                most=_LONGEST_PART,
                has_focus=bool(self.problems.get(name)),
            )
            for name in kinds.KINDS[self.kind].key
        ]

    @property
    def person_field(self) -> Field:
        return Field(
            "person",
            "Name, user name or e-mail",
            hint="Whole, as it stands in commits, branches and pull requests; capitals do not matter. Whoever has"
            " several names is forgotten once for each.",
            value=self.person,
            problem=self.problems.get("person", ""),
            most=300,
            has_focus=bool(self.problems.get("person")),
        )

    def offer(self) -> None:
        """Fill in what can be completed without a script: the values that there are of the keys that were typed."""
        if self.way != "properties" or self.site is None:
            return
        ids = [self.site.pk]
        self.rows = [
            replace(row, values=properties.values(ids, row.key, row.value, OFFERED)) if row.key else row
            for row in self.rows
        ]

    def keys(self) -> Sequence[Key]:
        """The keys that there are, to complete what somebody writes."""
        return properties.keys([site.pk for site in ([self.site] if self.site else self.sites)], "", OFFERED)

    def plan(self, asker: cleanups.Asker, now: Any) -> Cleanup | None:
        """Make the plan, with its preview; None where something is wrong, and then `problems` says what."""
        if self.site is None:
            self.problems.setdefault("site", "Choose the site.")
        make = {"properties": self._by_properties, "key": self._by_key, "person": self._by_person}[self.way]
        return make(asker, now)

    def _by_properties(self, asker: cleanups.Asker, now: Any) -> Cleanup | None:
        self._judge_rows()
        if not self.apis:
            self.problems["api"] = "Choose at least one of them."
        if self.problems or self.site is None:
            return None
        return cleanups.plan_by_properties(self.site, self.apis, self.pairs, asker, now)

    def _judge_rows(self) -> None:
        judged, seen = [], set()
        for row in self.rows:
            problem = ""
            if row.value and not row.key:
                problem = "Give the key of this value."
            elif row.key and row.key in seen:
                problem = f"“{row.key}” is there twice: an entity has one value for a key, so that would match nothing."
            elif row.key:
                problem = cleanups.fault_of_key(row.key)
            seen.add(row.key)
            judged.append(replace(row, problem=problem))
            if problem:
                self.problems[f"key-{row.number}"] = problem
        if not self.pairs and not self.problems.get("key-1"):
            self.problems["key-1"] = "Give at least one property."
            judged = [replace(judged[0], problem=self.problems["key-1"]), *judged[1:]]
        self.rows = judged

    def _by_key(self, asker: cleanups.Asker, now: Any) -> Cleanup | None:
        kind = kinds.KINDS[self.kind]
        values: dict[str, Any] = {}
        for name, type_ in kind.key.items():
            text = self.parts.get(name, "")
            if not text:
                self.problems[name] = "This is part of its key, so it is needed."
            elif type_ == "bigint" and not _NUMBER.fullmatch(text):
                self.problems[name] = f"“{text[:80]}” is no whole number."
            else:
                values[name] = int(text) if type_ == "bigint" else text
        if self.problems or self.site is None:
            return None
        one: Any = kind.model(**values)
        what = f"{KINDS[self.kind].word} {key_words(one.key)}"
        return cleanups.plan_by_keys(self.site, [(self.kind, one.key)], what, asker, now)

    def _by_person(self, asker: cleanups.Asker, now: Any) -> Cleanup | None:
        if len(self.person) < 2:
            self.problems["person"] = "Give the name, user name or e-mail, whole."
        if self.problems or self.site is None:
            return None
        found = forgetting.naming(self.site, self.person)
        if not found:
            self.problems["person"] = "No commit, branch or pull request of this site names that person."
            return None
        what = f"everything that names {self.person}"
        return cleanups.plan_by_keys(self.site, found, what, asker, now, self.person)


def _rows(given: QueryDict, wanted: int) -> list[Row]:
    """The properties that were typed, and empty rows to type more into."""
    typed = list(zip(given.getlist("key"), [*given.getlist("value"), *[""] * MOST_PAIRS], strict=False))[:MOST_PAIRS]
    typed = [(_clean(key), _clean(value)) for key, value in typed]
    typed += [("", "")] * (min(max(wanted, 1), MOST_PAIRS) - len(typed))
    return [Row(number, key, value) for number, (key, value) in enumerate(typed, 1)]


def _clean(text: str, most: int = LONGEST) -> str:
    """As it can be asked of the database: no NUL, no half characters, not endless."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode().strip()[:most]
