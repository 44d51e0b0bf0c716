"""Receipts that list keys: deployments and builds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw, Struct

from .. import keys
from ..wire import Item
from .reading import Error, Errors, Name, Receipt, Unknown, decoded, unknown_issues


class _DeploymentKey(Struct, rename="camel"):
    pipeline_id: str | int
    environment_id: str | int
    deployment_sequence_number: int

    def name(self) -> Name:
        pipeline, environment = str(self.pipeline_id), str(self.environment_id)
        return ("deployment", keys.text(pipeline, environment, self.deployment_sequence_number))


class _BuildKey(Struct, rename="camel"):
    pipeline_id: str | int
    build_number: int

    def name(self) -> Name:
        return ("build", keys.text(str(self.pipeline_id), self.build_number))


class _Rejected(Struct):
    key: Raw = Raw(b"{}")
    errors: list[Error] = []


@dataclass(frozen=True)
class _Shape:
    accepted: str
    rejected: str
    key: type[_DeploymentKey | _BuildKey]


_SHAPES = {
    "deployments": _Shape("acceptedDeployments", "rejectedDeployments", _DeploymentKey),
    "builds": _Shape("acceptedBuilds", "rejectedBuilds", _BuildKey),
}


def write(
    api: str,
    accepted: Iterable[Item],
    rejected: Iterable[tuple[Item, Errors]],
    unknown_issue_keys: list[str],
    unknown_associations: list[Mapping[str, Any]],
) -> bytes:
    """The four arrays, all present, as in real answers."""
    shape = _SHAPES[api]
    return msgspec.json.encode(
        {
            shape.accepted: [item.key for item in accepted],
            shape.rejected: [{"key": item.key, "errors": errors} for item, errors in rejected],
            "unknownIssueKeys": unknown_issue_keys,
            "unknownAssociations": unknown_associations,
        }
    )


def read(api: str, body: bytes) -> Receipt:
    """Read a receipt. A field that is missing counts as empty: older answers lack `unknownAssociations`."""
    shape = _SHAPES[api]
    found = decoded(body, dict[str, Raw])
    accepted = decoded(found.get(shape.accepted, Raw(b"[]")), list[shape.key])  # type: ignore[name-defined]
    rejected = decoded(found.get(shape.rejected, Raw(b"[]")), list[_Rejected])
    return Receipt(
        accepted=frozenset(key.name() for key in accepted),
        rejected=dict(_by_name(rejected, shape)),
        unknown_issues=unknown_issues(
            decoded(found.get("unknownIssueKeys", Raw(b"null")), list[str] | None),  # type: ignore[arg-type]
            decoded(found.get("unknownAssociations", Raw(b"null")), list[Unknown] | None),  # type: ignore[arg-type]
        ),
    )


def _by_name(rejected: list[_Rejected], shape: _Shape) -> Iterator[tuple[Name, list[Error]]]:
    """Each rejection by its key. One without a whole key names nobody, and must not hide the others."""
    for entry in rejected:
        try:
            yield msgspec.json.decode(entry.key, type=shape.key, strict=False).name(), entry.errors
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
