"""Submitting deployments: what is accepted, rejected, unknown and refused."""

from typing import Any

import pytest
import requests

from tests.sandbox.samples import WHERE, bulk, deployment, key
from tests.sandbox_process import Sandbox


def submit(sandbox: Sandbox, body: Any, client: requests.Session | None = None) -> requests.Response:
    return (client or sandbox.client()).post(f"{sandbox.gateway}/bulk", json=body)


def test_an_accepted_deployment_can_be_read_as_it_was_submitted(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sent = deployment(surprise={"kept": True})
    answer = submit(sandbox, bulk(sent, properties={"accountId": "account-1"}), client)
    assert answer.status_code == 202
    assert answer.json() == {
        "acceptedDeployments": [key()],
        "rejectedDeployments": [],
        "unknownIssueKeys": [],
        "unknownAssociations": [],
    }
    assert client.get(sandbox.gateway + WHERE).json() == sent


def test_the_sites_own_address_takes_the_same_token(sandbox: Sandbox) -> None:
    client = sandbox.client()
    assert client.post(f"{sandbox.url}/rest/deployments/0.1/bulk", json=bulk(deployment())).status_code == 202
    assert client.get(f"{sandbox.url}/rest/deployments/0.1{WHERE}").status_code == 200


@pytest.mark.parametrize(("sequence", "stays"), [(4, 5), (5, 5), (6, 6)])
def test_only_a_higher_sequence_replaces_and_each_is_called_accepted(
    sandbox: Sandbox, sequence: int, stays: int
) -> None:
    client = sandbox.client()
    submit(sandbox, bulk(deployment(sequence=5, label="first")), client)
    answer = submit(sandbox, bulk(deployment(sequence=sequence, label="second")), client)
    assert answer.json()["acceptedDeployments"] == [key()]
    (held,) = sandbox.held().values()
    assert (held["sequence"], held["payload"]["label"]) == (stays, "second" if stays == 6 else "first")


def test_replacing_is_wholesale(sandbox: Sandbox) -> None:
    client = sandbox.client()
    submit(sandbox, bulk(deployment(sequence=1, issueKeys=["SHOP-1", "PAY-2"]), properties={"a": "1"}), client)
    submit(sandbox, bulk(deployment(sequence=2, issueKeys=["PAY-2"], label=None), properties={"b": "2"}), client)
    (held,) = sandbox.held().values()
    assert (held["issues"], held["properties"], "label" in held["payload"]) == (["PAY-2"], {"b": "2"}, False)


def test_of_two_versions_in_one_bulk_the_higher_stays(sandbox: Sandbox) -> None:
    submit(sandbox, bulk(deployment(sequence=7), deployment(sequence=9), deployment(sequence=8)))
    assert [held["sequence"] for held in sandbox.held().values()] == [9]


def test_unknown_keys_are_told_by_the_field_they_came_in(sandbox: Sandbox) -> None:
    sent = deployment(
        issueKeys=["SHOP-1", "ZZZ-1", "SHOP-2001"],
        associations=[
            {"associationType": "issueIdOrKeys", "values": ["PAY-1", "ZZZ-2", "10042"]},
            {"associationType": "serviceIdOrKeys", "values": ["", "b:service"]},
        ],
    )
    answer = submit(sandbox, bulk(sent)).json()
    assert answer["acceptedDeployments"] == [key()]
    assert answer["unknownIssueKeys"] == ["ZZZ-1", "SHOP-2001"]
    assert answer["unknownAssociations"] == [
        {"associationType": "issueIdOrKeys", "values": ["ZZZ-2", "10042"]},
        {"associationType": "serviceIdOrKeys", "values": [""]},
    ]
    assert [held["issues"] for held in sandbox.held().values()] == [["SHOP-1", "PAY-1"]]


@pytest.mark.parametrize(
    "naming",
    [
        {"issueKeys": ["ZZZ-1"]},
        {"issueKeys": None, "associations": [{"associationType": "issueIdOrKeys", "values": ["ZZZ-1"]}]},
        {"issueKeys": None, "associations": [{"associationType": "serviceIdOrKeys", "values": [""]}]},
    ],
)
def test_a_deployment_of_unknown_things_only_is_rejected(sandbox: Sandbox, naming: dict[str, Any]) -> None:
    answer = submit(sandbox, bulk(deployment(100, **naming), deployment(101))).json()
    assert answer["acceptedDeployments"] == [key(101)]
    (rejected,) = answer["rejectedDeployments"]
    assert rejected["key"] == key(100)
    assert rejected["errors"][0]["message"] == "No valid associations found for deployment"
    assert rejected["errors"][0]["errorTraceId"]
    assert list(sandbox.held()) == [("checkout-api", "production-eu", 101)]


def test_a_service_alone_is_enough(sandbox: Sandbox) -> None:
    named = [{"associationType": "serviceIdOrKeys", "values": ["b:service"]}]
    answer = submit(sandbox, bulk(deployment(issueKeys=None, associations=named))).json()
    assert (answer["acceptedDeployments"], answer["unknownAssociations"]) == ([key()], [])


@pytest.mark.parametrize("known", ["EXAMPLE-1", "CORE-2000"])
@pytest.mark.parametrize("unknown", ["EXAMPLE-2", "CORE-2001", "CORE-0", "CORE-01", "core-1"])
def test_which_issues_exist(sandbox: Sandbox, known: str, unknown: str) -> None:
    answer = submit(sandbox, bulk(deployment(issueKeys=[known, unknown]))).json()
    assert answer["unknownIssueKeys"] == [unknown]


def test_a_faulty_deployment_is_rejected_and_the_others_stay(sandbox: Sandbox) -> None:
    answer = submit(sandbox, bulk(deployment(1, url=None), deployment(2))).json()
    assert answer["rejectedDeployments"][0]["errors"][0]["message"] == "'url' is required"
    assert answer["acceptedDeployments"] == [key(2)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b'{"deployments": []}', "at least 1 element"),
        (b"[]", "must be a JSON object"),
        (b'{"properties": {}}', "'deployments' is required"),
        ('{"deployments": [1], "x": "\U0001f984"}'.encode(), "Invalid binary character '#xD83E'"),
        (b"\xff", "UTF-8"),
        (b"[" * 100_000, ""),
        (b"", ""),
    ],
)
def test_a_malformed_request_gets_an_array_of_messages(sandbox: Sandbox, body: bytes, message: str) -> None:
    answer = sandbox.client().post(f"{sandbox.gateway}/bulk", data=body)
    assert answer.status_code == 400
    (error,) = answer.json()
    assert message in error["message"]
    assert error["errorTraceId"]


def test_an_association_without_values_refuses_the_whole_bulk(sandbox: Sandbox) -> None:
    empty = [{"associationType": "issueIdOrKeys", "values": []}]
    answer = submit(sandbox, bulk(deployment(1), deployment(2, associations=empty)))
    assert (answer.status_code, answer.json()[0]["message"]) == (400, "Associations must provide at least one value.")
    assert sandbox.held() == {}


def test_too_many_properties_refuse_the_whole_bulk(sandbox: Sandbox) -> None:
    answer = submit(sandbox, bulk(deployment(), properties={f"p{number}": "x" for number in range(6)}))
    assert (answer.status_code, sandbox.held()) == (400, {})


def test_too_many_deployments_are_too_large(sandbox: Sandbox) -> None:
    sandbox.settings(bulk_limit=2)
    assert submit(sandbox, bulk(deployment(1), deployment(2))).status_code == 202
    answer = submit(sandbox, bulk(deployment(1), deployment(2), deployment(3)))
    assert answer.status_code == 413
    assert answer.json()[0]["message"] == "Data is too large. Submit fewer deployments in each payload."


def test_too_many_bytes_are_too_large(sandbox: Sandbox) -> None:
    sandbox.settings(body_limit=2000)
    assert submit(sandbox, bulk(deployment())).status_code == 202
    answer = submit(sandbox, bulk(deployment(), padding="x" * 2000))
    assert (answer.status_code, isinstance(answer.json(), list)) == (413, True)


def test_what_is_accepted_is_stored_a_moment_later(sandbox: Sandbox) -> None:
    client = sandbox.client()
    submit(sandbox, bulk(deployment(sequence=1)), client)
    sandbox.settings(delay=60)
    submit(sandbox, bulk(deployment(sequence=2), deployment(101)), client)
    assert client.get(sandbox.gateway + WHERE).json()["updateSequenceNumber"] == 1
    assert client.get(sandbox.gateway + WHERE.replace("100", "101")).status_code == 404
    assert sandbox.state(settled=False)["waiting"] == 1
    sandbox.settings(delay=0)
    assert client.get(sandbox.gateway + WHERE).json()["updateSequenceNumber"] == 2
    assert sandbox.state(settled=False)["waiting"] == 0
