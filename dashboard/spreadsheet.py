"""Tables as CSV (RFC 4180), for programs that open it as a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse

from . import download

CONTENT_TYPE = "text/csv; charset=utf-8"
# Without it Excel reads the file in the code page of its machine, and no name beyond ASCII comes out right.
# Programs that know no such mark have the JSON.
MARK = "\ufeff".encode()
BROKEN_OFF = "This file is incomplete: Waybill could not read on. Ask for it again."
# A cell that begins with one of these is a formula to a spreadsheet, in some languages also when written wide.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows, a record each. A text that a spreadsheet would compute gets an apostrophe before it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def streamed(head: Sequence[str], slices: Iterable[Iterable[Sequence[object]]]) -> Iterator[bytes]:
    """The table slice by slice, as it is read. Where reading breaks off, its last row says so.

    The web server ends such a file as it ends a whole one, and a CSV has no end by which to tell.
    """
    yield MARK + lines([head])
    try:
        for rows in slices:
            yield lines(rows)
    except Exception:
        yield lines([[BROKEN_OFF]])
        raise


def answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The table as a file to be saved."""
    return download.saved(HttpResponse(MARK + lines([head, *rows]), content_type=CONTENT_TYPE), f"{name}.csv")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_BEGINS_A_FORMULA) else value
