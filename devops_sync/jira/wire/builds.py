"""The builds API 0.1."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from . import reading
from .associations import Association, named
from .reading import Bulk, Fault, Ident, Instant, Int64, Item, Text255, Url

Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class TestInfo(Struct, rename="camel"):
    __test__ = False  # Not a test, whatever pytest takes its name for.

    total_number: Count
    number_passed: Count
    number_failed: Count
    number_skipped: Count = 0


class Commit(Struct, rename="camel"):
    id: Text255
    repository_uri: Url


class Ref(Struct):
    name: Text255
    uri: Url


class Reference(Struct):
    commit: Commit | None = None
    ref: Ref | None = None


class Build(Struct, rename="camel"):
    """One build as Jira's builds API 0.1 describes it."""

    pipeline_id: Ident
    build_number: Int64
    update_sequence_number: Int64
    display_name: Text255
    url: Url
    state: Literal["pending", "in_progress", "successful", "failed", "cancelled", "unknown"]
    last_updated: Instant
    issue_keys: list[str] | None = None
    associations: list[Association] | None = None
    description: Text255 | None = None
    label: Text255 | None = None
    test_info: TestInfo | None = None
    references: Annotated[list[Reference], Meta(min_length=1, max_length=5)] | None = None
    schema_version: Literal["1.0"] | None = None


def read_builds(body: bytes) -> Bulk:
    """Read the body of a submitBuilds request. Raises `Malformed` when Jira would answer 400."""
    envelope = reading.open_body(body)
    raws = reading.entities(envelope, "builds")
    properties = reading.properties(envelope.get("properties"))
    return Bulk(reading.around(envelope, "builds"), properties, [_build(raw) for raw in raws])


def _build(raw: Raw) -> Item:
    return reading.entity(raw, "build", Build, "builds", _examine, _key_of_faulty)


def _examine(item: Item, value: Build) -> None:
    item.key = build_key(value)
    item.named = named(value.issue_keys, value.associations)
    _check(value)


def build_key(value: Build) -> dict[str, Any]:
    """The key by which Jira's receipts name a build."""
    return {"pipelineId": str(value.pipeline_id), "buildNumber": value.build_number}


def _check(value: Build) -> None:
    reading.check_addresses(url=value.url)
    if len(str(value.pipeline_id)) > 255:
        raise Fault("'pipelineId' can have a maximum of 255 characters")
    reading.check_instant("lastUpdated", value.last_updated)


def _key_of_faulty(raw: Raw) -> dict[str, Any]:
    """As much of the key as a faulty build shows."""
    found = reading.loosely(raw)
    key: dict[str, Any] = {}
    if isinstance(found.get("pipelineId"), str | int):
        key["pipelineId"] = str(found["pipelineId"])[:255]
    if reading.is_int64(found.get("buildNumber")):
        key["buildNumber"] = found["buildNumber"]
    return key
