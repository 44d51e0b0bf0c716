"""`manage.py export`: everything that the ledger holds of one thing, as a zip that can be checked without Waybill."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandParser

from devops_sync import evidence
from devops_sync.management.asking import Asking
from devops_sync.management.bar import Bar
from devops_sync.models import Site

_STANDARD_OUTPUT = Path("-")


class Command(Asking):
    help = (
        "Writes evidence: the bytes as received, every version, the requests to Jira with its answers, what was read"
        " back and what the audit log has of it, with the hashes of all, as one zip. Note the SHA-256 of the manifest:"
        " it is in the audit log, too."
    )
    paths = ("output",)
    example = 'manage.py export deployment "checkout-api / production / 7" --site retail -o evidence.zip'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=evidence.NAMES, metavar="KIND", help=", ".join(evidence.NAMES))
        parser.add_argument(
            "id", metavar="ID_OR_KEY", help="the number of its page, an issue's key, or its key as its page has it"
        )
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="into this file; - prints (default: a name of its own)"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        if options["output"] == _STANDARD_OUTPUT and options["json"]:
            self.wrong_use("With --json, give a file: both cannot be printed.")
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        subject = self._found(options["kind"], options["id"], site)
        making = evidence.Making(subject)
        path = options["output"] or Path(subject.file_name)
        sha256 = self._made(making, path, is_shown=sys.stderr.isatty() and not options["json"])
        said = f"{making.files:,} files, {making.size:,} bytes. SHA-256 of the manifest: {making.manifest_sha256}"
        if path == _STANDARD_OUTPUT:
            self.stderr.write(said)
            return
        hashes = {"sha256": sha256, "manifest_sha256": making.manifest_sha256}
        self.say({"file": str(path), **hashes, "files": making.files}, f"{path}: {said}", as_json=options["json"])

    def _found(self, kind: str, text: str, site: Site) -> evidence.Subject:
        try:
            return evidence.find(kind, text, site)
        except evidence.Unclear as unclear:
            self.wrong_use(str(unclear))
        except evidence.NotThere as missing:
            self.no(str(missing))

    def _made(self, making: evidence.Making, path: Path, *, is_shown: bool) -> str:
        """Write it under another name first, so that under its own it is whole. Returns its SHA-256."""
        if path == _STANDARD_OUTPUT:
            return _write(making, sys.stdout.buffer, is_shown=is_shown)
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                sha256 = _write(making, file, is_shown=is_shown)
            part.replace(path)
        except OSError as error:
            self.wrong_use(f"The file cannot be written: {error.strerror}, {error.filename or path}.")
        finally:
            part.unlink(missing_ok=True)
        return sha256


def _write(making: evidence.Making, file: BinaryIO, *, is_shown: bool) -> str:
    bar, digest = Bar(is_shown=is_shown), hashlib.sha256()
    try:
        for piece in making.pieces():
            digest.update(piece)
            file.write(piece)
            bar.draw(making.done / making.total if making.total else None, f"{making.size:,} bytes")
        file.flush()
        if file is not sys.stdout.buffer:
            os.fsync(file.fileno())
    finally:
        bar.end()
    return digest.hexdigest()
