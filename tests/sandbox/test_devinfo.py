"""Development information: repositories, and the commits, branches and pull requests in them."""

from typing import Any

import pytest
import requests

from tests.sandbox.samples import branch, commit, devinfo, pull_request, repository
from tests.sandbox_process import Sandbox

WHERE = "/repository/repo-1"
KINDS = ("repository", "commit", "branch", "pull_request")
ARRAYS = {"commit": "commits", "branch": "branches", "pull_request": "pullRequests"}
MADE = {"commit": commit, "branch": branch, "pull_request": pull_request}


def submit(sandbox: Sandbox, *repositories: dict[str, Any], **around: Any) -> requests.Response:
    return sandbox.client().post(f"{sandbox.base('devinfo')}/bulk", json=devinfo(*repositories, **around))


def read(sandbox: Sandbox, ident: str = "repo-1") -> requests.Response:
    return sandbox.client().get(f"{sandbox.base('devinfo')}/repository/{ident}")


def held(sandbox: Sandbox) -> set[tuple[str | int, ...]]:
    """The kind and the key of everything that it holds."""
    return {(kind, *key) for kind in KINDS for key in sandbox.held(kind=kind)}


def whole(ident: str = "repo-1", sequence: int = 1) -> dict[str, Any]:
    """A repository with one entity of each type."""
    found = {ARRAYS[kind]: [make(sequence=sequence)] for kind, make in MADE.items()}
    return repository(ident, sequence, **found)


def test_a_repository_is_read_with_its_entities(sandbox: Sandbox) -> None:
    sent = whole()
    sent["commits"][0]["surprise"] = 1
    answer = submit(sandbox, sent, properties={"accountId": "1"})
    assert answer.status_code == 202
    assert answer.json() == {
        "acceptedDevinfoEntities": {"repo-1": {"commits": ["c1"], "branches": ["b1"], "pullRequests": ["p1"]}},
        "failedDevinfoEntities": {},
        "unknownIssueKeys": [],
        "unknownAssociations": [],
    }
    for base in (sandbox.base("devinfo"), sandbox.site("devinfo")):
        assert sandbox.client().get(base + WHERE).json() == sent


@pytest.mark.parametrize("path", ["/rest/devinfo/0.1", "/jira/devinfo/0.10/cloud/{cloud}"])
def test_each_family_of_paths_has_a_version_of_its_own(sandbox: Sandbox, path: str) -> None:
    wrong = sandbox.url + path.format(cloud=sandbox.cloud_id)
    assert sandbox.client().post(f"{wrong}/bulk", json=devinfo(whole())).status_code == 404


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize(("sequence", "stays"), [(4, 5), (5, 5), (6, 6)])
def test_each_entity_has_a_sequence_of_its_own(sandbox: Sandbox, kind: str, sequence: int, stays: int) -> None:
    make = MADE[kind]
    submit(sandbox, repository(sequence=9, name="first", **{ARRAYS[kind]: [make(sequence=5)]}))
    answer = submit(sandbox, repository(sequence=8, name="second", **{ARRAYS[kind]: [make(sequence=sequence)]}))
    assert answer.json()["acceptedDevinfoEntities"]["repo-1"][ARRAYS[kind]] == [make()["id"]]
    assert [found["sequence"] for found in sandbox.held(kind=kind).values()] == [stays]
    assert [found["payload"]["name"] for found in sandbox.held(kind="repository").values()] == ["first"]


def test_an_update_of_a_repository_leaves_its_entities(sandbox: Sandbox) -> None:
    submit(sandbox, whole())
    submit(sandbox, repository(sequence=2, name="renamed"))
    found = read(sandbox).json()
    assert (found["name"], len(found["commits"]), len(found["branches"]), len(found["pullRequests"])) == (
        "renamed",
        1,
        1,
        1,
    )


def test_what_names_unknown_issues_only_is_neither_failed_nor_stored(sandbox: Sandbox) -> None:
    named = [{"associationType": "issueIdOrKeys", "values": ["ZZZ-2"]}]
    sent = repository(
        commits=[commit("c1"), commit("c2", issueKeys=["ZZZ-1"])], branches=[branch(issueKeys=None, associations=named)]
    )
    answer = submit(sandbox, sent).json()
    assert answer["acceptedDevinfoEntities"] == {"repo-1": {"commits": ["c1"], "branches": [], "pullRequests": []}}
    assert answer["failedDevinfoEntities"] == {}
    assert answer["unknownIssueKeys"] == ["ZZZ-1"]
    assert answer["unknownAssociations"] == [{"associationType": "issueIdOrKeys", "values": ["ZZZ-2"]}]
    assert held(sandbox) == {("repository", "repo-1"), ("commit", "repo-1", "c1")}


def test_a_faulty_entity_fails_alone_and_a_faulty_repository_with_its_entities(sandbox: Sandbox) -> None:
    answer = submit(
        sandbox,
        repository("one", commits=[commit("c1", url=None), commit("c2")]),
        repository("two", name=None, commits=[commit("c3")]),
    ).json()
    assert answer["acceptedDevinfoEntities"] == {"one": {"commits": ["c2"], "branches": [], "pullRequests": []}}
    failed = answer["failedDevinfoEntities"]
    (fault,) = failed["one"]["commits"]
    assert (fault["id"], fault["errorMessages"][0]["message"]) == ("c1", "'url' is required")
    assert failed["two"]["errorMessages"][0]["message"] == "'name' is required"
    assert [entry["id"] for entry in failed["two"]["commits"]] == ["c3"]
    assert held(sandbox) == {("repository", "one"), ("commit", "one", "c2")}


def test_the_same_id_may_be_in_two_repositories_and_in_two_types(sandbox: Sandbox) -> None:
    for ident in ("one", "two"):
        submit(sandbox, repository(ident, commits=[commit("x")], branches=[branch("x")]))
    assert len(held(sandbox)) == 6


@pytest.mark.parametrize(
    ("repositories", "message"),
    [
        ([], "'repositories' must have at least 1 element"),
        ([repository(), repository()], "The repository 'repo-1' is there more than once"),
        ([repository(f"r{n}") for n in range(101)], "'repositories' can have a maximum of 100 elements"),
        ([repository(commits=[commit("c"), commit("c")])], "'repositories[0].commits' has the id 'c' more than once"),
        (
            [repository(commits=[commit(f"c{n}") for n in range(401)])],
            "'repositories[0].commits' can have a maximum of 400 elements",
        ),
        (
            [repository(f"r{r}", commits=[commit(f"c{n}") for n in range(n)]) for r, n in enumerate((400, 400, 201))],
            "A request can have a maximum of 1000 development information entities",
        ),
        ([repository(branches=[branch("feature/x")])], "devInformation.repository.branch.id.invalid"),
        (
            [repository(commits=[commit(associations=[{"associationType": "issueIdOrKeys", "values": ["SHOP-1"]}])])],
            "issueKeys and associations are mutually exclusive.",
        ),
    ],
)
def test_what_fails_the_whole_request_is_said_in_devinfos_shape(
    sandbox: Sandbox, repositories: list[dict[str, Any]], message: str
) -> None:
    answer = submit(sandbox, *repositories)
    assert answer.status_code == 400
    (error,) = answer.json()["errorMessages"]
    assert error["message"].startswith(message)
    assert error["errorTraceId"]
    assert held(sandbox) == set()


def test_a_thousand_entities_in_a_hundred_repositories_are_taken(sandbox: Sandbox) -> None:
    sent = [repository(f"r{r}", commits=[commit(f"c{n}") for n in range(10)]) for r in range(100)]
    assert submit(sandbox, *sent).status_code == 202
    assert len(held(sandbox)) == 1100


def test_too_large_is_said_in_devinfos_shape_too(sandbox: Sandbox) -> None:
    sandbox.settings(bulk_limit=2)
    answer = submit(sandbox, whole())
    assert (answer.status_code, "devinfo entities" in answer.json()["errorMessages"][0]["message"]) == (413, True)
    sandbox.settings(bulk_limit=1000, faults="500=1")
    assert list(submit(sandbox, whole()).json()) == ["errorMessages"]


def test_a_repository_shows_its_four_hundred_most_recent_entities(sandbox: Sandbox) -> None:
    submit(sandbox, repository(commits=[commit(f"c{n}", n) for n in range(400)], branches=[branch("b", 999)]))
    submit(sandbox, repository(pullRequests=[pull_request("p", 0)]))
    found = read(sandbox).json()
    assert [entity["id"] for entity in found["commits"]] == [f"c{n}" for n in range(399, 0, -1)]
    assert ([entity["id"] for entity in found["branches"]], found["pullRequests"]) == (["b"], [])


def test_a_long_message_is_cut_as_jira_does(sandbox: Sandbox) -> None:
    submit(sandbox, repository(commits=[commit(message="x" * 2000)]))
    assert len(read(sandbox).json()["commits"][0]["message"]) == 1024


def test_there_is_no_repository_until_one_is_sent(sandbox: Sandbox) -> None:
    answer = read(sandbox)
    assert (answer.status_code, list(answer.json())) == (404, ["errorMessages"])
