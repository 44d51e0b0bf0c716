#!/usr/bin/env python3
"""Verify a file of Waybill's evidence on any machine, with Python 3.9 or newer and nothing else.

    python3 verify.py [EVIDENCE.zip | FOLDER] [--key FILE] [--manifest SHA256]

Without a name it looks at the folder that it lies in. The key is what `manage.py audit key` prints; instead of a file,
the variable WAYBILL_AUDIT_KEY may have it. Without a key the rows of the audit log are compared by their hashes only.
Exit codes: 0 everything is as it was written, 1 it is not, and each thing that is not is named, 2 wrong use.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
RECEIVED = "deletion/received.ndjson"
COLUMNS = (
    *("id", "at", "act", "actor_kind", "actor", "user_id", "token_id", "remote_address", "site_id", "site"),
    *("subject_kind", "subject_id", "subject", "before", "after"),
)
_NUMBERS = ("id", "user_id", "token_id", "site_id")
_AT_ONCE = 1 << 20
Keys = dict[str, bytes]


class Evidence:
    """Some files with their names."""

    def names(self) -> list[str]:
        raise NotImplementedError

    def open(self, name: str) -> IO[bytes]:
        raise NotImplementedError


class Folder(Evidence):
    """Evidence that was unpacked."""

    def __init__(self, path: Path):
        self._path = path

    def names(self) -> list[str]:
        found = (path for path in self._path.rglob("*") if path.is_file() or path.is_symlink())
        return [path.relative_to(self._path).as_posix() for path in found if "__pycache__" not in path.parts]

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")


class Zip(Evidence):
    """Evidence as it was made."""

    def __init__(self, path: Path):
        self._zip = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        return self._zip.namelist()

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)


def keys_of(given: str) -> Keys:
    """The keys in a text, 64 hexadecimal digits each, by their ids."""
    secrets = [bytes.fromhex(digits) for digits in re.findall(r"\b[0-9a-f]{64}\b", given)]
    return {hashlib.sha256(secret).hexdigest()[:16]: secret for secret in secrets}


def wrong_files(evidence: Evidence, manifest: dict[str, Any]) -> Iterator[str]:
    """A sentence for each file that is not as the manifest says, or as the ledger said."""
    names = evidence.names()
    listed = {one["path"]: one for one in manifest["files"]}
    for name in sorted(set(names) - set(listed) - {MANIFEST}):
        yield f"{name} was put in: the manifest does not have it."
    for name in sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else ():
        yield f"{name} is there twice."
    for name, said in listed.items():
        if name not in names:
            yield f"{name} is missing."
            continue
        try:
            sha256, size = digest_of(evidence, name)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            yield f"{name} was changed: it cannot be unpacked any more."
            continue
        if (sha256, size) != (said["sha256"], said["size"]):
            yield f"{name} was changed: its SHA-256 is {sha256}, and the manifest says {said['sha256']}."
        elif not said.get("redacted") and said.get("ledger_sha256", sha256) != sha256:
            yield f"{name} is not what the ledger had: its SHA-256 was {said['ledger_sha256']} then."


def digest_of(evidence: Evidence, name: str) -> tuple[str, int]:
    """The SHA-256 of a file, and how many bytes it has."""
    digest, size = hashlib.sha256(), 0
    with evidence.open(name) as file:
        while piece := file.read(_AT_ONCE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def lines_of(evidence: Evidence, name: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, as far as it can be unpacked: that it cannot `wrong_files` says."""
    with evidence.open(name) as file:
        try:
            yield from enumerate(file, 1)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return


def wrong_bodies(evidence: Evidence) -> Iterator[str]:
    """A sentence for each request of a deletion's evidence whose bytes are not those that the ledger received."""
    for number, line in lines_of(evidence, RECEIVED) if RECEIVED in evidence.names() else ():
        try:
            one = json.loads(line)
            if one["redacted"] or one.get("body", "") is None:
                continue
            body = one["body"].encode() if "body" in one else base64.b64decode(one["body_base64"], validate=True)
            said = one["ledger_sha256"]
        except (KeyError, ValueError, TypeError, AttributeError):
            yield f"{RECEIVED}, line {number} is no request."
            continue
        if hashlib.sha256(body).hexdigest() != said:
            yield f"{RECEIVED}, line {number} is not what the ledger received: its SHA-256 was {said} then."


def wrong_rows(evidence: Evidence, keys: Keys) -> Iterator[str]:
    """A sentence for each row of the audit log that is not what was sealed."""
    for number, line in lines_of(evidence, "audit.ndjson"):
        try:
            if not is_sealed(json.loads(line), keys):
                yield f"audit.ndjson, line {number}: it is not what was sealed at its position."
        except KeyError as missing:
            yield f"audit.ndjson, line {number}: there is no {missing} in it, or its key was not given."
        except (ValueError, TypeError):
            yield f"audit.ndjson, line {number} is no row."


def is_sealed(row: dict[str, Any], keys: Keys) -> bool:
    """Whether a row's MAC is what the key makes of its place and its columns; one that waits for its place has none."""
    if row["line"] == "unchained":
        return "mac" not in row
    texts = [str(row["position"]), row["mac_before"], *(_column(row, name) for name in COLUMNS)]
    if any("\0" in text for text in texts):
        return False
    message = "\0".join(texts).encode("utf-8", "surrogatepass")
    made = hmac.new(keys[row["key_id"]], message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, row["mac"])


def _column(row: dict[str, Any], name: str) -> str:
    """A column as it went into the MAC."""
    value = row[name]
    if type(value) is not (int if name in _NUMBERS else str) and not (name in _NUMBERS and value is None):
        raise TypeError
    return "" if value is None else str(value)


def main() -> int:
    """Read the command line, verify, say it in sentences."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("evidence", type=Path, nargs="?", default=Path(__file__).resolve().parent)
    options.add_argument("--key", type=Path, metavar="FILE", help="a file with the key of the audit log")
    options.add_argument("--manifest", metavar="SHA256", help="the SHA-256 that the manifest is to have")
    asked = options.parse_args()
    try:
        keys = keys_of(asked.key.read_text("utf-8") if asked.key else os.environ.get("WAYBILL_AUDIT_KEY", ""))
        if asked.key and not keys:
            sys.stderr.write("There is no key of 64 hexadecimal digits in the file.\n")
            return 2
        evidence: Evidence = Folder(asked.evidence) if asked.evidence.is_dir() else Zip(asked.evidence)
        sha256, _ = digest_of(evidence, MANIFEST)
        with evidence.open(MANIFEST) as file:
            manifest = json.load(file)
        wrong = [*wrong_files(evidence, manifest), *wrong_bodies(evidence)]
        wrong += wrong_rows(evidence, keys) if keys else ()
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"It cannot be read: {error}\n")
        return 2
    if asked.manifest and asked.manifest.lower() != sha256:
        wrong.append(f"{MANIFEST} is another one: its SHA-256 is {sha256}.")
    redacted = sum(bool(one.get("redacted")) for one in manifest["files"])
    sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong))
    if not wrong:
        rows = "the rows of the audit log with their key" if keys else "the rows of the audit log by their hash alone"
        sys.stdout.write(
            f"Whole: {len(manifest['files']) + 1} files, {redacted} of them redacted since they came; {rows}.\n"
        )
    sys.stdout.write(f"SHA-256 of {MANIFEST}: {sha256}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
