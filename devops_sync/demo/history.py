"""Two months of believable deployments: four services, four environments, three projects."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

DAYS = 60
CI = "https://ci.example"


@dataclass(frozen=True)
class Service:
    """What is built and deployed, by whom, and how often."""

    name: str
    projects: tuple[str, ...]
    team: str
    version: tuple[int, int, int]
    releases_per_day: float


@dataclass(frozen=True)
class _Environment:
    id: str
    name: str
    type: str
    reach: float  # The share of releases that come on to it from the environment before.
    wait: tuple[float, float]  # Hours after the environment before.
    failing: float


SERVICES = (
    Service("checkout-api", ("SHOP", "PAY"), "checkout", (4, 11, 0), 1.1),
    Service("web-storefront", ("SHOP",), "storefront", (2026, 31, 0), 1.6),
    Service("payments-worker", ("PAY",), "payments", (3, 2, 0), 0.6),
    Service("identity", ("CORE",), "platform", (12, 0, 0), 0.5),
)
_ENVIRONMENTS = (
    _Environment("dev", "dev", "development", 1.0, (0.0, 0.0), 0.09),
    _Environment("test", "test", "testing", 0.85, (0.3, 3.0), 0.07),
    _Environment("staging", "staging", "staging", 0.7, (1.0, 20.0), 0.05),
    _Environment("production", "production", "production", 0.75, (2.0, 40.0), 0.04),
)


@dataclass
class Line:
    """What one service has reached so far."""

    service: Service
    version: list[int]
    numbers: dict[str, int] = field(default_factory=dict)
    runs: dict[str, "Release"] = field(default_factory=dict)
    releases: list["Release"] = field(default_factory=list)


@dataclass(frozen=True)
class Release:
    """A version of a service, and the issues that it brings."""

    label: str
    issues: tuple[str, ...]
    built_at: dt.datetime


@dataclass(frozen=True)
class Event:
    """What a sender reports at an instant: an entity of an API, and the service that it is about."""

    at: dt.datetime
    api: str
    service: str
    fields: dict[str, Any]


def deployments(chance: random.Random, until: dt.datetime) -> tuple[list[Event], list[Line]]:
    """What was reported of deployments up to `until`, in no order, and the services with all that they released."""
    events: list[Event] = []
    lines = {service.name: Line(service, list(service.version)) for service in SERVICES}
    for line in lines.values():
        events.extend(_history(line, chance, until - dt.timedelta(hours=1)))
    events.extend(_this_hour(lines, chance, until))
    return events, list(lines.values())


def _history(line: Line, chance: random.Random, until: dt.datetime) -> Iterator[Event]:
    first_day = until.replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=DAYS)
    for day in range(DAYS + 1):
        date = first_day + dt.timedelta(days=day)
        expected = line.service.releases_per_day * (0.1 if date.weekday() >= 5 else 1.0)
        for _ in range(int(expected) + (chance.random() < expected % 1)):
            built_at = date + dt.timedelta(hours=chance.triangular(8, 19, 11))
            yield from _journey(line, _next_release(line, chance, built_at), chance, until)


def _next_release(line: Line, chance: random.Random, built_at: dt.datetime) -> Release:
    if chance.random() < 0.2:
        line.version[1:] = [line.version[1] + 1, 0]
    else:
        line.version[2] += 1
    issues = [f"{chance.choice(line.service.projects)}-{chance.randint(40, 1990)}" for _ in range(chance.randint(1, 4))]
    slip = chance.random()
    if slip < 0.02:
        issues = [f"{line.service.projects[0]}-{chance.randint(20_000, 99_999)}"]  # No issue that Jira knows.
    elif slip < 0.06:
        issues.append(f"{line.service.projects[0]}-{chance.randint(20_000, 99_999)}")
    number = ".".join(map(str, line.version))
    label = number if line.service.name in ("web-storefront", "payments-worker") else f"v{number}"
    line.releases.append(Release(label, tuple(dict.fromkeys(issues)), built_at))
    return line.releases[-1]


def _journey(line: Line, release: Release, chance: random.Random, until: dt.datetime) -> Iterator[Event]:
    """A release goes from environment to environment until it fails, stays behind or has arrived."""
    at = release.built_at
    for environment in _ENVIRONMENTS:
        if chance.random() > environment.reach:
            return
        at += dt.timedelta(hours=chance.uniform(*environment.wait), seconds=chance.uniform(5, 90))
        at = _working_hours(at, chance)
        took = dt.timedelta(seconds=chance.lognormvariate(5.0, 0.6))
        fate = chance.random()
        end = "failed" if fate < environment.failing else "successful"
        if environment.type == "production" and 0.88 < fate < 0.94 and environment.id in line.runs:
            end = "rolled_back"
        yield from _deployment(line, environment, release, at, took, end, until)
        if end != "successful":
            if chance.random() < 0.5 or environment.type == "production":
                return
            at += dt.timedelta(minutes=chance.uniform(10, 90))
            yield from _deployment(line, environment, release, at, took, "successful", until)
        if at + took <= until:
            line.runs[environment.id] = release


def _working_hours(at: dt.datetime, chance: random.Random) -> dt.datetime:
    """The same instant, or the next morning when nobody would deploy then."""
    while at.weekday() >= 5 or not 7 <= at.hour < 19:
        days = 0 if at.hour < 7 and at.weekday() < 5 else 1
        at = at.replace(hour=8, minute=0) + dt.timedelta(days=days, minutes=chance.uniform(0, 90))
    return at


def _this_hour(lines: dict[str, Line], chance: random.Random, until: dt.datetime) -> Iterator[Event]:
    """The last hour, whatever the day: something moves, something failed, something was rolled back."""
    story = (
        ("web-storefront", "test", 46, 140, "successful"),
        ("identity", "production", 34, 210, "rolled_back"),
        ("payments-worker", "staging", 20, 400, "failed"),
        ("checkout-api", "dev", 2, 600, "successful"),
    )
    for name, environment_id, minutes, seconds, end in story:
        line = lines[name]
        environment = next(found for found in _ENVIRONMENTS if found.id == environment_id)
        began_at = until - dt.timedelta(minutes=minutes)
        before = next((found for found in reversed(_ENVIRONMENTS[: _ENVIRONMENTS.index(environment)])), None)
        release = line.runs.get(before.id) if before else None
        if release is None or release == line.runs.get(environment.id):
            release = _next_release(line, chance, began_at - dt.timedelta(minutes=10))
        took = dt.timedelta(seconds=seconds)
        yield from _deployment(line, environment, release, began_at, took, end, until)


def _deployment(
    line: Line,
    environment: _Environment,
    release: Release,
    began_at: dt.datetime,
    took: dt.timedelta,
    end: str,
    until: dt.datetime,
) -> Iterator[Event]:
    """A deployment as a pipeline reports it: when it begins, and when it has ended."""
    if began_at > until:
        return
    number = line.numbers.get(environment.id, 0) + 1
    line.numbers[environment.id] = number
    for at, state in ((began_at, "in_progress"), (began_at + took, end)):
        if at > until:
            return
        fields = _fields(line.service, environment, release, number, at, state)
        if state != "in_progress":
            fields["duration"] = int(took.total_seconds())
        yield Event(at, "deployments", line.service.name, fields)


def _fields(
    service: Service, environment: _Environment, release: Release, number: int, at: dt.datetime, state: str
) -> dict[str, Any]:
    run = f"{CI}/{service.name}/{environment.id}/{number}"
    return {
        "deploymentSequenceNumber": number,
        "updateSequenceNumber": sequence(at),
        "displayName": f"{service.name} {release.label}",
        "url": run,
        "description": f"{release.label} to {environment.name}, built {release.built_at:%d %b %H:%M}",
        "lastUpdated": instant(at),
        "label": release.label,
        "state": state,
        "pipeline": {"id": service.name, "displayName": service.name, "url": f"{CI}/{service.name}"},
        "environment": {"id": environment.id, "displayName": environment.name, "type": environment.type},
        "associations": [{"associationType": "issueIdOrKeys", "values": list(release.issues)}],
    }


def instant(at: dt.datetime) -> str:
    """An instant as senders write it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sequence(at: dt.datetime) -> int:
    """The sequence of what is reported at an instant: its milliseconds."""
    return int(at.timestamp() * 1000)
