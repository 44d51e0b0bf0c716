"""Deleting: by key, by repository, by properties. Nothing that is not there is an error."""

from typing import Any

import pytest

from .conftest import JiraLike
from .rows import BRANCH, BY_API, COMMIT, PULL_REQUEST, REPOSITORY, ROWS, Row, message_of

each_kind = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
each_api = pytest.mark.parametrize("api", BY_API)
PARTS = (COMMIT, BRANCH, PULL_REQUEST)


def held(jira: JiraLike, row: Row, *numbers: int) -> list[int]:
    return [number for number in numbers if row.read(jira, number) is not None]


@each_kind
def test_one_goes_by_its_key_and_the_others_stay(jira_like: JiraLike, row: Row) -> None:
    jira_like.post(row.api, row.body(row.make(1), row.make(2)))
    answer = jira_like.delete(row.api, row.where(1))
    assert (answer.status_code, answer.content) == (202, b"")
    assert held(jira_like, row, 1, 2) == [2]


@each_kind
def test_deleting_what_is_not_there_is_accepted(jira_like: JiraLike, row: Row) -> None:
    assert jira_like.delete(row.api, row.where(7)).status_code == 202


@each_kind
def test_what_was_deleted_can_be_submitted_again(jira_like: JiraLike, row: Row) -> None:
    jira_like.post(row.api, row.body(row.make(sequence=5)))
    jira_like.delete(row.api, row.where())
    jira_like.post(row.api, row.body(row.make(sequence=5, again=True)))
    found = row.read(jira_like)
    assert found is not None
    assert found["again"]


@pytest.mark.parametrize("kept", ROWS[:2], ids=lambda row: row.kind)
def test_an_update_sequence_number_is_ignored(jira_like: JiraLike, kept: Row) -> None:
    jira_like.post(kept.api, kept.body(kept.make(1, 5), kept.make(2, 5), properties={"a": "1"}))
    assert jira_like.delete(kept.api, kept.where(1), _updateSequenceNumber=1).status_code == 202
    assert held(jira_like, kept, 1, 2) == [2]
    assert jira_like.delete(kept.api, "/bulkByProperties", a="1", _updateSequenceNumber=1).status_code == 202
    assert held(jira_like, kept, 2) == []


def test_a_repository_takes_along_what_is_in_it(jira_like: JiraLike) -> None:
    for row in PARTS:
        jira_like.post("devinfo", row.body(row.make()))
    jira_like.post("devinfo", REPOSITORY.body(REPOSITORY.make()))
    assert jira_like.delete("devinfo", "/repository/home").status_code == 202
    assert jira_like.get("devinfo", "/repository/home").status_code == 404
    # Were the parts only hidden, they would be back with the repository.
    jira_like.post("devinfo", REPOSITORY.body({**REPOSITORY.make(sequence=2), "id": "home"}))
    assert [row.read(jira_like) for row in PARTS] == [None, None, None]
    assert held(jira_like, REPOSITORY, 1) == [1]


@pytest.mark.parametrize("word", ["commits", "pullRequest", "repository", "x"])
def test_an_unknown_type_of_entity_is_refused(jira_like: JiraLike, word: str) -> None:
    answer = jira_like.delete("devinfo", f"/repository/home/{word}/x1")
    assert answer.status_code == 400
    assert message_of("devinfo", answer.json())


@pytest.mark.parametrize("row", [REPOSITORY, *PARTS], ids=lambda row: row.kind)
@pytest.mark.parametrize(("up_to", "goes"), [(4, False), (5, True), (6, True)])
def test_what_is_beyond_the_update_sequence_id_stays(jira_like: JiraLike, row: Row, up_to: int, goes: bool) -> None:
    jira_like.post("devinfo", row.body(row.make(sequence=5)))
    assert jira_like.delete("devinfo", row.where(), _updateSequenceId=up_to).status_code == 202
    assert held(jira_like, row, 1) == ([] if goes else [1])


@pytest.mark.parametrize("path", ["/repository/x1", "/repository/home/commit/x1", "/bulkByProperties?a=1"])
@pytest.mark.parametrize("text", ["x", "", "1.5"])
def test_an_update_sequence_id_that_is_no_number_is_refused(jira_like: JiraLike, path: str, text: str) -> None:
    sign = "&" if "?" in path else "?"
    answer = jira_like.delete("devinfo", f"{path}{sign}_updateSequenceId={text}")
    assert answer.status_code == 400
    assert message_of("devinfo", answer.json())


@each_api
def test_what_has_all_the_properties_goes(jira_like: JiraLike, api: str) -> None:
    row = BY_API[api]
    sent: list[dict[str, Any]] = [
        {"accountId": "a", "createdBy": "u"},
        {"accountId": "a"},
        {"accountId": "b", "createdBy": "u"},
        {"accountId": "a", "createdBy": "u", "more": "x"},
        {},
    ]
    for number, properties in enumerate(sent, 1):
        jira_like.post(api, row.body(row.make(number), properties=properties))
    answer = jira_like.delete(api, "/bulkByProperties", accountId="a", createdBy="u")
    assert (answer.status_code, answer.content) == (202, b"")
    assert held(jira_like, row, 1, 2, 3, 4, 5) == [2, 3, 5]


@each_api
def test_one_apis_properties_are_not_anothers(jira_like: JiraLike, api: str) -> None:
    for row in BY_API.values():
        jira_like.post(row.api, row.body(row.make(), properties={"a": "1"}))
    jira_like.delete(api, "/bulkByProperties", a="1")
    assert {name: held(jira_like, row, 1) for name, row in BY_API.items()} == {
        name: [] if name == api else [1] for name in BY_API
    }


@each_api
def test_values_are_escaped_and_numbers_are_their_text(jira_like: JiraLike, api: str) -> None:
    row = BY_API[api]
    jira_like.post(api, row.body(row.make(1), properties={"team": "a b&c=ü/+"}))
    jira_like.post(api, row.body(row.make(2), properties={"installationId": 7}))
    jira_like.delete(api, "/bulkByProperties", team="a b&c=ü/+")
    assert held(jira_like, row, 1, 2) == [2]
    jira_like.delete(api, "/bulkByProperties", installationId="7")
    assert held(jira_like, row, 2) == []


@each_api
def test_the_newest_versions_properties_count(jira_like: JiraLike, api: str) -> None:
    row = BY_API[api]
    jira_like.post(api, row.body(row.make(sequence=1), properties={"a": "1"}))
    jira_like.post(api, row.body(row.make(sequence=2), properties={"a": "2"}))
    jira_like.delete(api, "/bulkByProperties", a="1")
    assert held(jira_like, row, 1) == [1]
    jira_like.delete(api, "/bulkByProperties", a="2")
    assert held(jira_like, row, 1) == []


@pytest.mark.parametrize(
    ("api", "query"),
    [
        *((api, "") for api in BY_API),
        ("deployments", "?_updateSequenceNumber=5"),
        ("builds", "?_updateSequenceNumber=5"),
        ("devinfo", "?_updateSequenceId=5"),
        ("devinfo", "?a=1&a=2"),
    ],
)
def test_an_empty_set_and_devinfos_repeated_key_are_refused(jira_like: JiraLike, api: str, query: str) -> None:
    row = BY_API[api]
    jira_like.post(api, row.body(row.make(), properties={"a": "1"}))
    answers = [jira_like.delete(api, f"/bulkByProperties{query}")]
    if api == "devinfo":
        answers.append(jira_like.get(api, f"/existsByProperties{query}"))
    for answer in answers:
        assert answer.status_code == 400
        assert message_of(api, answer.json())
    assert held(jira_like, row, 1) == [1]


@pytest.mark.parametrize("api", ["deployments", "builds"])
def test_two_values_of_one_property_match_nothing(jira_like: JiraLike, api: str) -> None:
    row = BY_API[api]
    jira_like.post(api, row.body(row.make(1), properties={"a": "1"}))
    jira_like.post(api, row.body(row.make(2), properties={"a": "2"}))
    jira_like.delete(api, "/bulkByProperties?a=1&a=2")
    assert held(jira_like, row, 1, 2) == [1, 2]


def test_parts_of_a_repository_go_by_their_own_properties(jira_like: JiraLike) -> None:
    jira_like.post("devinfo", COMMIT.body(COMMIT.make(1), properties={"a": "1"}))
    jira_like.post("devinfo", COMMIT.body(COMMIT.make(2), properties={"a": "2"}))
    jira_like.delete("devinfo", "/bulkByProperties", a="2")
    assert held(jira_like, COMMIT, 1, 2) == [1]


def test_a_repository_that_has_the_properties_takes_along_what_is_in_it(jira_like: JiraLike) -> None:
    jira_like.post("devinfo", COMMIT.body(COMMIT.make(1), properties={"a": "1"}))
    jira_like.post("devinfo", COMMIT.body(COMMIT.make(2), properties={"a": "2"}))
    jira_like.delete("devinfo", "/bulkByProperties", a="1")
    jira_like.post("devinfo", REPOSITORY.body({**REPOSITORY.make(sequence=2), "id": "home"}))
    assert held(jira_like, COMMIT, 1, 2) == []


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("?a=1", True),
        ("?a=1&b=2", True),
        ("?a=1&b=3", False),
        ("?c=1", False),
        ("?a=1&_updateSequenceId=5", True),
        ("?a=1&_updateSequenceId=4", False),
    ],
)
def test_whether_anything_has_the_properties(jira_like: JiraLike, query: str, there: bool) -> None:
    body = REPOSITORY.body(
        REPOSITORY.make(sequence=5, commits=[COMMIT.make(sequence=5)]), properties={"a": "1", "b": "2"}
    )
    jira_like.post("devinfo", body)
    answer = jira_like.get("devinfo", f"/existsByProperties{query}")
    assert (answer.status_code, answer.json()) == (200, {"hasDataMatchingProperties": there})


def test_a_repository_is_given_with_its_four_hundred_most_recent_entities(jira_like: JiraLike) -> None:
    sent = [COMMIT.make(number, number) for number in range(1, 401)]
    jira_like.post("devinfo", COMMIT.body(*sent[:200]))
    jira_like.post("devinfo", COMMIT.body(*sent[200:]))
    jira_like.post("devinfo", PULL_REQUEST.body(PULL_REQUEST.make(1, 401)))
    found = jira_like.get("devinfo", "/repository/home").json()
    assert (len(found["commits"]), len(found["pullRequests"])) == (399, 1)
    assert "x400" in {entity["id"] for entity in found["commits"]}
