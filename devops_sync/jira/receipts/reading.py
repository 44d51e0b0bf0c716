"""What all receipts and refusals share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

_Shape = TypeVar("_Shape")
# An entity as receipts name it: its kind, and its key as text.
Name = tuple[str, str]
Errors = Sequence[Mapping[str, str]]


class Error(Struct, rename="camel"):
    message: str = ""
    error_trace_id: str | None = None


class Unknown(Struct, rename="camel"):
    association_type: str = ""
    values: list[Any] = []


class Unreadable(Exception):
    """The answer's status says that it is a receipt, and its body is none."""


@dataclass(frozen=True)
class Receipt:
    """What Jira said of each entity of a bulk request, and which issues it does not know."""

    accepted: frozenset[Name] = frozenset()
    rejected: Mapping[Name, list[Error]] = field(default_factory=dict)
    unknown_issues: frozenset[str] = frozenset()


def decoded(body: bytes, shape: type[_Shape]) -> _Shape:
    """The body in the shape of a receipt. Raises `Unreadable`."""
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"Jira answered 202 with a body that is no receipt: {error}") from None


def unknown_issues(keys: list[str] | None, associations: list[Unknown] | None) -> frozenset[str]:
    """The issues that Jira does not know, whichever way they were named."""
    unknown = set(keys or ())
    for association in associations or ():
        if association.association_type in ("issueKeys", "issueIdOrKeys"):
            unknown.update(str(value) for value in association.values)
    return frozenset(unknown)


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
                return [Error(storable(found[name]))]
        return []
    return [_error(entry) for entry in found] if isinstance(found, list) else []


def _error(found: Any) -> Error:
    if isinstance(found, dict):
        trace = found.get("errorTraceId")
        return Error(storable(str(found.get("message", ""))), storable(str(trace)) if trace is not None else None)
    return Error(storable(str(found)))


def storable(text: str) -> str:
    """What a peer said as PostgreSQL can keep it: without U+0000 and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
