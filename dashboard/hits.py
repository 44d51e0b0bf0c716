"""What a text names: things of every kind whose key, number, hash, name or label it is, or is a part of."""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from devops_sync.models import Build, Commit, Delivery, Deployment, Repository, Site, Submission
from devops_sync.models.build import pipelines_of
from devops_sync.models.place import latest_by_place

from . import kept, places
from .filters import ISSUE_KEY
from .kinds import KINDS

SHOWN = 8
# How many of the newest that have a text are looked through for one that is called so.
LOOKED_AT = 100
# Fewer letters are in everything, and no index knows them.
SHORTEST = 3
_HASH = re.compile(r"[0-9a-f]{7,64}")
_NUMBER = re.compile(r"#?([0-9]{1,18})")
_ID = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}")


@dataclass(frozen=True)
class Hit:
    """One thing, with what tells it from its like. `is_it`: the text is what it is called, not a part of that."""

    url: str
    name: str
    said: str
    row: Any = None
    is_it: bool = False


@dataclass(frozen=True)
class Group:
    """The hits of a kind. Its icon has the kind's name; `more` leads to all of them."""

    icon: str
    words: str
    hits: list[Hit] = field(default_factory=list)
    more: str = ""


def find(text: str, sites: Sequence[Site], query: dict[str, str]) -> list[Group]:
    """What the text names on these sites. `query` goes along to lists: the site that is picked."""
    few = text.casefold().rstrip("…")
    found = [
        _issues(text, query),
        _submissions(few, sites),
        _deliveries(text, sites),
        _pipelines(few, sites),
        _of_kind("deployment", Deployment, text, sites, query),
        _of_kind("build", Build, text, sites, query),
        _commits(few, sites),
        _repositories(text, sites, query),
    ]
    return [group for group in found if group.hits]


def only(groups: Iterable[Group]) -> Hit | None:
    """The one thing that is named, if it is one: what is called so goes before what has it in its name."""
    hits = [hit for group in groups for hit in group.hits]
    named = [hit for hit in hits if hit.is_it] or hits
    return named[0] if len(named) == 1 else None


def _issues(text: str, query: dict[str, str]) -> Group:
    if not (text.isascii() and ISSUE_KEY.match(text)):
        return Group("issue", "issues")
    key = text.upper()
    url = reverse("issue", args=[key]) + (f"?{urlencode(query)}" if query else "")
    return Group("issue", "issues", [Hit(url, key, "Everything that touched it", is_it=True)])


def _submissions(text: str, sites: Sequence[Site]) -> Group:
    """By their id or how it begins."""
    text = text.partition("…")[0]
    if not _ID.fullmatch(text):
        return Group("submission", "submissions")
    figures = text.replace("-", "")[:32]
    first, last = (uuid.UUID(figures.ljust(32, rest)) for rest in "0f")
    rows = Submission.objects.of(sites).filter(pk__gte=first, pk__lte=last).select_related("site")
    hits = [
        Hit(reverse("submission", args=[row.pk]), str(row.pk), f"{row.site or ''}", row, is_it=len(figures) == 32)
        for row in rows.defer("raw", "site__sealed_secret").order_by("-pk")[:SHOWN]
    ]
    return Group("submission", "submissions", hits)


def _deliveries(text: str, sites: Sequence[Site]) -> Group:
    number = _NUMBER.fullmatch(text)
    rows = Delivery.objects.of(sites).filter(pk=int(number[1])) if number else Delivery.objects.none()
    hits = [
        Hit(reverse("delivery", args=[pk]), f"Delivery {pk}", f"{method} {slug}", is_it=True)
        for pk, method, slug in rows.values_list("pk", "method", "lane__site__slug")
    ]
    return Group("delivery", "deliveries", hits)


def _pipelines(text: str, sites: Sequence[Site]) -> Group:
    slugs = {site.pk: site.slug for site in sites}
    known = _known_pipelines(sites)
    if len(text) < SHORTEST:
        return Group("deployment", "pipelines")
    hits: dict[tuple[int, str], Hit] = {}
    for site, ident, name in known:
        called = (ident.casefold(), name.casefold())
        if any(text in one for one in called):
            said = f"{ident}, {slugs[site]}" if ident != name else slugs[site]
            hits[site, ident] = Hit(_pipeline_url(slugs[site], ident), name, said, is_it=text in called)
    return Group("deployment", "pipelines", sorted(hits.values(), key=lambda hit: (not hit.is_it, hit.name))[:SHOWN])


def _known_pipelines(sites: Sequence[Site]) -> list[tuple[int, str, str]]:
    """Site, id and name of each."""
    ids = [site.pk for site in sites]
    return kept.figure(
        "pipelines",
        ids,
        lambda: sorted({(one.site_id, one.pipeline_id, one.pipeline_name) for one in latest_by_place(ids)}),
    )


def _pipeline_url(slug: str, ident: str) -> str:
    try:
        return reverse("pipeline", args=[slug, ident])
    except NoReverseMatch:
        return f"{reverse('deployment-list')}?{urlencode({'site': slug, 'pipeline': ident})}"


def _of_kind(name: str, model: Any, text: str, sites: Sequence[Site], query: dict[str, str]) -> Group:
    """Deployments or builds by label, name, number or whatever a list finds by the text."""
    kind, number = KINDS[name], _NUMBER.fullmatch(text)
    more = f"{reverse(kind.list_view)}?{urlencode({**query, 'q': text})}"
    if len(text) < SHORTEST:
        return Group(name, kind.words)
    rows = model.objects.of(sites)
    rows = _numbered(rows, int(number[1]), sites) if number else rows.saying(text)
    few = list(rows.newest_first()[:LOOKED_AT])
    # What is called so comes first: among the newest that have the text, and by its label however long ago it was.
    asked = [row for row in few if text in (row.label, row.display_name)] if not number else []
    if not asked and not number and len(few) == LOOKED_AT and model is Deployment:
        asked = list(_labelled(text, sites)[:SHOWN])
    found = {row.pk: row for row in asked[:SHOWN] or few[: SHOWN + 1]}
    hits = [
        Hit(kind.url(row.pk), row.name, _place(row), row, is_it=bool(number) or text in (row.label, row.display_name))
        for row in found.values()
    ]
    return Group(name, kind.words, hits[:SHOWN], more if len(hits) >= SHOWN else "")


def _numbered(rows: Any, number: int, sites: Sequence[Site]) -> Any:
    """Those with the number, by the index that has it after the places: one step down it for each."""
    if rows.model is not Deployment:
        ids = [site.pk for site in sites]
        return rows.filter(number=number, pipeline_id__in=kept.figure("built", ids, lambda: pipelines_of(ids)))
    known = places.known(sites)
    return rows.filter(
        number=number,
        pipeline_id__in={one.pipeline_id for one in known},
        environment_id__in={one.environment_id for one in known},
    )


def _labelled(text: str, sites: Sequence[Site]) -> Any:
    """The deployments with this label, by the index that has it after site and pipeline."""
    pipelines = {ident for _, ident, _ in _known_pipelines(sites)}
    return Deployment.objects.of(sites).filter(pipeline_id__in=pipelines, label=text).found_then_newest_first()


def _place(row: Any) -> str:
    """Where it ran."""
    if isinstance(row, Deployment):
        return f"{row.pipeline_name} #{row.number}, {row.environment_name}"
    return "" if row.says_number and row.pipeline_id in row.name else f"{row.pipeline_id} #{row.number}"


def _commits(text: str, sites: Sequence[Site]) -> Group:
    if not _HASH.fullmatch(text):
        return Group("commit", "commits")
    rows = Commit.objects.of(sites).filter(ident__startswith=text).newest_first()[:SHOWN]
    return Group(
        "commit",
        "commits",
        [Hit(KINDS["commit"].url(row.pk), row.display_id, row.message, row, is_it=row.ident == text) for row in rows],
    )


def _repositories(text: str, sites: Sequence[Site], query: dict[str, str]) -> Group:
    if len(text) < SHORTEST:
        return Group("repository", "repositories")
    rows = Repository.objects.of(sites).saying(text).newest_first()[: SHOWN + 1]
    hits = [
        Hit(KINDS["repository"].url(row.pk), row.name, row.url, row, is_it=row.name.casefold() == text.casefold())
        for row in rows
    ]
    more = f"{reverse('repository-list')}?{urlencode({**query, 'q': text})}" if len(hits) > SHOWN else ""
    return Group("repository", "repositories", hits[:SHOWN], more)
