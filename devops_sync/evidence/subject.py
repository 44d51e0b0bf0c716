"""What evidence is made of: an entity of any kind, an issue on some sites, or a deletion."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import digits
from ..cleanups import entities
from ..jira import keys
from ..kinds import KINDS, Kind
from ..models import Cleanup, Site
from ..models import issue as touching
from ..models.current import Current

ISSUE, DELETION = "issue", "deletion"
NAMES = (*KINDS, ISSUE, DELETION)
SLICE = 500


class NotThere(Exception):
    """There is no such thing on the sites."""


class Unclear(Exception):
    """A text that names no such thing; it says how one is named."""


@dataclass(frozen=True)
class Subject:
    """One thing. `ident` is the number of its page, or an issue's key; `name` is what people call it."""

    kind: str
    ident: str
    name: str
    sites: tuple[Site, ...]
    row: Current | None = None
    cleanup: Cleanup | None = None

    @property
    def word(self) -> str:
        """Its kind and its name, as people read them."""
        return f"{self.kind.replace('_', ' ')} {self.name}"

    @property
    def file_name(self) -> str:
        """What its file is called: no text of others, save the site's short name and an issue's key."""
        of = [self.sites[0].slug] if len(self.sites) == 1 else []
        said = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in self.ident)
        return "-".join(["waybill-evidence", *of, self.kind.replace("_", "-"), said[:100]]) + ".zip"

    def rows(self) -> Iterator[tuple[Kind, Sequence[Any]]]:
        """The current rows that it is about, by kind, slice by slice, in a fixed order."""
        if self.row is not None:
            yield KINDS[self.kind], [self.row]
        elif self.cleanup is not None:
            yield from entities.slices(self.cleanup)
        else:
            for name in touching.KINDS:
                yield from _touching(KINDS[name], self.ident, self.sites)


def of_entity(row: Current, kind: str) -> Subject:
    """An entity, given with its site and its entry."""
    return Subject(kind, str(row.pk), keys.words(row.entry.key), (row.site,), row=row)


def of_issue(key: str, sites: Sequence[Site]) -> Subject:
    """What touched an issue on these sites. Raises `NotThere` when nothing did."""
    ordered = tuple(sorted(sites, key=lambda site: site.slug))
    found = Subject(ISSUE, key.upper(), key.upper(), ordered)
    if "\0" in key or next(found.rows(), None) is None:
        raise NotThere(f"Nothing touched the issue {key}.")
    return found


def of_deletion(cleanup: Cleanup) -> Subject:
    """A deletion, given with its site. Of one that forgets a person the name says the number alone."""
    return Subject(DELETION, str(cleanup.pk), str(cleanup.pk), (cleanup.site,), cleanup=cleanup)


def find(kind: str, text: str, site: Site) -> Subject:
    """What a person names: by the number of its page, or its key. Raises `NotThere`, `Unclear`."""
    if kind == ISSUE:
        return of_issue(text, [site])
    number = int(text) if digits.only(text) else None
    if kind == DELETION:
        if number is None:
            raise Unclear("A deletion is named by its number.")
        cleanup = Cleanup.objects.select_related("site").filter(site=site, pk=number).first()
        if cleanup is None:
            raise NotThere(f"There is no deletion {number} on {site.slug}.")
        return of_deletion(cleanup)
    rows: Any = KINDS[kind].model._default_manager.select_related("site", "entry").filter(site=site)
    row = rows.filter(pk=number).first() if number is not None else None
    if row is None and (number is None or len(KINDS[kind].key) == 1):
        row = rows.filter(**_key(KINDS[kind], text)).first()
    if row is None:
        raise NotThere(f"There is no {kind.replace('_', ' ')} '{text}' on {site.slug}.")
    return of_entity(row, kind)


def _key(kind: Kind, text: str) -> dict[str, Any]:
    """The columns of a key: a JSON array, as in the ledger, or its parts with " / " between them, as on the pages."""
    try:
        parts = list(json.loads(text)) if text.startswith("[") else text.split(" / ", len(kind.key) - 1)
        if len(parts) != len(kind.key):
            raise ValueError
        columns = zip(kind.key.items(), parts, strict=True)
        found = {name: int(part) if type_ == "bigint" else str(part) for (name, type_), part in columns}
    except (ValueError, TypeError, RecursionError):
        one = " / ".join(name.replace("_", " ") for name in kind.key)
        raise Unclear(f"'{text}' is no number of a page and no key: write '{one}', or it as a JSON array.") from None
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in found.values()):
        raise NotThere(f"There is no {kind.name.replace('_', ' ')} '{text}'.")
    return found


def _touching(kind: Kind, key: str, sites: Sequence[Site]) -> Iterator[tuple[Kind, Sequence[Any]]]:
    rows: Any = kind.model._default_manager.select_related("site", "entry")
    numbers = sorted(
        rows.model.objects.for_issue(key).filter(site__in=[site.pk for site in sites]).values_list("pk", flat=True)
    )
    for start in range(0, len(numbers), SLICE):
        yield kind, list(rows.filter(pk__in=numbers[start : start + SLICE]).order_by("pk"))
