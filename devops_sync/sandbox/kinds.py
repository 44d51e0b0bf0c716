"""The kinds of data that this Jira takes: one row each says its paths, its key and its words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devops_sync.jira import wire

from .holdings import Summary

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Kind:
    """One API. `path` is where one entity lives: a text stands for itself, a type for a part of the key."""

    name: str
    version: str
    gateway_version: str
    path: tuple[str | type, ...]
    read: Callable[[bytes], wire.Bulk]
    sequence: Callable[[Any], int]
    summary: Callable[[Any], Summary]
    nothing_known: str
    too_large: str
    missing: str

    def key_from(self, segments: tuple[str, ...]) -> Key | None:
        """The key that the end of an address names, or None when it names none."""
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


def _summary(value: wire.Deployment) -> Summary:
    return Summary(
        name=value.label or value.display_name,
        pipeline=value.pipeline.display_name,
        environment=value.environment.display_name,
        environment_type=value.environment.type,
        state=value.state,
        updated_at=value.last_updated,
    )


DEPLOYMENTS = Kind(
    name="deployments",
    version="0.1",
    gateway_version="0.1",
    path=("pipelines", str, "environments", str, "deployments", int),
    read=wire.read_deployments,
    sequence=lambda value: value.update_sequence_number,
    summary=_summary,
    nothing_known="No valid associations found for deployment",
    too_large="Data is too large. Submit fewer deployments in each payload.",
    missing="No data found for the given deployment ID.",
)

KINDS = (DEPLOYMENTS,)
