"""What a form chooses to be sent again or read back: rows, all that matches, a submission, or all of a site."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Exists, Func, OuterRef
from django.http import QueryDict

from devops_sync.errands.planning import Chosen
from devops_sync.models import Confirmation, Delivery, Entry, Repository, Site
from devops_sync.models.current import CurrentQuerySet

from . import inside_filters, listing, places
from .filters import BuildFilters, CurrentFilters, DeploymentFilters, RepositoryFilters
from .kinds import KINDS, Kind
from .templatetags.look import key_words, plural

Rows = CurrentQuerySet[Any]
# As many rows as a selection over several pages can hold.
MOST = 3000
_IN_REPOSITORIES = ("commit", "branch", "pull_request")


class Unclear(Exception):
    """What was posted chooses nothing; the text says so."""


@dataclass(frozen=True)
class Choice:
    """What was chosen, in words, and on which of the visible sites it may be."""

    chosen: Chosen
    what: str
    sites: list[Site]


def choose(posted: QueryDict, sites: list[Site]) -> Choice:
    """What the form chooses among the given sites. Raises `Unclear`."""
    if "submission" in posted:
        return _of_submissions(posted.getlist("submission"), sites)
    if "delivery" in posted:
        return _of_deliveries(listing.numbers(posted.getlist("delivery"), MOST), sites)
    if "missing_of" in posted:
        return _missing_of(listing.numbers(posted.getlist("missing_of")), sites)
    if "entry" in posted:
        return _of_entries(listing.numbers(posted.getlist("entry"), MOST), sites)
    if "kind" in posted:
        kind = KINDS.get(posted.get("kind", ""))
        if kind is None:
            raise Unclear("It names a kind that there is not.")
        return _matching(kind, posted, sites) if "all" in posted else _of_rows(kind, posted, sites)
    if "site" in posted and "all" in posted:
        return _of_site(posted.get("site", ""), sites)
    raise Unclear("Nothing was chosen. Tick rows in a list, then plan what is to be done with them.")


def _of_submissions(texts: list[str], sites: list[Site]) -> Choice:
    try:
        ids = [uuid.UUID(text) for text in texts[:MOST]]
    except ValueError:
        raise Unclear("It names no submission.") from None
    entries = Entry.objects.filter(submission__in=ids, site__in=sites)
    what = f"submission {ids[0]}" if len(ids) == 1 else f"what came in {len(ids):,} submissions"
    return Choice(entries, what, _those(sites, entries))


def _of_deliveries(ids: list[int], sites: list[Site]) -> Choice:
    """All that was in these requests, whichever of them it was settled by."""
    inside = Func("entry_ids", function="unnest", output_field=BigIntegerField(), set_returning=True)
    carried = Delivery.objects.of(sites).filter(pk__in=ids).values_list(inside, flat=True)
    entries = Entry.objects.filter(pk__in=carried, site__in=sites)
    what = f"delivery {ids[0]}" if len(ids) == 1 else f"what left in {len(ids):,} deliveries"
    return Choice(entries, what, _those(sites, entries))


def _missing_of(errands: list[int], sites: list[Site]) -> Choice:
    """What a verification found missing, as far as nobody found it since."""
    found = Confirmation.objects.filter(errand__in=errands, result=Confirmation.Result.MISSING)
    entries = Entry.objects.filter(pk__in=found.values("entry"), site__in=sites, read_back=Entry.ReadBack.MISSING)
    said = ", ".join(map(str, errands)) or "no number"
    return Choice(entries, f"what verification {said} found missing", _those(sites, entries))


def _of_entries(ids: list[int], sites: list[Site]) -> Choice:
    entries = Entry.objects.filter(pk__in=ids, site__in=sites)
    found = list(entries.values_list("kind", "key"))
    what = f"{plural(len(found), 'entry,entries')} out of a list"
    if len(found) == 1:
        what = _name(KINDS[found[0][0]], found[0][1])
    return Choice(entries, what, _those(sites, entries))


def _of_rows(kind: Kind, posted: QueryDict, sites: list[Site]) -> Choice:
    ids = listing.numbers(posted.getlist("id"), MOST)
    if not ids:
        raise Unclear("No row was ticked. Tick some, or all that match, and try again.")
    rows = _rows(kind).filter(pk__in=ids, site__in=sites)
    keys = list(rows.values_list("entry__key", flat=True))
    what = _name(kind, keys[0]) if len(keys) == 1 else f"{plural(len(keys), kind.counted)} out of a list"
    return _with_contents(Choice({kind.name: rows}, what, _those(sites, rows)), kind, posted)


def _matching(kind: Kind, posted: QueryDict, sites: list[Site]) -> Choice:
    given = QueryDict(posted.get("query", ""))
    if kind.name in _LISTS:
        filters, apply = _LISTS[kind.name](given, sites)
        of = ""
    else:
        home = _home(kind, posted, sites)
        filters, apply = _inside(kind, given, home)
        of = f" of {home.name}"
    if filters.problems:
        raise Unclear(" ".join(filters.problems))
    said = ", ".join(f"{chip.name} {chip.value}" for chip in filters.chips)
    what = f"{kind.words}{of} that match {said}" if said else f"all {kind.words}{of}"
    return _with_contents(Choice({kind.name: apply()}, what, filters.sites), kind, posted)


def _of_site(slug: str, sites: list[Site]) -> Choice:
    found = [site for site in sites if site.slug == slug]
    if not found:
        raise Unclear("There is no such site that you may see.")
    everything = {name: _rows(kind).filter(site=found[0]) for name, kind in KINDS.items()}
    return Choice(everything, "everything that is current", found)


def _rows(kind: Kind) -> Rows:
    """All of a kind, also what was deleted: whether that is meant is asked when it is planned."""
    rows: Any = kind.model._default_manager.all()
    found: Rows = rows
    return found


def _with_contents(choice: Choice, kind: Kind, posted: QueryDict) -> Choice:
    """The same; of repositories with all that is in them, where that was asked for."""
    if kind.name != "repository" or "with_contents" not in posted:
        return choice
    assert isinstance(choice.chosen, Mapping)
    home = choice.chosen[kind.name].order_by().filter(site=OuterRef("site"), repository_id=OuterRef("repository_id"))
    inside = {name: _rows(KINDS[name]).filter(Exists(home)) for name in _IN_REPOSITORIES}
    return Choice({**choice.chosen, **inside}, f"{choice.what}, with what is in {_them(choice)}", choice.sites)


def _them(choice: Choice) -> str:
    return "it" if choice.what.startswith("repository ") else "them"


def _those(sites: list[Site], rows: Any) -> list[Site]:
    """Those of the sites that the rows are of."""
    ids = set(rows.order_by().values_list("site", flat=True).distinct())
    return [site for site in sites if site.pk in ids]


def _name(kind: Kind, key: str) -> str:
    return f"{kind.word} {key_words(key)}"


_List = Callable[[QueryDict, list[Site]], tuple[CurrentFilters, Callable[[], Rows]]]


def _deployments(given: QueryDict, sites: list[Site]) -> tuple[CurrentFilters, Callable[[], Rows]]:
    filters = DeploymentFilters(given, sites)
    return filters, lambda: filters.apply(places.known(filters.sites))


def _builds(given: QueryDict, sites: list[Site]) -> tuple[CurrentFilters, Callable[[], Rows]]:
    filters = BuildFilters(given, sites)
    return filters, filters.apply


def _repositories(given: QueryDict, sites: list[Site]) -> tuple[CurrentFilters, Callable[[], Rows]]:
    filters = RepositoryFilters(given, sites)
    return filters, filters.apply


def _inside(kind: Kind, given: QueryDict, home: Repository) -> tuple[CurrentFilters, Callable[[], Rows]]:
    filters = inside_filters.of(kind, given, home)
    return filters, lambda: filters.apply(kind, home)


def _home(kind: Kind, posted: QueryDict, sites: list[Site]) -> Repository:
    """The repository within which all that matches is meant. Raises `Unclear`."""
    within = posted.get("within", "")
    if not within:
        raise Unclear(f"There is no list of all {kind.words}.")
    found = inside_filters.home(within, sites)
    if found is None:
        raise Unclear("It names no repository that you may see.")
    return found


_LISTS: Mapping[str, _List] = {"deployment": _deployments, "build": _builds, "repository": _repositories}
