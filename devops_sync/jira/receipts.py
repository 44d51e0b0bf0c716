"""Jira's answer to a bulk request: how it is written (our door, the sandbox) and how it is read.

The shape of a 202, from Atlassian's reference of the deployments API: four arrays, all present in real
answers. A rejected entity stands there with its key and its errors, each with a message and often with
a trace id that Atlassian's support can follow.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

Key = tuple[str, str, int]


class Error(Struct, rename="camel"):
    message: str = ""
    error_trace_id: str | None = None


class _DeploymentKey(Struct, rename="camel"):
    pipeline_id: str | int
    environment_id: str | int
    deployment_sequence_number: int


class _Rejected(Struct):
    key: dict[str, Any] = {}
    errors: list[Error] = []


class _Unknown(Struct, rename="camel"):
    association_type: str = ""
    values: list[Any] = []


class _Receipt(Struct, rename="camel"):
    accepted_deployments: list[_DeploymentKey] = []
    rejected_deployments: list[_Rejected] = []
    unknown_issue_keys: list[str] | None = None
    unknown_associations: list[_Unknown] | None = None


class Unreadable(Exception):
    """The answer's status says that it is a receipt, and its body is none."""


@dataclass(frozen=True)
class Receipt:
    """What Jira said of each entity of a bulk request, by key, and which issues it does not know."""

    accepted: frozenset[Key] = frozenset()
    rejected: Mapping[Key, list[Error]] = field(default_factory=dict)
    unknown_issues: frozenset[str] = frozenset()


def write_deployments(
    accepted: Iterable[Mapping[str, Any]],
    rejected: Iterable[tuple[Mapping[str, Any], list[dict[str, str]]]],
    unknown_issue_keys: Iterable[str] = (),
    unknown_associations: Iterable[Mapping[str, Any]] = (),
) -> bytes:
    """The body of a 202: the keys accepted, and each key rejected with its errors."""
    return msgspec.json.encode(
        {
            "acceptedDeployments": list(accepted),
            "rejectedDeployments": [{"key": key, "errors": errors} for key, errors in rejected],
            "unknownIssueKeys": list(unknown_issue_keys),
            "unknownAssociations": list(unknown_associations),
        }
    )


def read_deployments(body: bytes) -> Receipt:
    """Read the body of a 202. Raises `Unreadable` when it is not a receipt."""
    try:
        found = msgspec.json.decode(body, type=_Receipt, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"Jira answered 202 with a body that is no receipt: {error}") from None
    unknown = set(found.unknown_issue_keys or ())
    for association in found.unknown_associations or ():
        if association.association_type in ("issueKeys", "issueIdOrKeys"):
            unknown.update(str(value) for value in association.values)
    return Receipt(
        accepted=frozenset(_key(key) for key in found.accepted_deployments),
        rejected=dict(_rejected(found.rejected_deployments)),
        unknown_issues=frozenset(unknown),
    )


def _rejected(entries: list[_Rejected]) -> Iterator[tuple[Key, list[Error]]]:
    """Each rejection by its key. One without a whole key names nobody, and must not hide the others."""
    for entry in entries:
        try:
            yield _key(msgspec.convert(entry.key, _DeploymentKey, strict=False)), entry.errors
        except msgspec.ValidationError:
            continue


def _key(key: _DeploymentKey) -> Key:
    return (str(key.pipeline_id), str(key.environment_id), key.deployment_sequence_number)


def read_errors(body: bytes) -> list[Error]:
    """The errors of a refusal, whichever of the shapes seen from Jira and its gateways it has.

    An array of messages (deployments, builds), an object with `errorMessages` (development information),
    `{"code", "message"}` (401), OAuth's `error_description`, or none of them: then no errors.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    if isinstance(found, dict):
        for name in ("errorMessages", "errors"):
            if isinstance(found.get(name), list):
                return [_error(entry) for entry in found[name]]
        for name in ("message", "error_description", "error"):
            if isinstance(found.get(name), str):
                return [Error(found[name])]
        return []
    return [_error(entry) for entry in found] if isinstance(found, list) else []


def _error(found: Any) -> Error:
    if isinstance(found, dict):
        trace = found.get("errorTraceId")
        return Error(str(found.get("message", "")), str(trace) if trace is not None else None)
    return Error(str(found))
