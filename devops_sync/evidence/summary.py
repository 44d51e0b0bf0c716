"""The summary of evidence for people: the same said twice, as a page that prints well and as plain text.

The page needs nothing from elsewhere and runs nothing; every text in it is text.
"""

import re
import textwrap
from collections.abc import Iterator

from django.utils.html import escape

from ..models import Entry
from ..models.current import Current
from . import wording
from .subject import DELETION, ISSUE, Subject
from .tally import MOST_TOLD, Table, Tally

_WIDTH = 100
_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#1c2024;background:#fff;max-width:75rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.2;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2rem 0 .4rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#5a6169}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:12px;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem .25rem 0;border-bottom:1px solid #d8dce0}
td{overflow-wrap:anywhere;min-width:6.5rem}th{white-space:nowrap}caption{display:none}
code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}
@media (max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
@media (prefers-color-scheme:dark){body{color:#e6e8ea;background:#15181b}dt{color:#9aa2aa}th,td{border-color:#343a40}}
@media print{body{margin:0;max-width:none;color:#000;background:#fff}thead{display:table-header-group}
tr{break-inside:avoid}.scroll{overflow:visible}}
"""


class Summary:
    """What a person reads first."""

    def __init__(self, subject: Subject, tally: Tally):
        self._subject = subject
        self._tally = tally
        self._tables = {title: table for title, table in tally.tables.items() if table.count}

    @property
    def _title(self) -> str:
        return f"Evidence of {self._subject.word}"

    def as_html(self) -> str:
        """One page, self-contained."""
        facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in self._facts())
        notes = "".join(
            f"<h2>{escape(title)}</h2>" + "".join(f"<p>{_with_code(one)}</p>" for one in said)
            for title, said in self._notes()
        )
        tables = "".join(_html_table(title, table) for title, table in self._tables.items())
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self._title)}</title><style>{_STYLE}</style></head>\n<body><h1>{escape(self._title)}</h1>\n"
            f"<dl>{facts}</dl>\n{tables}\n{notes}\n</body></html>\n"
        )

    def as_text(self) -> str:
        """The same as lines."""
        lines = [_plain(self._title), "=" * min(len(self._title), _WIDTH), ""]
        lines += [f"{name + ':':<24}{_plain(value)}" for name, value in self._facts()]
        for title, table in self._tables.items():
            lines += ["", "", *_text_table(title, table)]
        for title, said in self._notes():
            lines += ["", "", title, "-" * len(title)]
            for one in said:
                lines += [*textwrap.wrap(_plain(one), _WIDTH), ""]
        return "\n".join(lines).rstrip() + "\n"

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "What", self._subject.word
        if self._subject.row is not None:
            yield "In short", " ".join(_in_short(self._subject.row))
        if self._subject.kind != ISSUE:
            yield "Number of its page", self._subject.ident
        for site in self._subject.sites:
            yield "Site", f"{site.slug}, {site.url}, cloud id {site.cloud_id}"
        if self._subject.cleanup is not None:
            yield "State", self._subject.cleanup.get_state_display()
            yield "About", self._subject.cleanup.what
            yield "Reason", self._subject.cleanup.reason or "none given"
        if self._tally.outcomes:
            yield "Became of the versions", _counted(self._tally.outcomes)
            yield "Read back", _counted(self._tally.read_backs)
        for title, table in self._tables.items():
            yield title, f"{table.count:,}"

    def _notes(self) -> Iterator[tuple[str, list[str]]]:
        yield "What is inside", list(self._inside())
        yield "What is not", list(self._outside())
        yield (
            "How to verify it",
            [
                "Run `python3 verify.py` where the zip was unpacked, or `python3 verify.py FILE.zip`. It needs Python"
                " 3.9 and nothing else: it computes the SHA-256 of each file again, compares them with manifest.json"
                " and with what the ledger said of them when they came or went, and prints the SHA-256 of the manifest."
                " Compare that with what was shown when the file was made, or with the act “evidence.made” in the"
                " audit log.",
                "With `--key FILE`, a file with what `manage.py audit key` prints, it also checks each row of"
                " audit.ndjson: its MAC covers its position, the MAC of the row before, and everything that the row"
                " says. That no row is missing between these only the whole log shows: `manage.py audit verify`.",
            ],
        )
        yield (
            "What makes another one differ",
            [
                "The same state of the ledger makes the same files and the same manifest; neither the time at which it"
                " is made nor who makes it is inside. It differs once something has happened: a version, a try, an"
                " answer, a read-back or a deletion came, personal fields were redacted, somebody read the bytes or did"
                " anything else that the audit log has of it, a token, a person or a site was renamed, or Waybill was"
                " upgraded. The zip around the files, unlike the manifest, may also differ by the version of zlib.",
            ],
        )

    def _inside(self) -> Iterator[str]:
        if self._subject.kind == DELETION:
            yield (
                "deletion/report.json is the report as it was sealed; deletion/entities.ndjson has each entity that it"
                " takes, in the version that came last, and deletion/received.ndjson the bytes in which those came,"
                " each request once and as a whole, so it may hold other entities of the same site. Earlier versions"
                " are in the evidence of the entity."
            )
            yield "readbacks/ has each question by which it is proven, with Jira's last answer to it."
        else:
            yield (
                "submissions/ has each request by which a version came, byte by byte as it was received. It is there"
                " as a whole, so it may hold other entities of the same site that were sent in the same request."
            )
            yield "entries.ndjson has every version, also those that were refused, out of order or not sent."
            yield "readbacks/ has what Jira gave back when it was read, and what it said of gates."
        yield "deliveries/ has each request to Jira, each try of it, and Jira's answer. Credentials are struck out."
        yield "audit.ndjson has the rows of the audit log about all of this, each with its place in the chain."
        if self._tally.unchained:
            yield f"{self._tally.unchained:,} of them wait for their place in the chain, and say so."

    def _outside(self) -> Iterator[str]:
        if self._tally.redactions:
            yield (
                "Personal fields of somebody who was to be forgotten are redacted, here too: redactions.ndjson says in"
                " what, when, by which deletion, and the SHA-256 before and after."
            )
        if self._subject.kind == "repository":
            yield "What is in the repository: commits, branches and pull requests have evidence of their own."
        if self._subject.kind == ISSUE:
            yield "Sites that whoever asked for it may not audit, and whole repositories."
        yield f"Of each table above there are {MOST_TOLD} rows at most; the files have all. Secrets are nowhere."


def _in_short(row: Current) -> Iterator[str]:
    """What became of the version that counts, in sentences."""
    entry = row.entry
    came = f"Its version with sequence {row.sequence} came at {wording.told(entry.submission.received_at)}"
    yield f"{came} from {entry.submission.sender}."
    if entry.outcome == Entry.Outcome.ACCEPTED:
        yield f"Jira accepted it at {wording.told(entry.outcome_at)}, in delivery {entry.delivery_id}."
        read = wording.told(entry.read_back_at)
        yield f"Read back at {read}: {entry.get_read_back_display().lower()}." if read else "It was not read back."
    else:
        said = " ".join(entry.messages)
        yield f"What became of it: {entry.get_outcome_display().lower()}. {said}".rstrip()
    if row.deleted_at is not None:
        yield f"It was deleted at {wording.told(row.deleted_at)}."


def _counted(found: "dict[str, int]") -> str:
    return ", ".join(f"{name.lower()} {many:,}" for name, many in sorted(found.items()))


def _with_code(text: str) -> str:
    """A sentence of this file's own, with what stands between backticks as code."""
    return re.sub("`(.*?)`", r"<code>\1</code>", escape(text))


def _html_table(title: str, table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in table.rows)
    more = f"<p>And {table.untold:,} more, in the files.</p>" if table.untold else ""
    return (
        f'<h2>{escape(title)}</h2><div class="scroll"><table><caption>{escape(title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>{more}\n"
    )


def _text_table(title: str, table: Table) -> Iterator[str]:
    """A paragraph for each row: columns are too narrow for hashes."""
    yield title
    yield "-" * len(title)
    for row in table.rows:
        line = "; ".join(f"{name} {_plain(cell)}" for name, cell in zip(table.head, row, strict=False) if cell)
        yield textwrap.fill(line, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    if table.untold:
        yield f"And {table.untold:,} more, in the files."


def _plain(text: str) -> str:
    """A text of others in one line, without signs that speak to a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
