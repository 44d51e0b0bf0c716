"""What a person writes by hand: the fields of one deployment or one build, and the JSON that they make.

Nothing is judged here: a field left empty is left out, and what stands in a field that wants a number and is none
goes into the JSON as it is, for the ledger to refuse in its own words.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,25}")
_NAMED = re.compile(r"'([A-Za-z][\w.]*)")
_BETWEEN_KEYS = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class Asked:
    """A field that is asked for. Its name is its place in the entity, with dots between: "pipeline.id".

    `places` are what the ledger's sentences call it where that is not its name.
    """

    name: str
    label: str
    hint: str = ""
    type: str = "text"
    most: int = 255
    is_required: bool = True
    choices: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def is_at(self, place: str) -> bool:
        return any(place == mine or place.startswith(f"{mine}.") for mine in (self.name, *self.places))


@dataclass(frozen=True)
class Group:
    """Fields that belong together."""

    title: str
    fields: tuple[Asked, ...]


@dataclass(frozen=True)
class Field:
    """A field as its template needs it: what is asked, what was given, and what is wrong with it."""

    asked: Asked
    value: str
    problem: str = ""

    @property
    def id(self) -> str:
        return self.asked.name.replace(".", "-")


class Unwritable(Exception):
    """No JSON can be made of a field; the text is the sentence that says why."""

    def __init__(self, about: str, message: str):
        super().__init__(message)
        self.about = about
        self.message = message


_ISSUES = Asked(
    "issueKeys",
    "Issue keys",
    "Such as SHOP-12, with commas or spaces between. Jira keeps what names at least one issue that it knows.",
    type="lines",
    places=("associations",),
)
_UPDATE = Asked(
    "updateSequenceNumber",
    "Update sequence number",
    "Of two versions of the same thing the one with the higher number counts. It is filled in with the time in"
    " milliseconds, so that a later version has a higher one by itself.",
    type="number",
)
_REPORTED = Asked("lastUpdated", "Last updated", "When it came to this state, with its time zone.")
_PROPERTIES = Asked(
    "properties",
    "Properties",
    "One key=value on each line, such as team=checkout, 5 at most. They are how things are found, and deleted, later.",
    type="lines",
    is_required=False,
)
_LABEL = Asked("label", "Label", "The version or the commit, such as v4.18.3.", is_required=False)
_ADDRESS = "An http or https address. Jira links to it."

FIELDS: Mapping[str, tuple[Group, ...]] = {
    "deployment": (
        Group(
            "What was deployed",
            (
                Asked("displayName", "Display name", "What Jira calls it, such as Release 4.18.3."),
                _LABEL,
                Asked("url", "Address of the deployment", _ADDRESS, most=2000),
                Asked("description", "Description", "A sentence for people."),
                _ISSUES,
            ),
        ),
        Group(
            "Where",
            (
                Asked("pipeline.id", "Pipeline id", "It names the pipeline for good."),
                Asked("pipeline.displayName", "Pipeline name"),
                Asked("pipeline.url", "Address of the pipeline", most=2000),
                Asked("environment.id", "Environment id", "It names the environment for good."),
                Asked("environment.displayName", "Environment name"),
                Asked(
                    "environment.type",
                    "Environment type",
                    type="choice",
                    choices=("unmapped", "development", "testing", "staging", "production"),
                ),
            ),
        ),
        Group(
            "How it went",
            (
                Asked(
                    "state",
                    "State",
                    type="choice",
                    choices=(
                        "pending",
                        "in_progress",
                        "successful",
                        "failed",
                        "rolled_back",
                        "cancelled",
                        "unknown",
                    ),
                ),
                _REPORTED,
                Asked("duration", "Duration", "In seconds.", type="number", is_required=False),
                Asked(
                    "commands",
                    "Ask for a gate",
                    "Jira Service Management then decides whether it may go on. Only while the state is pending.",
                    type="flag",
                    is_required=False,
                ),
            ),
        ),
        Group(
            "Which one, and which version of it",
            (
                Asked(
                    "deploymentSequenceNumber",
                    "Deployment sequence number",
                    "The number of the run. With the pipeline and the environment it names the deployment.",
                    type="number",
                ),
                _UPDATE,
            ),
        ),
        Group("What it belongs to", (_PROPERTIES,)),
    ),
    "build": (
        Group(
            "What was built",
            (
                Asked("displayName", "Display name", "What Jira calls it, such as checkout-api #1842."),
                _LABEL,
                Asked("url", "Address of the build", _ADDRESS, most=2000),
                Asked("description", "Description", "A sentence for people.", is_required=False),
                _ISSUES,
            ),
        ),
        Group(
            "How it went",
            (
                Asked(
                    "state",
                    "State",
                    type="choice",
                    choices=("pending", "in_progress", "successful", "failed", "cancelled", "unknown"),
                ),
                _REPORTED,
            ),
        ),
        Group(
            "Tests",
            (
                Asked(
                    "testInfo.totalNumber",
                    "Tests",
                    "All four stay empty where there were none.",
                    type="number",
                    is_required=False,
                ),
                Asked("testInfo.numberPassed", "Passed", type="number", is_required=False),
                Asked("testInfo.numberFailed", "Failed", type="number", is_required=False),
                Asked("testInfo.numberSkipped", "Skipped", type="number", is_required=False),
            ),
        ),
        Group(
            "Which one, and which version of it",
            (
                Asked("pipelineId", "Pipeline id", "It names the pipeline for good."),
                Asked(
                    "buildNumber",
                    "Build number",
                    "With the pipeline it names the build.",
                    type="number",
                ),
                _UPDATE,
            ),
        ),
        Group("What it belongs to", (_PROPERTIES,)),
    ),
}


def asked(kind: str) -> Iterator[Asked]:
    """The fields of a kind, in the order in which they are asked for."""
    for group in FIELDS[kind]:
        yield from group.fields


def blank(now: dt.datetime) -> dict[str, str]:
    """What a fresh form begins with."""
    return {
        "updateSequenceNumber": str(int(now.timestamp() * 1000)),
        "lastUpdated": now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": "successful",
    }


def filled(kind: str, given: Mapping[str, str], problems: Mapping[str, str]) -> list[tuple[str, list[Field]]]:
    """The groups of the form with what was given in each field, and what is wrong with it."""
    return [
        (
            group.title,
            [Field(one, given.get(one.name, ""), problems.get(one.name, "")) for one in group.fields],
        )
        for group in FIELDS[kind]
    ]


def about(kind: str, sentence: str) -> Asked | None:
    """The field that a sentence of the ledger names, if any."""
    for place in _NAMED.findall(sentence):
        for one in asked(kind):
            if one.is_at(place):
                return one
    return None


def body(kind: str, given: Mapping[str, str]) -> bytes:
    """The JSON body that the fields make, with nothing in it that was not given. Raises `Unwritable`."""
    entity: dict[str, Any] = {}
    pairs: dict[str, str] = {}
    for one in asked(kind):
        value = given.get(one.name, "").strip()
        parent, _, _ = one.name.rpartition(".")
        if parent and one.is_required:
            entity.setdefault(parent, {})
        if not value:
            continue
        if one is _PROPERTIES:
            pairs = _pairs(value)
        elif one is _ISSUES:
            if keys := [key for key in _BETWEEN_KEYS.split(value) if key]:
                entity["associations"] = [{"associationType": "issueIdOrKeys", "values": keys}]
        elif one.type == "flag":
            entity["commands"] = [{"command": "initiate_deployment_gating"}]
        else:
            _place(entity, one, value)
    around = {"properties": pairs} if pairs else {}
    return json.dumps({**around, f"{kind}s": [entity]}, ensure_ascii=False, indent=2).encode()


def _place(entity: dict[str, Any], one: Asked, value: str) -> None:
    parent, _, name = one.name.rpartition(".")
    into = entity.setdefault(parent, {}) if parent else entity
    into[name] = int(value) if one.type == "number" and _WHOLE_NUMBER.fullmatch(value) else value


def _pairs(text: str) -> dict[str, str]:
    """Properties as they are written, one on each line. Raises `Unwritable`."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        key, is_pair, value = (part.strip() for part in line.partition("="))
        if not is_pair:
            raise Unwritable(_PROPERTIES.name, f"Line {number} has no '='. Write key=value, such as team=checkout.")
        if key in found:
            raise Unwritable(_PROPERTIES.name, f"Line {number} gives '{key[:80]}' again; a property has one value.")
        found[key] = value
    return found
