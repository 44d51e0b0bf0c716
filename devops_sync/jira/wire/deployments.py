"""The deployments API 0.1."""

from typing import Any, Literal

from msgspec import Raw, Struct

from . import reading
from .associations import Association, named
from .reading import Bulk, Fault, Ident, Instant, Int64, Item, Text255, Url


class Pipeline(Struct, rename="camel"):
    id: Ident
    display_name: Text255
    url: Url


class Environment(Struct, rename="camel"):
    id: Ident
    display_name: Text255
    type: Literal["unmapped", "development", "testing", "staging", "production"]


class Command(Struct):
    command: Text255


class Deployment(Struct, rename="camel"):
    """One deployment as Jira's deployments API 0.1 describes it."""

    deployment_sequence_number: Int64
    update_sequence_number: Int64
    display_name: Text255
    url: Url
    description: Text255
    last_updated: Instant
    state: Literal["unknown", "pending", "in_progress", "cancelled", "failed", "rolled_back", "successful"]
    pipeline: Pipeline
    environment: Environment
    issue_keys: list[str] | None = None
    associations: list[Association] | None = None
    label: Text255 | None = None
    duration: Int64 | None = None
    commands: list[Command] | None = None
    schema_version: Literal["1.0"] | None = None


def read_deployments(body: bytes) -> Bulk:
    """Read the body of a submitDeployments request. Raises `Malformed` when Jira would answer 400."""
    envelope = reading.open_body(body)
    raws = reading.entities(envelope, "deployments")
    properties = reading.properties(envelope.get("properties"))
    return Bulk(reading.around(envelope, "deployments"), properties, [_deployment(raw) for raw in raws])


def _deployment(raw: Raw) -> Item:
    return reading.entity(raw, "deployment", Deployment, "deployments", _examine, _key_of_faulty)


def _examine(item: Item, value: Deployment) -> None:
    item.key = deployment_key(value)
    item.named = named(value.issue_keys, value.associations)
    _check(value)


def deployment_key(value: Deployment) -> dict[str, Any]:
    """The key by which Jira's receipts name a deployment."""
    return {
        "pipelineId": str(value.pipeline.id),
        "environmentId": str(value.environment.id),
        "deploymentSequenceNumber": value.deployment_sequence_number,
    }


def asks_for_a_gate(value: Deployment) -> bool:
    """Whether the deployment asks Jira Service Management to gate it."""
    return any(command.command == "initiate_deployment_gating" for command in value.commands or ())


def _check(value: Deployment) -> None:
    reading.check_addresses(url=value.url, pipeline__url=value.pipeline.url)
    for name, ident in (("pipeline.id", value.pipeline.id), ("environment.id", value.environment.id)):
        if len(str(ident)) > 255:
            raise Fault(f"'{name}' can have a maximum of 255 characters")
    reading.check_instant("lastUpdated", value.last_updated)
    if asks_for_a_gate(value) and value.state != "pending":
        raise Fault("'commands' can ask for gating only while 'state' is pending")


def _key_of_faulty(raw: Raw) -> dict[str, Any]:
    """As much of the key as a faulty deployment shows, so that its sender can find it again."""
    found = reading.loosely(raw)
    key: dict[str, Any] = {}
    for name, part in (("pipelineId", found.get("pipeline")), ("environmentId", found.get("environment"))):
        if isinstance(part, dict) and isinstance(part.get("id"), str | int):
            key[name] = str(part["id"])[:255]
    if reading.is_int64(found.get("deploymentSequenceNumber")):
        key["deploymentSequenceNumber"] = found["deploymentSequenceNumber"]
    return key
