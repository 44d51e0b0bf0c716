"""`manage.py sandbox`: the stand-in for Jira alone, without a database."""

import json
import shlex
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from devops_sync.sandbox import faults, issues, rates, server, store
from devops_sync.sandbox.sandbox import Options, Sandbox
from devops_sync.sandbox.settings import Settings

T = TypeVar("T")

EPILOG = """\
examples:
  manage.py sandbox --port 8001
  manage.py sandbox --rate 100/s --faults 500=0.05,drop=0.01 --seed 7
  manage.py sandbox --print-credential
  manage.py sandbox --print-connect
"""


class Command(BaseCommand):
    help = "Run a stand-in for Jira Cloud's DevOps APIs, for trying things out and for tests."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="address to listen on")
        add("--port", type=int, default=8001, help="port to listen on; 0 takes a free one")
        add("--data", type=Path, metavar="DIR", help="folder of its file; below WAYBILL_DATA if not given")
        add("--projects", default=issues.DEFAULT, help=f"the issues that exist (default {issues.DEFAULT})")
        add("--credential", action="append", default=[], metavar="ID:SECRET", help="one more; repeatable")
        add("--print-credential", action="store_true", help="print the first credential as JSON and end")
        add("--connect", action="append", default=[], metavar="KEY:SECRET", help="a Connect app; repeatable")
        add("--print-connect", action="store_true", help="print a Connect app's key and secret as JSON and end")
        add("--rate", default="", metavar="N/s", help="burst limit for each credential and method; none if not given")
        add("--faults", default="", help=f"shares of requests that go wrong: {', '.join(faults.NAMES)}")
        add("--seed", type=int, default=0, help="which requests these are (default 0)")
        add("--hold", type=_seconds, default=30.0, metavar="SECONDS", help="how long a timeout lasts (default 30)")
        add("--delay", type=_seconds, default=0.3, metavar="SECONDS", help="from the 202 to the storing (default 0.3)")
        add("--token-life", type=_seconds, default=900.0, metavar="SECONDS", help="default 900")
        add("--bulk-limit", type=int, default=1000, metavar="N", help="entities per request (default 1000)")
        add("--body-limit", type=int, default=5 * 1024 * 1024, metavar="BYTES", help="default 5 MiB")

    def handle(self, *args: Any, **given: Any) -> None:
        folder = given["data"] or settings.ENVIRONMENT.data / "sandbox"
        if given["print_credential"]:
            found = store.credential(folder)
            names = {"client_id": found.client_id, "client_secret": found.secret, "cloud_id": found.cloud_id}
            self.stdout.write(json.dumps(names))
            return
        if given["print_connect"]:
            app = store.connect_app(folder)
            self.stdout.write(json.dumps({"key": app.client_id, "shared_secret": app.secret, "cloud_id": app.cloud_id}))
            return
        options = _options(folder, given)
        try:
            listening = server.Server((given["host"], given["port"]), Sandbox(options))
        except (OSError, OverflowError) as error:
            raise CommandError(f"{given['host']}:{given['port']} cannot be used: {error}.", returncode=1) from None
        self.stdout.write(f"Waybill's stand-in for Jira at {listening.url}")
        where = f" --data {shlex.quote(str(folder))}" if given["data"] else ""
        self.stdout.write(f"Its credential: manage.py sandbox{where} --print-credential")
        self.stdout.flush()
        server.serve_until_told(listening)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e9:
        raise ValueError(text)
    return value


def _options(folder: Path, given: dict[str, Any]) -> Options:
    return Options(
        folder=folder,
        issues=_parsed(issues.Issues.parse, given["projects"]),
        credentials=tuple(_credential(text, "ID:SECRET") for text in given["credential"]),
        connect=tuple(_credential(text, "KEY:SECRET") for text in given["connect"]),
        settings=Settings(
            delay=given["delay"],
            token_life=given["token_life"],
            bulk_limit=given["bulk_limit"],
            body_limit=given["body_limit"],
        ),
        rate=_parsed(rates.parse, given["rate"]),
        faults=_parsed(faults.parse, given["faults"]),
        hold=given["hold"],
        seed=given["seed"],
    )


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except issues.Wrong as wrong:
        raise CommandError(str(wrong), returncode=2) from None


def _credential(text: str, form: str) -> tuple[str, str]:
    name, _, secret = text.partition(":")
    if not name or not secret:
        raise CommandError(f"A credential must be written as {form}.", returncode=2)
    return name, secret
