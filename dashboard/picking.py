"""What can be picked in a filter, found as somebody writes: pipelines, environments, senders, properties.

Two steps for properties: keys first, then, once there is an equals sign, the values of that key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devops_sync.models import Site, Token, properties
from devops_sync.models.build import pipelines_of

from . import kept, places
from .lists import INSIDE
from .templatetags.look import plural

MOST = 30


@dataclass(frozen=True)
class Offer:
    """Something to pick. `asks`: it is no value yet, and this is the text that finds what can be picked of it."""

    value: str
    word: str
    beside: str = ""
    asks: str = ""


@dataclass(frozen=True)
class Offers:
    """What was found, and whether there is more of it."""

    offers: Sequence[Offer] = field(default_factory=list)
    is_cut: bool = False


@dataclass(frozen=True)
class Pick:
    """A filter that is picked: its name in the address, its word, the lists that have it, where its values are."""

    name: str
    word: str
    words: str
    lists: tuple[str, ...]
    find: Callable[[str, list[Site], str], Offers]


def _matching(named: Mapping[str, str], text: str) -> Offers:
    """Those with the text in their name, by name; those that begin with it first."""
    wanted = text.casefold()
    found = [(value, word) for value, word in named.items() if wanted in word.casefold() or wanted in value.casefold()]
    found.sort(key=lambda item: (not item[1].casefold().startswith(wanted), item[1].casefold()))
    return Offers([Offer(value, word) for value, word in found[:MOST]], len(found) > MOST)


def _pipelines(of: str, sites: list[Site], text: str) -> Offers:
    ids = [site.pk for site in sites]
    if of == "build":
        return _matching({name: name for name in kept.figure("build-pipelines", ids, lambda: pipelines_of(ids))}, text)
    return _matching({one.pipeline_id: one.pipeline_name for one in places.known(sites)}, text)


def _environments(of: str, sites: list[Site], text: str) -> Offers:
    return _matching({one.environment_id: one.environment_name for one in places.known(sites)}, text)


def _senders(of: str, sites: list[Site], text: str) -> Offers:
    names = Token.objects.filter(site__in=sites, name__icontains=text).order_by("name").values_list("name", flat=True)
    return _matching({name: name for name in names.distinct()[: MOST + 1]}, text)


def _properties(of: str, sites: list[Site], text: str) -> Offers:
    ids = [site.pk for site in sites]
    key, equals, value = text.partition("=")
    if not equals:
        keys = properties.keys(ids, key, MOST + 1)
        return _cut([Offer("", one.name, plural(one.values, "value"), asks=f"{one.name}=") for one in keys])
    return _cut(
        [Offer(one.pair, one.pair, _of_entities(one.entities)) for one in properties.values(ids, key, value, MOST + 1)]
    )


def _of_entities(many: int) -> str:
    return f"{many:,}+" if many >= properties.COUNTED else f"{many:,}"


def _cut(offers: list[Offer]) -> Offers:
    return Offers(offers[:MOST], len(offers) > MOST)


_CURRENT = ("deployment", "build", "repository")
_CARRIED = ("submission", "delivery")
PICKS: Mapping[str, Pick] = {
    pick.name: pick
    for pick in (
        Pick("pipeline", "Pipeline", "Pipelines", ("deployment", "build", *_CARRIED), _pipelines),
        Pick("environment", "Environment", "Environments", ("deployment", *_CARRIED), _environments),
        Pick("sender", "Sender", "Senders", ("submission",), _senders),
        Pick("property", "Property", "Properties", (*_CURRENT, *INSIDE, *_CARRIED), _properties),
    )
}


def find(of: str, name: str) -> Pick | None:
    """The pick of this name that the list has."""
    pick: Any = PICKS.get(name)
    return pick if pick and of in pick.lists else None
