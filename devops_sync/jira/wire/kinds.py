"""The kinds of data, a row each: how an entity of it is read, keyed and ordered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from . import builds, deployments, devinfo
from .associations import named
from .reading import Bulk


@dataclass(frozen=True)
class Kind:
    """One kind. `key` names the parts of its key as Jira's receipts do; `sequence` is the field that orders.

    `array` is where a repository lists entities of the kind.
    """

    name: str
    api: str
    model: type[Struct]
    key: tuple[str, ...]
    sequence: str
    array: str = ""


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "deployment",
            "deployments",
            deployments.Deployment,
            ("pipelineId", "environmentId", "deploymentSequenceNumber"),
            "update_sequence_number",
        ),
        Kind("build", "builds", builds.Build, ("pipelineId", "buildNumber"), "update_sequence_number"),
        Kind("repository", "devinfo", devinfo.Repository, ("repositoryId",), "update_sequence_id"),
        Kind("commit", "devinfo", devinfo.Commit, ("repositoryId", "id"), "update_sequence_id", "commits"),
        Kind("branch", "devinfo", devinfo.Branch, ("repositoryId", "id"), "update_sequence_id", "branches"),
        Kind(
            "pull_request", "devinfo", devinfo.PullRequest, ("repositoryId", "id"), "update_sequence_id", "pullRequests"
        ),
    )
}
_READERS: Mapping[str, Callable[[bytes], Bulk]] = {
    "deployments": deployments.read_deployments,
    "builds": builds.read_builds,
    "devinfo": devinfo.read_devinfo,
}


def read(api: str, body: bytes) -> Bulk:
    """Read the body of a bulk request of one API. Raises `Malformed` when Jira would answer 400."""
    return _READERS[api](body)


def issues_of(kind: str, payload: str) -> tuple[str, ...]:
    """The issues that a valid entity names, in its own spelling."""
    value: Any = msgspec.json.decode(payload.encode(), type=KINDS[kind].model)
    if kind == "repository":
        return ()
    return named(value.issue_keys, value.associations, most=5).issues
