"""A list as a file: the whole of what its address asks for, written row by row as it is read.

A file is either whole or visibly broken off: what is wrong with the address is said before the first byte.
"""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from devops_sync import audit

from . import download, frame, saved_views, spreadsheet
from .columns import Column
from .filters import Filters

FORMATS = {"csv": spreadsheet.CONTENT_TYPE, "json": "application/json"}
# What stands beside the rows of a slice, by their numbers.
Beside = Callable[[list[Any]], Mapping[Any, Mapping[str, Any]]]


def is_asked(request: HttpRequest) -> bool:
    return bool(request.GET.get("format"))


def answer(
    request: HttpRequest,
    what: str,
    filters: Filters,
    columns: Sequence[Column],
    slices: Iterator[list[Any]],
    beside: Beside = lambda rows: {},
) -> HttpResponseBase:
    """The rows of the slices as a file named after `what`, or a sentence for each thing that cannot be."""
    shape = request.GET.get("format", "")
    if problems := _problems(shape, filters):
        return _refuse(shape, problems)
    name = "-".join(["waybill", what, *([filters.site.slug] if filters.site else [])])
    name = f"{name}-{frame.of(request).now.astimezone(dt.UTC):%Y-%m-%dT%H%MZ}.{shape}"
    if request.method == "HEAD":
        return download.saved(HttpResponse(content_type=FORMATS[shape]), name)
    note(request, what.replace("-", " "), filters, shape)
    # The first slice is read before anything is said, so that what goes wrong there is no half file.
    slices = itertools.chain([next(slices, [])], slices)
    records = ([_record(columns, row, of.get(row.pk, {})) for row in rows] for rows in slices for of in [beside(rows)])
    head = [field for column in columns for field in column.fields]
    write = _as_csv(head, records) if shape == "csv" else _as_json(head, records)
    return download.saved(StreamingHttpResponse(write, content_type=FORMATS[shape]), name)


def note(request: HttpRequest, what: str, filters: Filters, shape: str) -> None:
    """Note that a list was taken away as a file: which, and by what it was narrowed."""
    site = filters.sites[0] if len(filters.sites) == 1 else None
    after = {"as": shape, "filters": saved_views.clean(request.GET)}
    if what == "audit":
        audit.note("audit.exported", on=audit.LOG, site=site, after=after)
    else:
        audit.note("export.made", on=("list", what, f"the list of {what}"), site=site, after=after)


def _problems(shape: str, filters: Filters) -> list[str]:
    if shape in FORMATS:
        return filters.problems
    return [f"“{shape[:40]}” is no format. There are: {', '.join(FORMATS)}.", *filters.problems]


def _refuse(shape: str, problems: list[str]) -> HttpResponse:
    if shape == "json":
        return JsonResponse({"problems": problems}, status=400)
    return HttpResponse("\n".join([*problems, ""]), content_type="text/plain; charset=utf-8", status=400)


def _record(columns: Sequence[Column], row: Any, beside: Mapping[str, Any]) -> list[object]:
    return [_exactly(field(row, beside)) for column in columns for field in column.fields.values()]


def _exactly(value: object) -> object:
    """An instant to the microsecond, in UTC; an id as a text; anything else as it is."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


def _as_csv(head: list[str], slices: Iterable[list[list[object]]]) -> Iterator[bytes]:
    return spreadsheet.streamed(
        head, ([[_flat(value) for value in record] for record in records] for records in slices)
    )


def _flat(value: object) -> object:
    """Several values in one cell."""
    if isinstance(value, dict):
        return ", ".join(f"{one} {name}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _as_json(head: list[str], slices: Iterable[list[list[object]]]) -> Iterator[bytes]:
    """One array, an object a line: it ends with a bracket only when it is whole."""
    before = "[\n"
    for records in slices:
        text = []
        for record in records:
            text.append(before + json.dumps(dict(zip(head, record, strict=True)), ensure_ascii=False))
            before = ",\n"
        yield "".join(text).encode("utf-8", "replace")
    yield b"[]\n" if before == "[\n" else b"\n]\n"
