"""Submitting and reading, kind by kind: what is accepted, what replaces what, what is given back."""

from typing import Any

import pytest
import requests

from .conftest import JiraLike
from .rows import BY_API, DEPLOYMENT, EMPTY_RECEIPTS, ROWS, Row, message_of

each_kind = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
each_api = pytest.mark.parametrize("api", BY_API)


@each_kind
def test_what_is_accepted_is_named_and_read_as_it_was_submitted(jira_like: JiraLike, row: Row) -> None:
    sent = row.make(surprise={"kept": [1, None]})
    answer = jira_like.post(row.api, row.body(sent, properties={"accountId": "account-1"}))
    assert answer.status_code == 202
    receipt = answer.json()
    assert set(receipt) == {*EMPTY_RECEIPTS[row.api], "unknownIssueKeys", "unknownAssociations"}
    assert (row.accepted(receipt), row.rejected(receipt)) == ([1], {})
    assert (receipt["unknownIssueKeys"], receipt["unknownAssociations"]) == ([], [])
    assert row.read(jira_like) == sent


@each_api
def test_both_families_of_paths_lead_to_the_same_data(jira_like: JiraLike, api: str) -> None:
    row = BY_API[api]
    jira_like.ask("POST", f"{jira_like.site(api)}/bulk", row.body(row.make()))
    jira_like.settle()
    assert row.read(jira_like) is not None
    assert jira_like.ask("GET", jira_like.site(api) + row.where()).status_code == 200


@each_kind
@pytest.mark.parametrize(("sequence", "stays"), [(4, 5), (5, 5), (6, 6)])
def test_only_a_strictly_higher_sequence_replaces_and_each_is_accepted(
    jira_like: JiraLike, row: Row, sequence: int, stays: int
) -> None:
    jira_like.post(row.api, row.body(row.make(sequence=5)))
    answer = jira_like.post(row.api, row.body(row.make(sequence=sequence, another="version")))
    assert (answer.status_code, row.accepted(answer.json())) == (202, [1])
    held = row.read(jira_like)
    assert held is not None
    assert (held[row.sequence], "another" in held) == (stays, stays == 6)


@each_kind
def test_replacing_is_wholesale(jira_like: JiraLike, row: Row) -> None:
    jira_like.post(row.api, row.body(row.make(sequence=1, note="goes", description="goes too")))
    second = row.make(sequence=2)
    jira_like.post(row.api, row.body(second))
    assert row.read(jira_like) == second


@pytest.mark.parametrize("row", ROWS[:2], ids=lambda row: row.kind)
def test_of_two_versions_in_one_bulk_the_higher_stays(jira_like: JiraLike, row: Row) -> None:
    answer = jira_like.post(row.api, row.body(*(row.make(sequence=sequence) for sequence in (7, 9, 8))))
    assert answer.status_code == 202
    held = row.read(jira_like)
    assert held is not None
    assert held[row.sequence] == 9


@each_kind
def test_what_is_not_there_is_not_found(jira_like: JiraLike, row: Row) -> None:
    if row.array:
        assert row.read(jira_like) is None
        return
    answer = jira_like.get(row.api, row.where())
    assert answer.status_code == 404
    assert message_of(row.api, answer.json()).startswith("No data found")


@each_api
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic eDp5"])
def test_without_a_token_nothing_is_told(jira_like: JiraLike, api: str, authorization: str | None) -> None:
    row = BY_API[api]
    headers = {"Authorization": authorization} if authorization else {}
    for base in (jira_like.gateway(api), jira_like.site(api)):
        for answer in (
            requests.post(f"{base}/bulk", json=row.body(row.make()), headers=headers),
            requests.get(base + row.where(), headers=headers),
            requests.delete(base + row.where(), headers=headers),
        ):
            assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})
    assert row.read(jira_like) is None


def test_the_cloud_id_is_told_to_anybody(jira_like: JiraLike) -> None:
    assert requests.get(f"{jira_like.url}/_edge/tenant_info").json()["cloudId"] == jira_like.cloud_id


@pytest.mark.parametrize("path", ["/jira/devinfo/0.10/cloud/{cloud}", "/rest/devinfo/0.1"])
def test_devinfo_has_a_version_of_its_own_on_each_family_of_paths(jira_like: JiraLike, path: str) -> None:
    row = BY_API["devinfo"]
    address = jira_like.url + path.format(cloud=jira_like.cloud_id)
    assert jira_like.ask("POST", f"{address}/bulk", row.body(row.make())).status_code == 404


@each_api
def test_another_cloud_id_leads_nowhere(jira_like: JiraLike, api: str) -> None:
    row = BY_API[api]
    elsewhere = jira_like.gateway(api).replace(jira_like.cloud_id, "nowhere")
    assert jira_like.ask("POST", f"{elsewhere}/bulk", row.body(row.make())).status_code in (403, 404)


@pytest.mark.parametrize(
    ("api", "method", "path"),
    [
        *((api, method, "/bulk") for api in BY_API for method in ("GET", "DELETE", "PUT")),
        *((api, "POST", "/bulkByProperties?a=1") for api in BY_API),
        ("devinfo", "POST", "/existsByProperties?a=1"),
        ("deployments", "POST", "/pipelines/p/environments/e/deployments/1"),
        ("builds", "PUT", "/pipelines/p/builds/1"),
    ],
)
def test_a_known_path_takes_its_own_methods_only(jira_like: JiraLike, api: str, method: str, path: str) -> None:
    assert jira_like.ask(method, jira_like.gateway(api) + path).status_code == 405


@pytest.mark.parametrize("api", ["deployments", "builds"])
def test_only_devinfo_tells_whether_anything_exists(jira_like: JiraLike, api: str) -> None:
    assert jira_like.get(api, "/existsByProperties", a="1").status_code == 404


IDS = ["group/project", "a/b/c", "50%", "a b", "?x=1", "über", "%2F", "x#y", "a+b", "..", "a\\b", "x" * 255]


def _quoted(ident: str) -> str:
    unreserved = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~"
    return "".join(chr(byte) if byte in unreserved else f"%{byte:02X}" for byte in ident.encode())


@pytest.mark.parametrize("ident", IDS)
def test_an_id_in_a_path_may_have_any_character_when_it_is_escaped(jira_like: JiraLike, ident: str) -> None:
    pipeline = {"id": ident, "displayName": "p", "url": "https://ci.example.com"}
    environment = {"id": ident, "displayName": "e", "type": "testing"}
    deployed = DEPLOYMENT.make(pipeline=pipeline, environment=environment)
    built = BY_API["builds"].make(pipelineId=ident)
    jira_like.post("deployments", DEPLOYMENT.body(deployed))
    jira_like.post("builds", BY_API["builds"].body(built))
    paths: dict[str, tuple[str, Any]] = {
        "deployments": (f"/pipelines/{_quoted(ident)}/environments/{_quoted(ident)}/deployments/1", deployed),
        "builds": (f"/pipelines/{_quoted(ident)}/builds/1", built),
    }
    for api, (path, sent) in paths.items():
        assert jira_like.get(api, path).json() == sent
        assert jira_like.delete(api, path).status_code == 202
        assert jira_like.get(api, path).status_code == 404


@pytest.mark.parametrize("number", ["x", "1.0", "9" * 30, "-", "%D9%A1", "0x1"])
def test_a_number_that_is_none_leads_nowhere(jira_like: JiraLike, number: str) -> None:
    for api, path in (("deployments", "/pipelines/p/environments/e/deployments/"), ("builds", "/pipelines/p/builds/")):
        assert jira_like.get(api, path + number).status_code == 404
