"""A zip that is written as it is read: what was put in is handed on at once, and its hashes stay for the manifest.

The same content makes the same bytes: files have no time of their own and come in a fixed order.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# The earliest time that a zip can say.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_AT_ONCE = 1 << 16
# So much of the manifest is held in memory; the rest lies in a file without a name.
_IN_MEMORY = 1 << 20


@dataclass(frozen=True)
class Said:
    """What the ledger has said of the content before: its SHA-256, and whether personal fields were redacted since."""

    sha256: bytes | memoryview | None
    is_redacted: bool = False


class Archive:
    """One zip. Each method yields the bytes that are ready; memory grows by about 1.5 kB for each file."""

    def __init__(self) -> None:
        self._ready = _Ready()
        self._zip = ZipFile(cast(IO[bytes], self._ready), "w", ZIP_DEFLATED)
        self._listed = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (`end` closes it)
        self.files = 0
        self.size = 0
        self.manifest_sha256 = ""

    def add(self, path: str, content: bytes, said: Said | None = None) -> Iterator[bytes]:
        """A file whose content is at hand."""
        return self.stream(path, [content], said, is_long=False)

    def stream(
        self, path: str, pieces: Iterable[bytes], said: Said | None = None, *, is_long: bool = True
    ) -> Iterator[bytes]:
        """A file that is written piece by piece. One that `is_long` may have more than 2 GiB."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_named(path), "w", force_zip64=is_long) as file:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
                yield from self._take()
        self._note({"path": path, "sha256": digest.hexdigest(), "size": size, **_of_ledger(said)})
        yield from self._take()

    def end(self, head: dict[str, Any]) -> Iterator[bytes]:
        """The manifest, and the end of the zip. Afterwards `manifest_sha256` is known."""
        digest = hashlib.sha256()
        with self._zip.open(_named("manifest.json"), "w", force_zip64=False) as file:
            for piece in self._manifest(head):
                digest.update(piece)
                file.write(piece)
                yield from self._take()
        self._zip.close()
        self._listed.close()
        self.files += 1
        self.manifest_sha256 = digest.hexdigest()
        yield from self._take(everything=True)

    def _note(self, line: dict[str, Any]) -> None:
        self._listed.write((",\n" if self.files else "\n").encode() + _json(line))
        self.files += 1

    def _manifest(self, head: dict[str, Any]) -> Iterator[bytes]:
        """One JSON object with a file a line."""
        yield _json(head)[:-1] + b', "files": ['
        self._listed.seek(0)
        while piece := self._listed.read(_AT_ONCE):
            yield piece
        yield b"\n]}\n"

    def _take(self, *, everything: bool = False) -> Iterator[bytes]:
        if everything or self._ready.size >= _AT_ONCE:
            taken = self._ready.take()
            self.size += len(taken)
            yield taken


class _Ready:
    """What the zip writes into: it cannot be sought in, and is emptied now and then."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return taken


def _named(path: str) -> ZipInfo:
    info = ZipInfo(path, _NO_TIME)
    info.compress_type = ZIP_DEFLATED
    info.create_system = 3  # Unix, wherever it is made.
    info.external_attr = 0o644 << 16
    return info


def _of_ledger(said: Said | None) -> dict[str, Any]:
    if said is None or said.sha256 is None:
        return {}
    return {"ledger_sha256": bytes(said.sha256).hex(), **({"redacted": True} if said.is_redacted else {})}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
