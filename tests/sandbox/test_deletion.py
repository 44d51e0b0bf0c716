"""Reading and deleting, by key and by properties."""

from urllib.parse import quote

import pytest
import requests

from tests.sandbox.samples import WHERE, bulk, deployment
from tests.sandbox_process import Sandbox


def send(client: requests.Session, sandbox: Sandbox, number: int, **properties: str) -> None:
    answer = client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(number), properties=properties))
    assert answer.status_code == 202


def numbers(sandbox: Sandbox) -> list[int]:
    return sorted(int(key[-1]) for key in sandbox.held())


def test_a_deleted_deployment_is_gone_and_may_come_back_with_any_sequence(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(sequence=9)))
    answer = client.delete(sandbox.gateway + WHERE)
    assert (answer.status_code, answer.content) == (202, b"")
    assert client.get(sandbox.gateway + WHERE).status_code == 404
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(sequence=1)))
    assert client.get(sandbox.gateway + WHERE).status_code == 200


def test_deleting_nothing_is_accepted_too(sandbox: Sandbox) -> None:
    assert sandbox.client().delete(sandbox.gateway + WHERE).status_code == 202


@pytest.mark.parametrize("ident", ["a/b", "50%", "a b", "?x", "über", "%2F", "..", "#", "+"])
def test_ids_are_unescaped_part_by_part(sandbox: Sandbox, ident: str) -> None:
    client = sandbox.client()
    sent = deployment(
        pipeline={"id": ident, "displayName": "p", "url": "https://ci.example.com"},
        environment={"id": f"{ident}/e", "displayName": "e", "type": "testing"},
    )
    client.post(f"{sandbox.gateway}/bulk", json=bulk(sent))
    parts = quote(ident, safe="").replace(".", "%2E"), quote(f"{ident}/e", safe="")
    where = f"{sandbox.gateway}/pipelines/{parts[0]}/environments/{parts[1]}/deployments/100"
    request = requests.Request("GET", where).prepare()
    request.url = where
    request.headers.update({"Authorization": str(client.headers["Authorization"])})
    assert client.send(request).json() == sent


@pytest.mark.parametrize("number", ["x", "1.0", "", "9" * 30, "-", "\u0661"])
def test_a_number_that_is_none_leads_nowhere(sandbox: Sandbox, number: str) -> None:
    where = WHERE.replace("100", quote(number))
    assert sandbox.client().get(sandbox.gateway + where).status_code == 404


def test_what_has_all_the_properties_is_deleted(sandbox: Sandbox) -> None:
    client = sandbox.client()
    send(client, sandbox, 1, accountId="a", createdBy="u")
    send(client, sandbox, 2, accountId="a")
    send(client, sandbox, 3, accountId="b", createdBy="u", more="x")
    send(client, sandbox, 4, accountId="a", createdBy="u", more="x")
    assert client.delete(f"{sandbox.gateway}/bulkByProperties?accountId=a&createdBy=u").status_code == 202
    assert numbers(sandbox) == [2, 3]


def test_the_newest_versions_properties_count(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(sequence=1), properties={"a": "1"}))
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(sequence=2), properties={"a": "2"}))
    client.delete(f"{sandbox.gateway}/bulkByProperties?a=1")
    assert numbers(sandbox) == [100]


def test_a_number_as_property_is_found_by_its_text(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(), properties={"installationId": 7}))
    client.delete(f"{sandbox.gateway}/bulkByProperties?installationId=7")
    assert numbers(sandbox) == []


def test_values_in_the_query_are_unescaped(sandbox: Sandbox) -> None:
    client = sandbox.client()
    send(client, sandbox, 1, team="a b&c=ü")
    client.delete(f"{sandbox.gateway}/bulkByProperties", params={"team": "a b&c=ü"})
    assert numbers(sandbox) == []


@pytest.mark.parametrize("query", ["", "?", "?_updateSequenceNumber=5"])
def test_without_a_property_nothing_is_deleted(sandbox: Sandbox, query: str) -> None:
    client = sandbox.client()
    send(client, sandbox, 1)
    answer = client.delete(f"{sandbox.gateway}/bulkByProperties{query}")
    assert (answer.status_code, isinstance(answer.json(), list)) == (400, True)
    assert numbers(sandbox) == [1]


def test_the_update_sequence_number_is_ignored(sandbox: Sandbox) -> None:
    client = sandbox.client()
    send(client, sandbox, 1, a="1")
    assert client.delete(f"{sandbox.gateway}/bulkByProperties?a=1&_updateSequenceNumber=0").status_code == 202
    assert numbers(sandbox) == []


def test_a_deletion_waits_its_turn_behind_what_came_before(sandbox: Sandbox) -> None:
    client = sandbox.client()
    sandbox.settings(delay=60)
    send(client, sandbox, 1, a="1")
    client.delete(f"{sandbox.gateway}/bulkByProperties?a=1")
    send(client, sandbox, 2, a="1")
    assert numbers(sandbox) == [2]


def test_gating_has_no_data(sandbox: Sandbox) -> None:
    answer = sandbox.client().get(f"{sandbox.gateway}{WHERE}/gating-status")
    assert (answer.status_code, answer.json()[0]["message"]) == (404, "No data found for the given deployment ID.")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/bulk", "POST"), ("POST", "/bulkByProperties", "DELETE"), ("PUT", WHERE, "GET, DELETE")],
)
def test_a_wrong_method_is_told_the_right_ones(sandbox: Sandbox, method: str, path: str, allowed: str) -> None:
    answer = sandbox.client().request(method, sandbox.gateway + path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
