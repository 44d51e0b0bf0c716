"""What the deployments API takes, and how each fault is said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devops_sync.jira import wire
from tests.payloads import MISSING, TUTORIAL, bulk, deployment, issues

LONG = "x" * 256


def fault(**changes: object) -> str:
    return wire.read_deployments(bulk(deployment(**changes))).items[0].fault


def malformed(body: bytes) -> str:
    with pytest.raises(wire.Malformed) as refused:
        wire.read_deployments(body)
    assert refused.value.status == 400
    return refused.value.message


def test_the_tutorials_payload_is_taken() -> None:
    (item,) = wire.read_deployments(bulk(TUTORIAL)).items
    assert not item.fault
    assert item.key == {
        "pipelineId": TUTORIAL["pipeline"]["id"],
        "environmentId": TUTORIAL["environment"]["id"],
        "deploymentSequenceNumber": 100,
    }
    assert item.named.issues == ("EXAMPLE-1",)


def test_each_entity_is_kept_to_the_byte_with_fields_nobody_knows() -> None:
    odd = '{ "deploymentSequenceNumber" : 1e0,"new":{"a":[1.50, "\\u00e9"]} , "x":1 }'
    body = ('{"deployments": [' + json.dumps(deployment()) + ", " + odd + '], "operationType":"NORMAL"}').encode()
    read = wire.read_deployments(body)
    assert read.items[1].raw == odd
    assert read.envelope == {"operationType": '"NORMAL"'}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": MISSING}, "'url' is required"),
        ({"url": None}, "'url' must be a text, not null"),
        ({"url": ""}, "'url' must be an http or https address"),
        ({"url": "javascript:alert(1)"}, "'url' must be an http or https address"),
        ({"url": "http://[half"}, "'url' must be an http or https address"),
        ({"url": "https://x/" + "y" * 2000}, "'url' can have a maximum of 2000 characters"),
        ({"displayName": LONG}, "'displayName' can have a maximum of 255 characters"),
        ({"label": LONG}, "'label' can have a maximum of 255 characters"),
        ({"description": 7}, "'description' must be a text, not a whole number"),
        ({"state": "done"}, "'state' has a value that Jira does not know: 'done'"),
        ({"lastUpdated": "yesterday"}, "'lastUpdated' must be a date and time such as 2026-11-18T13:02:09Z"),
        ({"lastUpdated": "2026-11-18T13:02:09"}, "'lastUpdated' must name its time zone, such as 2026-11-18T13:02:09Z"),
        ({"lastUpdated": "9999-12-31T23:59:59-12:00"}, "'lastUpdated' is beyond the years that can be told"),
        ({"sequence": 2**63}, "'updateSequenceNumber' must be a whole number of 64 bits"),
        ({"sequence": "1"}, "'updateSequenceNumber' must be a whole number, not a text"),
        ({"sequence": 1.5}, "'updateSequenceNumber' must be a whole number, not a number"),
        ({"number": True}, "'deploymentSequenceNumber' must be a whole number, not true or false"),
        ({"pipeline": "p"}, "'pipeline' must be an object, not a text"),
        ({"pipeline": {"id": "p", "url": "https://x/"}}, "'pipeline.displayName' is required"),
        ({"pipeline": {"id": "", "displayName": "", "url": "https://x/"}}, "'pipeline.id' must not be empty"),
        ({"environment": {"id": "e", "displayName": "e", "type": "prod"}}, "'environment.type' has a value that Jira"),
        ({"associations": []}, "'associations' or 'issueKeys' is required"),
        ({"associations": MISSING}, "'associations' or 'issueKeys' is required"),
        ({"associations": issues("nonsense")}, "'associations[0].values[0]' must be an issue key such as ABC-123"),
        ({"associations": issues("A-1") * 4}, "'associations' can have a maximum of 3 elements"),
        ({"associations": [{"associationType": "x", "values": ["A-1"]}]}, "'associations[0].associationType' must be"),
        (
            {"associations": [{"associationType": "commit", "values": [{"commitHash": "a"}]}]},
            "'associations[0].values[0].repositoryId' is required",
        ),
        ({"commands": [{"command": "initiate_deployment_gating"}]}, "'commands' can ask for gating only while"),
    ],
)
def test_a_faulty_deployment_is_refused_alone_with_a_sentence_that_names_the_field(
    changes: dict[str, object], sentence: str
) -> None:
    assert fault(**changes).startswith(sentence)


def test_a_refused_deployment_is_named_by_as_much_of_its_key_as_it_shows() -> None:
    read = wire.read_deployments(bulk(deployment(7, url=MISSING), {"pipeline": {"id": "p"}}, 3))
    assert [item.key for item in read.items] == [
        {"pipelineId": "checkout-api", "environmentId": "staging", "deploymentSequenceNumber": 7},
        {"pipelineId": "p"},
        {},
    ]


def test_numbers_are_taken_as_ids_and_as_values_of_properties() -> None:
    pipeline = {"id": 12, "displayName": "p", "url": "https://ci.example/"}
    read = wire.read_deployments(bulk(deployment(pipeline=pipeline), properties={"installationId": 1.50}))
    assert read.items[0].key["pipelineId"] == "12"
    assert read.properties == {"installationId": "1.5"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is empty."),
        (b" \r\n\t", "The body is empty."),
        (b"{", "The request body is not valid JSON"),
        (b'{"deployments": [NaN]}', "The request body is not valid JSON"),
        (b"[]", "The request body must be a JSON object."),
        (b"{}", "'deployments' is required"),
        (b'{"deployments": {}}', "'deployments' must be an array"),
        (b'{"deployments": []}', "'deployments' must have at least 1 element"),
        (b'{"deployments": ["\xff"]}', "The request body must be UTF-8, and is not at byte 18."),
        ('{"deployments": []}'.encode("utf-16"), "The request body must be UTF-8"),
        (b"[" * 100_000, "The request body"),
        (b'{"deployments":' + b"[" * 100_000, "The request body"),
        (b'{"deployments":[' + b'{"pipeline":' * 100_000, "The request body"),
        (bulk(deployment(description="\U0001f600")), "Invalid binary character '#xD83D' was found"),
        (json.dumps({"deployments": ["😀"]}, ensure_ascii=False).encode(), "Invalid binary character '#xD83D'"),
        (bulk(deployment(description="\0")), "Invalid binary character '#x0000' was found"),
        (bulk(deployment(), properties={f"k{n}": "v" for n in range(6)}), "'properties' can have a maximum of 5"),
        (bulk(deployment(), properties={"a:b": "v"}), "'properties' has the key 'a:b'"),
        (bulk(deployment(), properties={"_a": "v"}), "'properties' has the key '_a'"),
        (bulk(deployment(), properties={"a": LONG}), "'properties.a' can have a maximum of 255 characters"),
        (bulk(deployment(), properties={"a": ["v"]}), "'properties.a' must be a text"),
        (bulk(deployment(), properties="a=b"), "'properties' must be an object of texts"),
        (
            bulk(deployment(associations=[{"associationType": "issueKeys", "values": []}])),
            "Associations must provide at least one value.",
        ),
        (
            bulk(deployment(associations=issues(*[f"A-{n}" for n in range(501)]))),
            "Sum of Association values across all association types can have a maximum of 500 elements. Found 501.",
        ),
    ],
)
def test_what_jira_refuses_whole_is_refused_whole(body: bytes, sentence: str) -> None:
    assert malformed(body).startswith(sentence)


def test_an_escaped_backslash_before_a_u_is_no_escape() -> None:
    assert not fault(description="C:\\u0000 and \\ud83d")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*TUTORIAL, "issueKeys", "commands", "x"]), json_values))
def test_any_deployment_is_either_valid_or_refused_with_a_sentence(changes: dict[str, object]) -> None:
    try:
        (item,) = wire.read_deployments(bulk({**deployment(), **changes})).items
    except wire.Malformed as refused:
        assert str(refused)  # noqa: PT017
    else:
        assert bool(item.fault) == (item.value is None)


@given(json_values)
def test_any_json_is_answered(value: object) -> None:
    for body in (json.dumps(value).encode(), bulk(value), bulk(deployment(), properties=value)):
        try:
            wire.read_deployments(body)
        except wire.Malformed as refused:
            assert refused.status == 400  # noqa: PT017


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(body: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.read_deployments(body)


@pytest.mark.parametrize(("length", "taken"), [(255, True), (256, False)])
def test_a_service_id_is_as_long_as_jira_takes_it(length: int, taken: bool) -> None:
    named = [{"associationType": "serviceIdOrKeys", "values": ["s" * length]}]
    said = fault(associations=named)
    assert said == ("" if taken else "'associations[0].values[0]' can have a maximum of 255 characters")
