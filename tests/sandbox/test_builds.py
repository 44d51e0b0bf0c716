"""The builds API: submitting, reading, deleting, by the same rules as deployments."""

from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.sandbox.samples import WHERE_BUILD, build, build_key, builds, bulk, deployment
from tests.sandbox_process import Sandbox


def submit(sandbox: Sandbox, *sent: dict[str, Any], **around: Any) -> requests.Response:
    return sandbox.client().post(f"{sandbox.base('builds')}/bulk", json=builds(*sent, **around))


def numbers(sandbox: Sandbox) -> list[int]:
    return sorted(int(key[-1]) for key in sandbox.held(kind="build"))


def test_an_accepted_build_can_be_read_as_it_was_submitted(sandbox: Sandbox) -> None:
    sent = build(surprise={"kept": True})
    answer = submit(sandbox, sent, properties={"accountId": "account-1"})
    assert answer.status_code == 202
    assert answer.json() == {
        "acceptedBuilds": [build_key()],
        "rejectedBuilds": [],
        "unknownIssueKeys": [],
        "unknownAssociations": [],
    }
    for base in (sandbox.base("builds"), sandbox.site("builds")):
        assert sandbox.client().get(base + WHERE_BUILD).json() == sent


@pytest.mark.parametrize(("sequence", "stays"), [(4, 5), (5, 5), (6, 6)])
def test_only_a_higher_sequence_replaces(sandbox: Sandbox, sequence: int, stays: int) -> None:
    submit(sandbox, build(sequence=5))
    assert submit(sandbox, build(sequence=sequence)).json()["acceptedBuilds"] == [build_key()]
    assert [held["sequence"] for held in sandbox.held(kind="build").values()] == [stays]


def test_a_build_of_unknown_issues_is_rejected_in_jiras_words(sandbox: Sandbox) -> None:
    answer = submit(sandbox, build(1, issueKeys=["ZZZ-1"]), build(2, url=None), build(3)).json()
    assert answer["acceptedBuilds"] == [build_key(3)]
    assert [(entry["key"], entry["errors"][0]["message"]) for entry in answer["rejectedBuilds"]] == [
        (build_key(1), "No valid issues found for build"),
        (build_key(2), "'url' is required"),
    ]
    assert answer["unknownIssueKeys"] == ["ZZZ-1"]
    assert numbers(sandbox) == [3]


def test_five_hundred_issue_keys_are_taken_and_one_more_is_not(sandbox: Sandbox) -> None:
    keys = [f"SHOP-{number}" for number in range(1, 502)]
    answer = submit(sandbox, build(1, issueKeys=keys[:500]), build(2, issueKeys=keys)).json()
    assert answer["acceptedBuilds"] == [build_key(1)]
    (rejected,) = answer["rejectedBuilds"]
    assert rejected["errors"][0]["message"] == "'issueKeys' can have a maximum of 500 elements"


def test_a_malformed_request_gets_an_array_of_messages(sandbox: Sandbox) -> None:
    answer = submit(sandbox)
    assert (answer.status_code, answer.json()[0]["message"]) == (400, "'builds' must have at least 1 element")


def test_too_many_builds_are_too_large(sandbox: Sandbox) -> None:
    sandbox.settings(bulk_limit=1)
    answer = submit(sandbox, build(1), build(2))
    assert (answer.status_code, "fewer builds" in answer.json()[0]["message"]) == (413, True)


def test_a_build_is_deleted_by_its_key(sandbox: Sandbox) -> None:
    submit(sandbox, build(100), build(101))
    answer = sandbox.client().delete(sandbox.base("builds") + WHERE_BUILD)
    assert (answer.status_code, answer.content, numbers(sandbox)) == (202, b"", [101])
    assert sandbox.client().get(sandbox.base("builds") + WHERE_BUILD).status_code == 404
    assert sandbox.client().delete(sandbox.base("builds") + WHERE_BUILD).status_code == 202


def test_builds_are_deleted_by_properties_and_deployments_stay(sandbox: Sandbox) -> None:
    client = sandbox.client()
    submit(sandbox, build(1), properties={"a": "1", "b": "2"})
    submit(sandbox, build(2), properties={"a": "1"})
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(), properties={"a": "1", "b": "2"}))
    where = f"{sandbox.base('builds')}/bulkByProperties"
    assert client.delete(f"{where}?a=1&b=2&_updateSequenceNumber=0").status_code == 202
    assert (numbers(sandbox), len(sandbox.held())) == ([2], 1)
    for query in ("", "?_updateSequenceNumber=7"):
        answer = client.delete(where + query)
        assert (answer.status_code, isinstance(answer.json(), list)) == (400, True)


def test_a_pipeline_may_have_a_slash(sandbox: Sandbox) -> None:
    submit(sandbox, build(pipelineId="group/project"))
    where = f"{sandbox.base('builds')}/pipelines/{quote('group/project', safe='')}/builds/100"
    assert sandbox.client().get(where).json()["pipelineId"] == "group/project"


@pytest.mark.parametrize("path", ["/pipelines/x/builds/y", "/pipelines/x", WHERE_BUILD + "/gating-status", "/nothing"])
def test_other_addresses_lead_nowhere(sandbox: Sandbox, path: str) -> None:
    assert sandbox.client().get(sandbox.base("builds") + path).status_code == 404
