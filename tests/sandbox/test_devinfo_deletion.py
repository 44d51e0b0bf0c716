"""Deleting development information: an entity, a repository with all in it, by properties, up to a sequence."""

from typing import Any

import pytest
import requests

from tests.sandbox.samples import branch, commit, devinfo, pull_request, repository
from tests.sandbox.test_devinfo import held
from tests.sandbox_process import Sandbox

Found = set[tuple[str, ...]]


def submit(sandbox: Sandbox, *repositories: dict[str, Any], **properties: str) -> None:
    body = devinfo(*repositories, properties=properties)
    assert sandbox.client().post(f"{sandbox.base('devinfo')}/bulk", json=body).status_code == 202


def delete(sandbox: Sandbox, path: str) -> requests.Response:
    return sandbox.client().delete(sandbox.base("devinfo") + path)


def exists(sandbox: Sandbox, query: str) -> requests.Response:
    return sandbox.client().get(f"{sandbox.base('devinfo')}/existsByProperties{query}")


def whole(ident: str = "repo-1") -> dict[str, Any]:
    return repository(ident, commits=[commit("x")], branches=[branch("x")], pullRequests=[pull_request("x")])


@pytest.mark.parametrize("kind", ["commit", "branch", "pull_request"])
def test_an_entity_goes_alone(sandbox: Sandbox, kind: str) -> None:
    submit(sandbox, whole(), whole("repo-2"))
    before = held(sandbox)
    answer = delete(sandbox, f"/repository/repo-1/{kind}/x")
    assert (answer.status_code, answer.content) == (202, b"")
    assert before - held(sandbox) == {(kind, "repo-1", "x")}


@pytest.mark.parametrize("kind", ["commits", "pullRequest", "repository", "deployment", "x"])
def test_an_unknown_type_is_refused_in_devinfos_shape(sandbox: Sandbox, kind: str) -> None:
    submit(sandbox, whole())
    answer = delete(sandbox, f"/repository/repo-1/{kind}/x")
    assert (answer.status_code, list(answer.json())) == (400, ["errorMessages"])
    assert len(held(sandbox)) == 4


def test_a_repository_goes_with_all_that_is_in_it(sandbox: Sandbox) -> None:
    submit(sandbox, whole(), whole("repo-2"))
    assert delete(sandbox, "/repository/repo-1").status_code == 202
    assert {key[1] for key in held(sandbox)} == {"repo-2"}
    assert sandbox.client().get(f"{sandbox.base('devinfo')}/repository/repo-1").status_code == 404


@pytest.mark.parametrize("path", ["/repository/none", "/repository/none/commit/x", "/bulkByProperties?a=1"])
def test_deleting_nothing_is_accepted_too(sandbox: Sandbox, path: str) -> None:
    assert delete(sandbox, path).status_code == 202


@pytest.mark.parametrize(("up_to", "goes"), [(4, False), (5, True), (6, True), (10**19 - 1, True), (-1, False)])
@pytest.mark.parametrize("path", ["/repository/repo-1/commit/x?", "/repository/repo-1?", "/bulkByProperties?a=1&"])
def test_what_is_beyond_the_update_sequence_stays(sandbox: Sandbox, path: str, up_to: int, goes: bool) -> None:
    submit(sandbox, repository(sequence=5, commits=[commit("x", 5)]), a="1")
    assert delete(sandbox, f"{path}_updateSequenceId={up_to}").status_code == 202
    assert (("commit", "repo-1", "x") not in held(sandbox)) is goes


@pytest.mark.parametrize("text", ["x", "", "1.5", "١", "9" * 30])
@pytest.mark.parametrize("path", ["/repository/repo-1/commit/x?", "/repository/repo-1?", "/bulkByProperties?a=1&"])
def test_an_update_sequence_that_is_no_number_is_refused(sandbox: Sandbox, path: str, text: str) -> None:
    submit(sandbox, whole(), a="1")
    answer = delete(sandbox, f"{path}_updateSequenceId={text}")
    assert (answer.status_code, list(answer.json()), len(held(sandbox))) == (400, ["errorMessages"], 4)


def test_what_has_all_the_properties_goes(sandbox: Sandbox) -> None:
    submit(sandbox, repository("one", commits=[commit("x")]), a="1", b="2")
    submit(sandbox, repository("two", commits=[commit("x")]), a="1")
    assert delete(sandbox, "/bulkByProperties?a=1&b=2").status_code == 202
    assert held(sandbox) == {("repository", "two"), ("commit", "two", "x")}


def test_a_repository_that_has_the_properties_takes_along_what_is_in_it(sandbox: Sandbox) -> None:
    submit(sandbox, repository(sequence=1, commits=[commit("old")]), a="1")
    submit(sandbox, repository(sequence=1, commits=[commit("new")]), a="2")
    delete(sandbox, "/bulkByProperties?a=2")
    assert held(sandbox) == {("repository", "repo-1"), ("commit", "repo-1", "old")}
    submit(sandbox, repository(sequence=1, commits=[commit("new")]), a="2")
    delete(sandbox, "/bulkByProperties?a=1")
    assert held(sandbox) == set()


@pytest.mark.parametrize("query", ["", "?_updateSequenceId=5", "?a=1&a=2", "?a=1&b=2&a=1"])
def test_no_property_and_a_repeated_one_are_refused(sandbox: Sandbox, query: str) -> None:
    submit(sandbox, whole(), a="1")
    for answer in (delete(sandbox, f"/bulkByProperties{query}"), exists(sandbox, query)):
        assert (answer.status_code, list(answer.json())) == (400, ["errorMessages"])
    assert len(held(sandbox)) == 4


def test_whether_anything_has_the_properties(sandbox: Sandbox) -> None:
    submit(sandbox, repository(sequence=5, commits=[commit("x", 7)]), a="1", b="2")
    found = {
        query: exists(sandbox, query).json()["hasDataMatchingProperties"]
        for query in (
            "?a=1",
            "?a=1&b=2",
            "?a=1&b=3",
            "?c=1",
            "?a=1&_updateSequenceId=5",
            "?a=1&_updateSequenceId=4",
        )
    }
    assert list(found.values()) == [True, True, False, False, True, False]
    assert exists(sandbox, "?a=1&_updateSequenceId=x").status_code == 400


def test_a_deletion_waits_its_turn_behind_what_came_before(sandbox: Sandbox) -> None:
    sandbox.settings(delay=60)
    submit(sandbox, whole(), a="1")
    assert exists(sandbox, "?a=1").json() == {"hasDataMatchingProperties": False}
    delete(sandbox, "/repository/repo-1")
    submit(sandbox, repository(commits=[commit("later")]))
    assert held(sandbox) == {("repository", "repo-1"), ("commit", "repo-1", "later")}


def test_another_credentials_data_stay(sandbox: Sandbox) -> None:
    submit(sandbox, whole(), a="1")
    app = sandbox.connect_client()
    app.delete(f"{sandbox.site('devinfo')}/repository/repo-1")
    app.delete(f"{sandbox.site('devinfo')}/bulkByProperties?a=1")
    assert app.get(f"{sandbox.site('devinfo')}/existsByProperties?a=1").json() == {"hasDataMatchingProperties": False}
    assert len(held(sandbox)) == 4
