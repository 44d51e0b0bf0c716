"""Pages by key: where a page begins is a row, not a number, so that a deep page costs what the first costs."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from devops_sync import digits
from devops_sync.models.current import Current, CurrentQuerySet

from .filters import Filters

M = TypeVar("M", bound=Model)
SIZE = 50
SORTS = ("newest", "oldest")
_LARGEST = 2**63 - 1


class WrongCursor(ValueError):
    """The address names a place in the list that cannot be one."""


class Order(Protocol[M]):
    """An order of rows, newest first, and how a place in it is written in an address."""

    def write(self, row: M) -> str: ...
    def older(self, rows: "QuerySet[M]", place: str) -> "QuerySet[M]": ...
    def newer(self, rows: "QuerySet[M]", place: str) -> "QuerySet[M]": ...


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows with the places where its neighbours begin.

    The oldest first, `newer` is the neighbour before it all the same: what lies towards the beginning of the list.
    """

    rows: list[M]
    newer: str | None
    older: str | None
    is_paged: bool
    is_oldest_first: bool = False
    # How many there are in all, where that was seen on the way.
    found: int | None = None

    size = SIZE

    @property
    def last(self) -> M:
        return self.rows[-1]

    @property
    def is_first(self) -> bool:
        return self.newer is None and not self.is_paged


def cut(rows: "QuerySet[M]", order: Order[M], *, after: str = "", before: str = "", size: int = SIZE) -> Page[M]:
    """The page after (older than) or before (newer than) a place; without one the first. Raises `WrongCursor`."""
    many = None
    if before:
        found, _ = _first(order.newer(rows, before).reverse(), size + 1)
        if not found:
            return cut(rows, order, size=size)
        has_newer, found = len(found) > size, found[:size][::-1]
        has_older = True
    else:
        found, many = _first(order.older(rows, after) if after else rows, size + 1)
        has_older, found = len(found) > size, found[:size]
        has_newer = bool(after)
    return Page(
        found,
        newer=order.write(found[0]) if found and has_newer else None,
        older=order.write(found[-1]) if found and has_older else None,
        is_paged=bool(after or (before and has_newer)),
        found=None if after else many,
    )


def _first(rows: "QuerySet[M]", most: int) -> tuple[list[M], int | None]:
    """The first so many; and how many there are, where they are all looked at for it."""
    if isinstance(rows, CurrentQuerySet) and rows.is_found_first:
        return rows.first_of(most)
    return list(rows[:most]), None


def slices(rows: "QuerySet[M]", order: Order[M], *, first: int = 100, size: int = 1000) -> Iterator[list[M]]:
    """All of the rows, newest first, in pieces that each begin where the last one ended; the first is a small one.

    No transaction stays open while somebody's line is slow. So what changes meanwhile moves up, out of what is still
    to come: a row is never there twice, and one that changed before its turn is not there.
    """
    found, wanted = list(rows[:first]), first
    while found:
        yield found
        if len(found) < wanted:
            return
        found, wanted = list(order.older(rows, order.write(found[-1]))[:size]), size


def asked(request: HttpRequest, filters: Filters, rows: "QuerySet[M]", order: Order[M]) -> Page[M]:
    """The page that the address asks for; an empty one, with a sentence among the problems, when it cannot be.

    `rows` come newest first. With `sort=oldest` in the address they are turned round.
    """
    sort = request.GET.get("sort", "")
    if sort not in ("", *SORTS):
        filters.problems.append(f"“{sort[:40]}” is no order. There are: {', '.join(SORTS)}.")
    is_turned = sort == "oldest"
    if is_turned:
        rows, order = rows.reverse(), Turned(order)
    try:
        page = cut(
            rows.none() if filters.problems else rows,
            order,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )
    except WrongCursor:
        filters.problems.append("It names a place in the list that cannot be one. Go back to the newest.")
        page = cut(rows.none(), order)
    return replace(page, is_oldest_first=is_turned)


@dataclass(frozen=True)
class Turned(Generic[M]):
    """An order the other way round: what was newer comes after."""

    order: Order[M]

    def write(self, row: M) -> str:
        return self.order.write(row)

    def older(self, rows: "QuerySet[M]", place: str) -> "QuerySet[M]":
        return self.order.newer(rows, place)

    def newer(self, rows: "QuerySet[M]", place: str) -> "QuerySet[M]":
        return self.order.older(rows, place)


class ByChange:
    """Current entities: when they changed, then their number in the ledger."""

    def write(self, row: Current) -> str:
        return f"{row.changed_at.astimezone(dt.UTC).isoformat().replace('+00:00', 'Z')},{row.pk}"

    def older(self, rows: Any, place: str) -> Any:
        return rows.before(*self._read(place))

    def newer(self, rows: Any, place: str) -> Any:
        return rows.after(*self._read(place))

    def _read(self, place: str) -> tuple[dt.datetime, int]:
        text, _, number = place.partition(",")
        try:
            instant = dt.datetime.fromisoformat(text)
            if instant.tzinfo is None:
                raise WrongCursor(place)
            # In UTC, since PostgreSQL knows no time zone of 16 hours and more.
            return instant.astimezone(dt.UTC), _whole(number)
        except (ValueError, OverflowError):
            raise WrongCursor(place) from None


class ByInstant(ByChange):
    """Rows that have an order of time of their own: when it was, by the name of the column, then their number."""

    def __init__(self, column: str) -> None:
        self.column = column

    def write(self, row: Any) -> str:
        at: dt.datetime = getattr(row, self.column)
        return f"{at.astimezone(dt.UTC).isoformat().replace('+00:00', 'Z')},{row.pk}"

    def older(self, rows: Any, place: str) -> Any:
        at, pk = self._read(place)
        return rows.filter(Q(**{f"{self.column}__lt": at}) | Q(pk__lt=pk), **{f"{self.column}__lte": at})

    def newer(self, rows: Any, place: str) -> Any:
        at, pk = self._read(place)
        return rows.filter(Q(**{f"{self.column}__gt": at}) | Q(pk__gt=pk), **{f"{self.column}__gte": at})


class ById:
    """Rows whose id grows with time."""

    def write(self, row: Model) -> str:
        return str(row.pk)

    def older(self, rows: Any, place: str) -> Any:
        return rows.filter(pk__lt=self._read(place))

    def newer(self, rows: Any, place: str) -> Any:
        return rows.filter(pk__gt=self._read(place))

    def _read(self, place: str) -> Any:
        return _whole(place)


class ByUuid(ById):
    """The same for UUIDs of version 7."""

    def _read(self, place: str) -> Any:
        try:
            return uuid.UUID(place)
        except ValueError:
            raise WrongCursor(place) from None


def _whole(text: str) -> int:
    if not (digits.only(text, 19) and int(text) <= _LARGEST):
        raise WrongCursor(text)
    return int(text)
