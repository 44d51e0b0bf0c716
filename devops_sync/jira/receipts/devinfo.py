"""The receipt of development information: ids, nested by repository and type.

Accepted are bare ids; failed are objects whose errors are named `errorMessages` at both levels. A repository
is not listed on its own: it is accepted unless it has errors of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from .. import keys
from ..wire import Item
from .reading import Error, Errors, Name, Receipt, Unknown, decoded, unknown_issues

_ARRAYS = {"commit": "commits", "branch": "branches", "pull_request": "pullRequests"}


class _Accepted(Struct, rename="camel"):
    commits: list[str | int] = []
    branches: list[str | int] = []
    pull_requests: list[str | int] = []


class _FailedEntity(Struct, rename="camel"):
    id: str | int
    error_messages: list[Error] = []


class _Failed(Struct, rename="camel"):
    error_messages: list[Error] = []
    commits: list[_FailedEntity] = []
    branches: list[_FailedEntity] = []
    pull_requests: list[_FailedEntity] = []


class _Receipt(Struct, rename="camel"):
    accepted_devinfo_entities: dict[str, _Accepted] = {}
    failed_devinfo_entities: dict[str, _Failed] = {}
    unknown_issue_keys: list[str] | None = None
    unknown_associations: list[Unknown] | None = None


def write(
    accepted: Iterable[Item],
    rejected: Iterable[tuple[Item, Errors]],
    unknown_issue_keys: list[str],
    unknown_associations: list[Mapping[str, Any]],
) -> bytes:
    """Every repository of which something is accepted stands among the accepted, with its three arrays."""
    taken: dict[str, dict[str, list[str]]] = {}
    for item in accepted:
        arrays = taken.setdefault(item.key["repositoryId"], {array: [] for array in _ARRAYS.values()})
        if item.kind != "repository":
            arrays[_ARRAYS[item.kind]].append(item.key["id"])
    failed: dict[str, dict[str, list[Any]]] = {}
    for item, errors in rejected:
        of_repository = failed.setdefault(item.key.get("repositoryId", ""), {})
        if item.kind == "repository":
            of_repository["errorMessages"] = list(errors)
        else:
            entry = {"id": item.key.get("id", ""), "errorMessages": list(errors)}
            of_repository.setdefault(_ARRAYS[item.kind], []).append(entry)
    return msgspec.json.encode(
        {
            "acceptedDevinfoEntities": taken,
            "failedDevinfoEntities": failed,
            "unknownIssueKeys": unknown_issue_keys,
            "unknownAssociations": unknown_associations,
        }
    )


def read(body: bytes) -> Receipt:
    """Read a receipt. Raises `Unreadable`."""
    found = decoded(body, _Receipt)
    return Receipt(
        accepted=frozenset(_accepted(found)),
        rejected=dict(_rejected(found)),
        unknown_issues=unknown_issues(found.unknown_issue_keys, found.unknown_associations),
    )


def _accepted(found: _Receipt) -> Iterator[Name]:
    for repository, arrays in found.accepted_devinfo_entities.items():
        yield "repository", keys.text(repository)
        for kind, ids in (
            ("commit", arrays.commits),
            ("branch", arrays.branches),
            ("pull_request", arrays.pull_requests),
        ):
            for ident in ids:
                yield kind, keys.text(repository, str(ident))


def _rejected(found: _Receipt) -> Iterator[tuple[Name, list[Error]]]:
    for repository, failed in found.failed_devinfo_entities.items():
        if failed.error_messages:
            yield ("repository", keys.text(repository)), failed.error_messages
        for kind, entries in (
            ("commit", failed.commits),
            ("branch", failed.branches),
            ("pull_request", failed.pull_requests),
        ):
            for entry in entries:
                yield (kind, keys.text(repository, str(entry.id))), entry.error_messages
