"""`manage.py up`: everything with one command."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, OperationalError

from devops_sync import digits, embedded
from devops_sync.up import hold, port, supervisor, up


class Command(BaseCommand):
    help = (
        "Starts Waybill with everything it needs: an embedded PostgreSQL unless DATABASE_URL is set, web, worker with "
        "beat, and a stand-in for Jira with a demo site. Ctrl-C or SIGTERM stops all of it."
    )
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog="Example: manage.py up --port 9000 --no-demo", **options
        )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="address that web listens on (default: 127.0.0.1)")
        add("--port", type=_port, metavar="N", help="port of web (default: PORT, else 8000)")
        add(
            "--sandbox-port",
            type=_port,
            metavar="N",
            help="port of the sandbox (default: 8001, or a free one when --port or PORT is given)",
        )
        add("--no-sandbox", action="store_true", help="without the stand-in for Jira and its site")
        add("--no-demo", action="store_true", help="without the demo's history")

    def handle(self, **options: Any) -> None:
        asked = up.Asked(
            host=options["host"],
            port=options["port"],
            sandbox_port=options["sandbox_port"],
            sandbox=not options["no_sandbox"],
            demo=not options["no_demo"],
        )
        try:
            up.run(asked, self._say)
        except (hold.Held, port.Taken, embedded.Failed, supervisor.DidNotStart) as no:
            self._end(str(no), 1)
        except up.Unreachable as unreachable:
            self._end(str(unreachable), 3)
        except OperationalError as error:
            self._end(f"The database cannot be reached: {_on_one_line(error)}", 3)
        except Error as error:
            self._end(f"The database refused to be set up: {_on_one_line(error)}", 1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _end(self, sentence: str, code: int) -> None:
        self.stderr.write(sentence)
        sys.exit(code)


def _port(text: str) -> int:
    if not digits.only(text, 5) or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
