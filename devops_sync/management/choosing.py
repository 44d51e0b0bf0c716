"""Which current rows a command is about: the filters that every such command takes, as the lists have them."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandParser

from devops_sync.kinds import KINDS
from devops_sync.models import Build, Deployment, Entry, Site
from devops_sync.models.current import CurrentQuerySet
from devops_sync.models.submission import EntryQuerySet

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# The kinds that know what an option asks for.
_KNOWN_TO = {
    "pipeline": ("deployment", "build"),
    "environment": ("deployment",),
    "environment_type": ("deployment",),
    "state": ("deployment", "build"),
}


_STATES = list(dict.fromkeys([*Deployment.State.values, *Build.State.values]))


class Unclear(Exception):
    """The options say something that cannot be; the text says what."""


@dataclass(frozen=True)
class Choice:
    """What was chosen: current rows by kind, or the entries of a submission; and the same in words."""

    chosen: Mapping[str, CurrentQuerySet[Any]] | EntryQuerySet
    what: str


def add_filters(parser: CommandParser) -> None:
    """Take the options that choose."""
    parser.add_argument("--site", required=True, help="the site's short name")
    parser.add_argument("--all", action="store_true", help="everything of the site")
    parser.add_argument("--kind", action="append", metavar="K", help=f"{_either(KINDS)}; may be repeated")
    parser.add_argument("--pipeline", metavar="P", help="a pipeline's id")
    parser.add_argument("--environment", metavar="E", help="an environment's id or name")
    parser.add_argument("--environment-type", metavar="T", help=_either(Deployment.EnvironmentType.values))
    parser.add_argument("--state", metavar="ST", help=_either(_STATES))
    parser.add_argument("--issue", metavar="KEY", help="an issue's key")
    parser.add_argument("--property", action="append", metavar="K=V", help="a property; may be repeated")
    parser.add_argument("--from", dest="start", metavar="D", help="changed on this day or later, such as 2026-11-01")
    parser.add_argument("--to", dest="end", metavar="D", help="changed on this day or earlier")
    parser.add_argument("--submission", metavar="UUID", help="what one submission brought")


def choose(site: Site, options: Mapping[str, Any]) -> Choice:
    """What the options choose. Raises `Unclear`."""
    given = [name for name in (*_KNOWN_TO, "kind", "issue", "property", "start", "end") if options[name]]
    if sum((bool(given), bool(options["all"]), bool(options["submission"]))) != 1:
        raise Unclear("Say what: --all, --submission, or at least one of the other filters.")
    if options["submission"]:
        return _of_submission(site, options["submission"])
    _check_words(options)
    kinds = [
        name
        for name in options["kind"] or KINDS
        if all(name in known for option, known in _KNOWN_TO.items() if options[option])
    ]
    if not kinds:
        raise Unclear("No kind has all of what these filters ask for.")
    said = [f"{name.replace('_', ' ')} {_text(options[name])}" for name in given]
    return Choice({kind: _rows(kind, site, options) for kind in kinds}, ", ".join(said) or f"everything of {site.slug}")


def _check_words(options: Mapping[str, Any]) -> None:
    """Raises `Unclear` for a word that nothing can have: it is mistyped, and not a question whose answer is no."""
    known: dict[str, tuple[Iterable[str], list[str]]] = {
        "kind": (options["kind"] or (), list(KINDS)),
        "environment type": ([options["environment_type"] or ""], Deployment.EnvironmentType.values),
        "state": ([options["state"] or ""], _STATES),
    }
    for name, (given, words) in known.items():
        if wrong := next((word for word in given if word and word not in words), None):
            raise Unclear(f"'{wrong}' is no {name}. It is {_either(words)}.")


def _either(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"


def _of_submission(site: Site, text: str) -> Choice:
    try:
        pk = uuid.UUID(text)
    except ValueError:
        raise Unclear(f"'{text}' is no id of a submission.") from None
    return Choice(Entry.objects.filter(site=site, submission=pk), f"submission {pk}")


def _rows(kind: str, site: Site, options: Mapping[str, Any]) -> CurrentQuerySet[Any]:
    rows: Any = KINDS[kind].model._default_manager.filter(site=site)
    if options["pipeline"]:
        rows = rows.filter(pipeline_id=options["pipeline"])
    if options["environment"]:
        rows = rows.in_environment(options["environment"])
    if options["environment_type"]:
        rows = rows.filter(environment_type=options["environment_type"])
    if options["state"]:
        rows = rows.filter(state=options["state"])
    if options["issue"]:
        rows = rows.for_issue(options["issue"])
    if options["property"]:
        rows = rows.with_properties(dict(_pair(text) for text in options["property"]))
    found: CurrentQuerySet[Any] = rows.changed_between(_day(options["start"]), _day(options["end"], ends=True))
    return found


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise Unclear(f"'{text}' is no property. It is written as key=value.")
    return key, value


def _day(text: str | None, *, ends: bool = False) -> dt.datetime | None:
    """An instant, or a day: its beginning, or with `ends` the beginning of the next."""
    if not text:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
        # In UTC, since PostgreSQL knows no time zone of 16 hours and more.
        instant = instant.astimezone(dt.UTC) if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
        return instant + dt.timedelta(days=1) if ends and _DAY.fullmatch(text) else instant
    except (ValueError, OverflowError):
        raise Unclear(f"'{text}' is no day. Write it as 2026-11-01.") from None


def _text(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)
