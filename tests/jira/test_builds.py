"""What the builds API takes: every limit from both sides, and how each fault is said."""

from typing import Any

import pytest

from devops_sync.jira import wire
from tests.payloads import MISSING, build, bulk_of, issues

REFERENCE = {"commit": {"id": "a", "repositoryUri": "https://git.example/r"}, "ref": {"name": "main", "uri": "u"}}
TESTS = {"totalNumber": 3, "numberPassed": 2, "numberFailed": 1}


def url(length: int) -> str:
    return "https://ci.example/".ljust(length, "x")


def fault(**changes: Any) -> str:
    return wire.read_builds(bulk_of("builds", build(**changes))).items[0].fault


def reference(**changes: Any) -> list[dict[str, Any]]:
    return [{name: {**fields, **changes.get(name, {})} for name, fields in REFERENCE.items()}]


@pytest.mark.parametrize(
    "changes",
    [
        {"pipelineId": "x" * 255},
        {"pipelineId": 12},
        {"displayName": "x" * 255},
        {"description": "x" * 255},
        {"label": "x" * 255},
        {"url": url(2000)},
        {"number": 2**63 - 1},
        {"sequence": -(2**63)},
        {"issueKeys": [f"A-{n}" for n in range(500)]},
        {"issueKeys": MISSING, "associations": issues(*[f"A-{n}" for n in range(500)])},
        {"issueKeys": ["A" * 255 + "-" + "1" * 255]},
        {"testInfo": {**TESTS, "numberSkipped": 0}},
        {"testInfo": TESTS},
        {"testInfo": MISSING},
        {"references": reference() * 5},
        {"references": reference(commit={"id": "x" * 255, "repositoryUri": url(2000)})},
        {"references": reference(ref={"name": "x" * 255, "uri": url(2000)})},
        {"references": [{"ref": REFERENCE["ref"]}]},
        {"schemaVersion": "1.0"},
        {"new": {"field": [1]}},
        *({"state": state} for state in ("pending", "in_progress", "successful", "failed", "cancelled", "unknown")),
    ],
)
def test_a_build_is_taken_up_to_every_limit(changes: dict[str, Any]) -> None:
    assert fault(**changes) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pipelineId": MISSING}, "'pipelineId' is required"),
        ({"pipelineId": ""}, "'pipelineId' must not be empty"),
        ({"pipelineId": "x" * 256}, "'pipelineId' can have a maximum of 255 characters"),
        ({"number": MISSING}, "'buildNumber' is required"),
        ({"number": 2**63}, "'buildNumber' must be a whole number of 64 bits"),
        ({"sequence": MISSING}, "'updateSequenceNumber' is required"),
        ({"sequence": "1"}, "'updateSequenceNumber' must be a whole number, not a text"),
        ({"displayName": MISSING}, "'displayName' is required"),
        ({"displayName": "x" * 256}, "'displayName' can have a maximum of 255 characters"),
        ({"description": "x" * 256}, "'description' can have a maximum of 255 characters"),
        ({"label": "x" * 256}, "'label' can have a maximum of 255 characters"),
        ({"url": MISSING}, "'url' is required"),
        ({"url": ""}, "'url' must be an http or https address"),
        ({"url": url(2001)}, "'url' can have a maximum of 2000 characters"),
        ({"state": "rolled_back"}, "'state' has a value that Jira does not know: 'rolled_back'"),
        ({"lastUpdated": MISSING}, "'lastUpdated' is required"),
        ({"lastUpdated": "today"}, "'lastUpdated' must be a date and time such as 2026-11-18T13:02:09Z"),
        ({"issueKeys": MISSING}, "'associations' or 'issueKeys' is required"),
        ({"issueKeys": []}, "'associations' or 'issueKeys' is required"),
        ({"issueKeys": [f"A-{n}" for n in range(501)]}, "'issueKeys' can have a maximum of 500 elements"),
        ({"issueKeys": ["A-x"]}, "'issueKeys[0]' must be an issue key such as ABC-123"),
        ({"issueKeys": ["A" * 256 + "-1"]}, "'issueKeys[0]' must be an issue key such as ABC-123"),
        ({"testInfo": {**TESTS, "totalNumber": -1}}, "'testInfo.totalNumber' must be 0 or more"),
        ({"testInfo": {"totalNumber": 3}}, "'testInfo.numberPassed' is required"),
        ({"testInfo": {"totalNumber": 3, "numberPassed": 3}}, "'testInfo.numberFailed' is required"),
        ({"references": []}, "'references' must not be empty"),
        ({"references": reference() * 6}, "'references' can have a maximum of 5 elements"),
        ({"references": reference(commit={"id": "x" * 256})}, "'references[0].commit.id' can have a maximum of 255"),
        ({"references": reference(commit={"repositoryUri": url(2001)})}, "'references[0].commit.repositoryUri' can"),
        ({"references": reference(ref={"name": "x" * 256})}, "'references[0].ref.name' can have a maximum of 255"),
        ({"references": reference(ref={"uri": url(2001)})}, "'references[0].ref.uri' can have a maximum of 2000"),
        ({"schemaVersion": "2.0"}, "'schemaVersion' has a value that Jira does not know: '2.0'"),
    ],
)
def test_a_build_beyond_a_limit_is_refused_alone(changes: dict[str, Any], sentence: str) -> None:
    changes = {{"number": "buildNumber", "sequence": "updateSequenceNumber"}.get(k, k): v for k, v in changes.items()}
    assert fault(**changes).startswith(sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{}", "'builds' is required"),
        (bulk_of("builds"), "'builds' must have at least 1 element"),
        (bulk_of("builds", build(), properties={f"k{n}": "v" for n in range(6)}), "'properties' can have a maximum"),
        (bulk_of("builds", build(), properties={"a:b": "v"}), "'properties' has the key 'a:b'"),
        (bulk_of("builds", build(), properties={"_a": "v"}), "'properties' has the key '_a'"),
        (bulk_of("builds", build(), properties={"a": "x" * 256}), "'properties.a' can have a maximum of 255"),
        (
            bulk_of("builds", build(associations=[{"associationType": "issueKeys", "values": []}])),
            "Associations must provide at least one value.",
        ),
        (
            bulk_of("builds", build(associations=issues(*[f"A-{n}" for n in range(501)]))),
            "Sum of Association values across all association types can have a maximum of 500 elements. Found 501.",
        ),
    ],
)
def test_what_jira_refuses_whole_is_refused_whole(body: bytes, sentence: str) -> None:
    with pytest.raises(wire.Malformed) as refused:
        wire.read_builds(body)
    assert (refused.value.status, refused.value.message[: len(sentence)]) == (400, sentence)


def test_five_properties_at_their_limit_and_two_versions_of_a_build_are_taken() -> None:
    properties = {f"{n}".ljust(255, "k"): "v" * 255 for n in range(4)} | {"number": 7}
    bulk = wire.read_builds(bulk_of("builds", build(1, 1), build(1, 2), properties=properties))
    assert [item.fault for item in bulk.items] == ["", ""]
    assert bulk.properties["number"] == "7"
