"""`manage.py submit`: bodies from files, taken exactly as the gateway would take them."""

import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import ledger
from devops_sync.jira import wire
from devops_sync.kinds import APIS, KINDS
from devops_sync.management.asking import Asking
from devops_sync.management.bar import Bar
from devops_sync.models import Site
from devops_sync.models.submission import FROM_COMMAND_LINE

_ARRAYS = {"deployments": "deployments", "builds": "builds", "repositories": "devinfo"}


@dataclass(frozen=True)
class Body:
    """One body, and where it stands."""

    file: str
    line: int
    content: bytes


@dataclass(frozen=True)
class Refusal:
    """What was refused where, and why. Without a key it is the whole body."""

    file: str
    line: int
    key: str
    message: str


@dataclass
class Tally:
    """What became of everything."""

    submissions: int = 0
    entities: int = 0
    taken: int = 0
    refused: list[Refusal] = field(default_factory=list)


class Command(Asking):
    help = (
        "Submits JSON bodies, in Jira's format, as the gateway would take them: a file is one body, or one body a"
        " line (NDJSON). `-` is standard input. Ends with 1 if anything was refused."
    )
    paths = ("files",)
    example = "manage.py submit history.ndjson --site retail"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file with JSON or NDJSON; - for standard input")
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument("--api", choices=APIS, help="the API (default: what the body's fields show)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        site = Site.objects.connected().filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        for name in options["files"]:
            if name != "-" and not Path(name).is_file():
                self.wrong_use(f"There is no file {name}.")
        tally = Tally()
        bar = Bar(is_shown=sys.stderr.isatty() and not options["json"])
        # How far it is shows by bytes, where all sizes are known.
        total = 0 if "-" in options["files"] else sum(Path(name).stat().st_size for name in options["files"])
        done = 0
        for body in chain.from_iterable(map(_bodies_of, options["files"])):
            _submit(site, options["api"], body, tally)
            done += len(body.content)
            share = min(1.0, done / total) if total else None
            bar.draw(share, f"{tally.entities:,} entities, {len(tally.refused):,} refused")
        bar.end()
        self.say(asdict(tally), _sentence(tally), as_json=options["json"])
        if tally.refused:
            sys.exit(1)


def _bodies_of(name: str) -> Iterator[Body]:
    """The bodies of a file. One whose first line is JSON by itself has one on every line."""
    # The name of a file may be any bytes; what is said and kept of it has to be characters.
    label = "standard input" if name == "-" else os.fsencode(name).decode("utf-8", "replace")
    with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
        number, first = _first_line(file)
        if not first:
            return
        if not (name.endswith((".ndjson", ".jsonl")) or _is_json(first)):
            yield Body(label, number, first + file.read())
            return
        for at, line in enumerate(chain([first], file), number):
            if line.strip():
                yield Body(label, at, line.strip())


def _first_line(file: BinaryIO) -> tuple[int, bytes]:
    """The first line with anything on it, and its number."""
    return next(((number, line) for number, line in enumerate(file, 1) if line.strip()), (0, b""))


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _submit(site: Site, api: str | None, body: Body, tally: Tally) -> None:
    """Hand one body to the ledger, and count what became of it."""
    tally.submissions += 1
    api = api or next((_ARRAYS[name] for name in wire.loosely(body.content) if name in _ARRAYS), None)
    if api is None:
        sentence = "This is no JSON object with deployments, builds or repositories."
        tally.refused.append(Refusal(body.file, body.line, "", sentence))
        return
    arrival = ledger.Arrival(
        api=api,
        path=f"{FROM_COMMAND_LINE} {body.file}:{body.line}",
        body=body.content,
        received_at=timezone.now(),
        size=len(body.content),
        site=site,
    )
    if len(body.content) > settings.LARGEST_BODY:
        sentence = "The body is larger than Waybill takes."
        ledger.refuse(replace(arrival, body=None), 413, sentence)
        tally.refused.append(Refusal(body.file, body.line, "", sentence))
        return
    try:
        items = ledger.submit(arrival).items
    except ledger.Refused as refused:
        tally.refused.append(Refusal(body.file, body.line, "", refused.message))
        return
    tally.entities += len(items)
    tally.taken += sum(not item.fault for item in items)
    for item in items:
        if item.fault:
            key = " / ".join(str(item.key[name]) for name in KINDS[item.kind].contract.key if name in item.key)
            tally.refused.append(Refusal(body.file, body.line, f"{item.kind} {key}".strip(), item.fault))


def _sentence(tally: Tally) -> str:
    """What became of everything, with a line for each refusal."""
    lines = [
        f"{one.file}:{one.line}: {f'{one.key}: ' if one.key else 'refused whole: '}{one.message}"
        for one in tally.refused
    ]
    counts = f"{_many(tally.submissions, 'body', 'bodies')}, {_many(tally.entities, 'entity', 'entities')}"
    return "\n".join([*lines, f"{counts}: {tally.taken:,} taken, {len(tally.refused):,} refused."])


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
