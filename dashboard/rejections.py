"""Rejections as their page shows them: a group for each cause, what is in it, and why Jira may have said so."""

import datetime as dt
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from devops_sync import rejections
from devops_sync.models import Entry, Site, Submission, Token, User

from . import kept, versions
from .kinds import KINDS, Kind, listed

EXAMPLES = 3
# Of how many of a group the keys are looked at for what they have in common.
LOOKED_AT = 100
SHOWN_KEYS = 10
_GAP = re.compile(r"\{(value|url|id|time|key|hash|number)\}")
_HEIGHT, _PITCH = 18.0, 8


@dataclass(frozen=True)
class Bar:
    """One day, in the units of the drawing."""

    x: int
    y: str
    height: str
    is_none: bool


@dataclass(frozen=True)
class Example:
    """One rejected entry: its name and place, the keys as they were sent."""

    entry: Entry
    kind: Kind
    url: str
    name: str
    place: str
    issues: list[str]


@dataclass(frozen=True)
class Remedy:
    """What the keys of a group have in common, and what may have been meant."""

    prefix: str = ""
    nearest: str = ""
    all_unknown: bool = False
    count: int = 0

    @property
    def find(self) -> str:
        return f"{self.prefix}-" if self.prefix else ""

    @property
    def put(self) -> str:
        return f"{self.nearest}-" if self.nearest else ""


@dataclass
class Shown:
    """A group as its row shows it."""

    group: rejections.Group
    senders: list[str]
    bars: list[Bar]
    newest: list[Entry] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    remedy: Remedy | None = None
    is_new: bool = False

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The message in pieces; those that vary are marked."""
        return pieces(self.group.text)

    @property
    def kinds(self) -> list[Kind]:
        return [KINDS[name] for name, _ in self.group.kinds.most_common()]

    @property
    def has_deployments(self) -> bool:
        return "deployment" in self.group.kinds

    @cached_property
    def places(self) -> list[str]:
        return list(dict.fromkeys(example.place for example in self.examples if example.place))


def pieces(text: str) -> list[tuple[str, bool]]:
    """A cause in pieces; those that vary from message to message are marked."""
    found = _GAP.split(text)
    return [(piece, bool(place % 2)) for place, piece in enumerate(found) if piece]


def show(
    found: Iterable[rejections.Group], scope: rejections.Scope, now: dt.datetime, *, with_examples: bool = True
) -> list[Shown]:
    """The groups with their senders, their days and their newest examples, for which each group is asked.

    Of the first so many as their keys are looked at. Today is that of the zone of `now`.
    """
    groups = list(found)
    tokens = dict(Token.objects.filter(pk__in=_ids(groups, "tokens")).values_list("pk", "name"))
    users = dict(User.objects.filter(pk__in=_ids(groups, "users")).values_list("pk", "username"))
    newest = [_newest(scope, group, first=group is groups[0]) if with_examples else [] for group in groups]
    _with_senders([entry for few in newest for entry in few[:EXAMPLES]])
    shown = []
    for group, few in zip(groups, newest, strict=True):
        names = Counter({tokens[pk]: many for pk, many in group.tokens.items() if pk in tokens})
        names.update({users[pk]: many for pk, many in group.users.items() if pk in users})
        shown.append(
            Shown(
                group,
                [name for name, _ in names.most_common()],
                bars(group.per_day, now.date()),
                few,
                examples(few[:EXAMPLES]),
                is_new=group.first_at.astimezone(now.tzinfo).date() == now.date(),
            )
        )
    return shown


def _newest(scope: rejections.Scope, group: rejections.Group, *, first: bool) -> list[Entry]:
    return list(scope.entries(group.cause)[: LOOKED_AT if first else EXAMPLES])


def _with_senders(entries: list[Entry]) -> None:
    """Give the entries their submissions, with whoever sent them, in one query."""
    found = Submission.objects.select_related("token", "user").only("purpose", "path", "token__name", "user__username")
    submissions = found.in_bulk([entry.submission_id for entry in entries])
    for entry in entries:
        entry.submission = submissions[entry.submission_id]


def _ids(groups: list[rejections.Group], what: str) -> set[int]:
    return {pk for group in groups for pk in getattr(group, what)}


def bars(per_day: Counter[dt.date], today: dt.date) -> list[Bar]:
    """Two weeks of days, today at the right."""
    most = max(per_day.values(), default=0)
    days = [today - dt.timedelta(days=rejections.DAYS - 1 - number) for number in range(rejections.DAYS)]
    return [_bar(number * _PITCH, per_day[day], most) for number, day in enumerate(days)]


def _bar(x: int, many: int, most: int) -> Bar:
    height = max(3.0, many / most * _HEIGHT) if many else 0.8
    return Bar(x, f"{20 - height:.1f}", f"{height:.1f}", not many)


def examples(entries: Sequence[Entry]) -> list[Example]:
    """The entries with what people know them by, as their payloads say it."""
    return [_example(row.entry, row.kind, row.url) for row in listed(entries)]


def _example(entry: Entry, kind: Kind, url: str) -> Example:
    payload = versions.read(entry.payload)
    if kind.name == "deployment":
        pipeline, environment = _inside(payload, "pipeline"), _inside(payload, "environment")
        label = _text(payload, "label") or f"#{payload.get('deploymentSequenceNumber')}"
        name, place = f"{_text(pipeline, 'displayName')} {label}", _text(environment, "displayName")
    elif kind.name == "build":
        name, place = _text(payload, "displayName"), _text(payload, "pipelineId")
    else:
        name = _text(payload, "title") or _text(payload, "displayId") or _text(payload, "name")
        place = ""
    return Example(entry, kind, url, name.strip()[:160], place[:160], versions.issues_of(payload))


def _inside(payload: dict[str, Any], name: str) -> dict[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _text(payload: dict[str, Any], name: str) -> str:
    found = payload.get(name)
    return versions.clean(str(found)) if isinstance(found, str | int) else ""


def remedy(entries: Sequence[Entry], sites: Sequence[Site]) -> Remedy:
    """What the keys of rejected entries have in common, and the nearest project whose issues Jira knows."""
    sent = [key.upper() for entry in entries for key in versions.issues_of(versions.read(entry.payload))]
    if not sent:
        return Remedy()
    projects = issues_lately(sites).projects
    unknown = Counter(key.rpartition("-")[0] for key in sent if "-" in key)
    strange = [prefix for prefix, _ in unknown.most_common() if prefix and prefix not in projects]
    if not strange:
        return Remedy(count=len(set(sent)))
    near = difflib.get_close_matches(strange[0], list(projects), n=1, cutoff=0.6)
    return Remedy(strange[0], near[0] if near else "", set(unknown) == {strange[0]}, len(set(sent)))


def standing_since(sites: Sequence[Site], since: dt.datetime) -> tuple[int, int]:
    """How many rejections stand of those since then, and of how many causes. Of very many it is kept for a while."""
    ids = [site.pk for site in sites]
    return kept.figure(f"rejected:{since.isoformat()}", ids, lambda: rejections.count_standing(ids, since))


@dataclass(frozen=True)
class UnknownKey:
    """A key that Jira does not know, with the nearest that it does."""

    key: str
    many: int
    nearest: str = ""
    is_of_a_project: bool = False


def unknown_keys(sites: Sequence[Site]) -> list[UnknownKey]:
    """The keys that Jira does not know of what it stored without them, most often first."""
    return issues_lately(sites).unknown


def _unknown(key: str, many: int, known: Counter[str], projects: set[str]) -> UnknownKey:
    prefix, _, number = key.upper().rpartition("-")
    near = next((one for one in list(known)[:5000] if one_slip_apart(key.upper(), one)), "")
    if not near and prefix not in projects:
        project = next((one for one in sorted(projects) if one_slip_apart(prefix, one)), "")
        near = f"{project}-{number}" if project else ""
    return UnknownKey(key, many, near, prefix in projects)


def one_slip_apart(text: str, other: str) -> bool:
    """Whether one slip of the fingers lies between them: a sign too many, too few, another, or two in wrong order."""
    if text == other or abs(len(text) - len(other)) > 1:
        return False
    start = next((place for place, (one, two) in enumerate(zip(text, other, strict=False)) if one != two), -1)
    if start < 0:
        return True
    text, other = text[start:], other[start:]
    if text[:2] == other[1::-1] and text[2:] == other[2:]:
        return True
    return text[1:] == other[1:] or text[1:] == other or text == other[1:]


@dataclass(frozen=True)
class Lately:
    """The issues of what Jira stored lately: how many of each project it knows, and keys that it does not know."""

    projects: Counter[str]
    unknown: list[UnknownKey]


def issues_lately(sites: Sequence[Site]) -> Lately:
    """What Jira said of issues lately, kept for a while where that took long."""
    return kept.figure("issues-lately", [site.pk for site in sites], lambda: _issues_lately(sites))


def _issues_lately(sites: Sequence[Site]) -> Lately:
    known, unknown = rejections.issues_lately(sites)
    projects = Counter(key.rpartition("-")[0] for key in known)
    shown = [_unknown(key, many, known, set(projects)) for key, many in unknown.most_common(SHOWN_KEYS)]
    return Lately(Counter({name: many for name, many in projects.items() if name}), shown)
