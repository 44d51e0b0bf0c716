"""Rows that are selected, on as many pages as one likes: they go from page to page in the address, as `selected`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

# As many as an address can hold on its way through anybody's proxy.
LONGEST = 6000
_ID = re.compile(r"[0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Selection:
    """What is selected: of the rows that the page shows, and of all others."""

    here: frozenset[str]
    elsewhere: list[str]

    @property
    def count(self) -> int:
        return len(self.here) + len(self.elsewhere)


def read(request: HttpRequest, rows: Sequence[Any]) -> Selection:
    """What the address says is selected, seen from a page that shows these rows."""
    ids = clean(request.GET.get("selected", "").split("."))
    shown = {str(row.pk) for row in rows}
    return Selection(frozenset(shown.intersection(ids)), [one for one in ids if one not in shown])


def clean(ids: Sequence[str]) -> list[str]:
    """Those that can be ids, each once."""
    return list(dict.fromkeys(one for one in ids if _ID.fullmatch(one)))


def write(ids: Sequence[str]) -> tuple[str, int]:
    """The ids as an address has them, and how many of them found no room."""
    text, many = "", 0
    for many, one in enumerate(ids):
        longer = f"{text}.{one}" if text else one
        if len(longer) > LONGEST:
            return text, len(ids) - many
        text = longer
    return text, 0
