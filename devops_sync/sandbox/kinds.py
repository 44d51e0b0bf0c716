"""The table of what this Jira takes: a row for each kind of entity, and a row with the paths of each API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devops_sync.jira import wire

from . import summaries
from .messages import Refuse, refused, refused_devinfo
from .summaries import Summary

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of entity. `nothing_known` is said of one whose issues are all unknown; devinfo says nothing."""

    name: str
    noun: str
    summary: Callable[[Any], Summary]
    nothing_known: str = ""

    @property
    def api(self) -> str:
        return wire.KINDS[self.name].api

    def key(self, item: wire.Item) -> Key:
        return tuple(item.key[part] for part in wire.KINDS[self.name].key)

    def sequence(self, value: Any) -> int:
        found: int = getattr(value, wire.KINDS[self.name].sequence)
        return found


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("deployment", "deployment", summaries.deployment, "No valid associations found for deployment"),
        Kind("build", "build", summaries.build, "No valid issues found for build"),
        Kind("repository", "repository", summaries.repository),
        Kind("branch", "branch", summaries.branch),
        Kind("commit", "commit", summaries.commit),
        Kind("pull_request", "pull request", summaries.pull_request),
    )
}


@dataclass(frozen=True)
class Route:
    """One address below an API's base. In `path` a text stands for itself, a type for a part of the key.

    `does` has the operation by method; `kind` is the entity that the address leads to.
    """

    path: tuple[str | type, ...]
    does: Mapping[str, str]
    kind: str = ""

    def key_in(self, segments: tuple[str, ...]) -> Key | None:
        """The key that the end of an address names, or None when the address is another."""
        if len(segments) != len(self.path):
            return None
        key: list[str | int] = []
        for wanted, segment in zip(self.path, segments, strict=True):
            if wanted is int:
                if not segment.removeprefix("-").isdecimal() or not segment.isascii() or len(segment) > 20:
                    return None
                key.append(int(segment))
            elif wanted is str:
                key.append(segment)
            elif wanted != segment:
                return None
        return tuple(key)


@dataclass(frozen=True)
class Api:
    """One API. Its limits are the contract's, in `devops_sync.jira.wire`.

    `ignored` are the names in a query that are no properties and do nothing; `up_to` is the one that keeps what
    is newer, in an API that takes each property only once.
    """

    name: str
    version: str
    gateway_version: str
    module: str
    refused: Refuse
    routes: tuple[Route, ...]
    too_large: str
    missing: str
    ignored: tuple[str, ...] = ()
    up_to: str = ""


_BULK = Route(("bulk",), {"POST": "submit"})
_BY_PROPERTIES = Route(("bulkByProperties",), {"DELETE": "delete_by_properties"})
_ONE = {"GET": "read", "DELETE": "delete"}
_DEPLOYMENT = ("pipelines", str, "environments", str, "deployments", int)

APIS = (
    Api(
        name="deployments",
        version="0.1",
        gateway_version="0.1",
        module="jiraDeploymentInfoProvider",
        refused=refused,
        routes=(
            _BULK,
            _BY_PROPERTIES,
            Route(_DEPLOYMENT, _ONE, "deployment"),
            Route((*_DEPLOYMENT, "gating-status"), {"GET": "read_gate"}, "deployment"),
        ),
        too_large="Data is too large. Submit fewer deployments in each payload.",
        missing="No data found for the given deployment ID.",
        ignored=("_updateSequenceNumber",),
    ),
    Api(
        name="builds",
        version="0.1",
        gateway_version="0.1",
        module="jiraBuildInfoProvider",
        refused=refused,
        routes=(_BULK, _BY_PROPERTIES, Route(("pipelines", str, "builds", int), _ONE, "build")),
        too_large="Data is too large. Submit fewer builds in each payload.",
        missing="No data found for the given build ID.",
        ignored=("_updateSequenceNumber",),
    ),
    Api(
        name="devinfo",
        version="0.10",
        gateway_version="0.1",
        module="jiraDevelopmentTool",
        refused=refused_devinfo,
        routes=(
            _BULK,
            _BY_PROPERTIES,
            Route(("existsByProperties",), {"GET": "exists_by_properties"}),
            Route(("repository", str), {"GET": "read_repository", "DELETE": "delete_repository"}, "repository"),
            Route(("repository", str, str, str), {"DELETE": "delete_entity"}),
        ),
        too_large="Data is too large. Submit fewer devinfo entities in each payload.",
        missing="No data found for the given repository ID.",
        up_to="_updateSequenceId",
    ),
)
