"""Making evidence: everything that belongs to a subject as one zip, read at one instant and written as it is read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from django.db import connection

from .. import __version__, audit
from ..audit import acting, reading, sealing
from . import acts, collecting, deletion, deliveries, entries, readbacks, submissions, summary, verify, wording
from .archive import Archive
from .redactions import Redactions
from .subject import DELETION, Subject
from .tally import Tally

FORMAT = "waybill-evidence/1"


class Making:
    """One file of evidence. Once `pieces` is read to its end, the hash of the manifest is known, and noted."""

    def __init__(self, subject: Subject):
        self.subject = subject
        self.done = 0
        self.total = 0
        self._archive = Archive()
        self._by = acting.current()

    @property
    def manifest_sha256(self) -> str:
        return self._archive.manifest_sha256

    @property
    def files(self) -> int:
        """How many files are in it, the manifest with them."""
        return self._archive.files

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._archive.size

    def pieces(self) -> Iterator[bytes]:
        """The bytes, still to be read. That somebody asked is noted at once, and that it was made after the last."""
        self._note("evidence.asked")
        sealing.seal()
        return self._read()

    def _read(self) -> Iterator[bytes]:
        with _one_instant():
            yield from self._written()
        self._note("evidence.made", manifest_sha256=self.manifest_sha256, files=self.files, size=self.size)

    def _note(self, act: str, **after: object) -> None:
        site = self.subject.sites[0] if len(self.subject.sites) == 1 else None
        of = {"sites": [one.slug for one in self.subject.sites]} if site is None else {}
        on = (self.subject.kind.replace("_", ""), self.subject.ident, self.subject.word)
        if self.subject.kind == DELETION:
            on = ("cleanup", *on[1:])
        with acting.by(self._by):
            audit.note(act, on=on, site=site, after={**of, **after} or None)

    def _written(self) -> Iterator[bytes]:
        archive, tally, redactions = self._archive, Tally(), Redactions()
        found = collecting.collect(self.subject)
        self.total = len(found.submissions) + len(found.deliveries) + len(found.readbacks) + 1
        yield from archive.add("subject.json", wording.page(self._head()))
        if self.subject.cleanup is not None:
            redactions.of_cleanup(self.subject.cleanup.pk)
            yield from deletion.write_whole(archive, self.subject.cleanup, tally, redactions)
        else:
            yield from entries.write(archive, found, tally, redactions)
            yield from submissions.write(archive, found, tally, redactions)
            self.done = len(found.submissions)
        yield from deliveries.write(archive, found, tally, redactions)
        self.done += len(found.deliveries)
        if self.subject.cleanup is None:
            yield from readbacks.write(archive, found, tally, redactions)
        yield from deletion.write(archive, found, tally)
        yield from redactions.write(archive, tally)
        yield from acts.write(archive, self.subject, found, tally)
        yield from archive.add("verify.py", Path(verify.__file__).read_bytes())
        told = summary.Summary(self.subject, tally)
        yield from archive.add("summary.html", told.as_html().encode("utf-8", "backslashreplace"))
        yield from archive.add("summary.txt", told.as_text().encode("utf-8", "backslashreplace"))
        yield from archive.end({"format": FORMAT, **self._head()})
        self.done = self.total

    def _head(self) -> dict[str, object]:
        """What it is about. Neither when it was made nor by whom: that is in the audit log."""
        sites = [{"slug": site.slug, "url": site.url, "cloud_id": site.cloud_id} for site in self.subject.sites]
        return {
            "kind": self.subject.kind,
            "id": self.subject.ident,
            "name": self.subject.name,
            "sites": sites,
            "waybill": __version__,
        }


def _one_instant() -> AbstractContextManager[None]:
    """Everything of one instant, unless a transaction is open already, which is then the caller's concern."""
    return nullcontext() if connection.in_atomic_block else reading.one_instant()
