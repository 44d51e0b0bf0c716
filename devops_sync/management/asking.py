"""What every command shares: exit codes, JSON, an example in its help, secrets from standard input.

Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 Jira or the database cannot be reached.
"""

import getpass
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError

from devops_sync.audit import acting


class Asking(BaseCommand):
    """A command with Waybill's exit codes."""

    example = ""
    # Options that name files: their names may be any bytes.
    paths: tuple[str, ...] = ()
    requires_system_checks: list[str] = []
    stdin: TextIO = sys.stdin

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=f"Example: {self.example}", **options)

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        others = [value for name, value in options.items() if name not in self.paths]
        given = [text for value in others for text in (value if isinstance(value, list) else [value])]
        if not all(_can_be_kept(text) for text in given if isinstance(text, str)):
            self.wrong_use("What was given to the command is not UTF-8.")
        try:
            with _without_news(), acting.by(acting.command(self.__module__.rpartition(".")[2])):
                return super().execute(*arguments, **options)
        except OperationalError:
            self.unreachable("The database cannot be reached: start it with `manage.py up`, or set DATABASE_URL.")

    def say(self, data: dict[str, Any], sentence: str, *, as_json: bool) -> None:
        """Print the outcome, for a program or for a person."""
        self.stdout.write(json.dumps(data) if as_json else sentence)

    def no(self, sentence: str) -> NoReturn:
        """The answer is no."""
        self._end(sentence, 1)

    def wrong_use(self, sentence: str) -> NoReturn:
        """The command was given something that it cannot work with."""
        self._end(sentence, 2)

    def unreachable(self, sentence: str) -> NoReturn:
        """Jira or the database cannot be reached."""
        self._end(sentence, 3)

    def _end(self, sentence: str, code: int) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(code)


@contextmanager
def _without_news() -> Iterator[None]:
    """Leave to the terminal what the command prints, and warnings: what merely happened is news for the log."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(max(before, logging.WARNING))
    try:
        yield
    finally:
        root.setLevel(before)


def printable(text: str) -> str:
    """A text of others, such as a key or a reason: it begins no line of its own and does not speak to the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _can_be_kept(text: str) -> bool:
    """Whether the database takes a text: a shell may hand over any bytes, of which some are no characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def secret_from(stdin: TextIO, prompt: str) -> str:
    """A secret from standard input: asked for without echo at a terminal, else its first line."""
    if stdin.isatty():
        return getpass.getpass(f"{prompt}: ")
    return stdin.readline().rstrip("\r\n")
