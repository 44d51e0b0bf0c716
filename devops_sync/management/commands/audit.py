"""`manage.py audit`: whether the audit log is whole, the log as a file, and the key that it is verified with."""

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.dateparse import parse_date, parse_datetime

from devops_sync import audit
from devops_sync.audit import exporting, keys, verify_offline, verifying
from devops_sync.management.asking import Asking

_LOG = audit.LOG


class Command(Asking):
    help = "Verifies the audit log, exports it, and prints the key that an export is verified with."
    paths = ("output", "script", "checkpoints")
    example = "manage.py audit export -o audit.ndjson --script verify.py"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="do", required=True, metavar="verify|export|key")
        verify = acts.add_parser("verify", help="name the first row that is not as it was written (exit code 1)")
        verify.add_argument("--json", action="store_true", help="print JSON")
        verify.add_argument(
            "--checkpoints", type=Path, metavar="FILE", help="another copy of audit-checkpoints.ndjson, kept elsewhere"
        )
        export = acts.add_parser("export", help="write the log as NDJSON")
        export.add_argument("--from", dest="since", metavar="DATE", help="from this day or instant on (UTC)")
        export.add_argument("--to", dest="until", metavar="DATE", help="before this day or instant (UTC)")
        export.add_argument("-o", "--output", type=Path, metavar="FILE", help="into this file (default: print)")
        export.add_argument("--script", type=Path, metavar="FILE", help="write the offline verifier there, too")
        acts.add_parser("key", help="print the derived key: who has it can verify, and forge")

    def handle(self, **options: Any) -> None:
        match options["do"]:
            case "verify":
                self._verify(options["checkpoints"], as_json=options["json"])
            case "export":
                self._export(options)
            case "key":
                audit.note("audit.key.read", on=_LOG)
                self.stdout.write("\n".join(key.secret.hex() for key in keys.known().values()))

    def _verify(self, path: Path | None, *, as_json: bool) -> None:
        if path is not None and not path.is_file():
            self.wrong_use(f"There is no file {path}.")
        found = verifying.verify(path or Path(settings.AUDIT_CHECKPOINTS))
        # The page of the log says when that was, and what came of it.
        audit.note("audit.verified", on=_LOG, after={"found": _sentence(found)})
        self.say(found.as_dict(), _sentence(found), as_json=as_json)
        if not found.is_whole:
            sys.exit(1)

    def _export(self, options: dict[str, Any]) -> None:
        since, until = self._instant(options["since"]), self._instant(options["until"])
        span = {"from": since, "to": until} if since or until else None
        audit.note("audit.exported", on=_LOG, after=span)
        try:
            if options["script"]:
                options["script"].write_bytes(Path(verify_offline.__file__).read_bytes())
            if options["output"] is None:
                _write(exporting.lines(since, until), sys.stdout.buffer)
                return
            with options["output"].open("wb") as file:
                _write(exporting.lines(since, until), file)
        except OSError as error:
            self.wrong_use(f"The file cannot be written: {error.strerror}, {error.filename}.")

    def _instant(self, given: str | None) -> dt.datetime | None:
        """A day, which begins at midnight, or an instant; in UTC where it names no zone."""
        if given is None:
            return None
        try:
            if day := parse_date(given):
                return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
            instant = parse_datetime(given)
        except ValueError:
            instant = None
        if instant is None:
            self.wrong_use(f"'{given}' is no day and no instant: write 2026-11-21 or 2026-11-21T14:00:00Z.")
        return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)


def _write(lines: Iterator[bytes], file: BinaryIO) -> None:
    for line in lines:
        file.write(line)
    file.flush()


def _sentence(found: verifying.Verified) -> str:
    if not found.is_whole:
        return found.sentence
    return (
        f"Whole: {found.rows:,} rows, {found.checkpoints:,} checkpoints, {found.checkpoints_in_file:,} in the file"
        f" beside it, {found.pending:,} rows that wait for their place."
    )
