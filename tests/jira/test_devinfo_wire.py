"""What the development information API takes: every limit from both sides, and how each fault is said."""

from collections.abc import Callable
from typing import Any

import pytest

from devops_sync.jira import wire
from tests.payloads import MISSING, branch, bulk_of, commit, issues, pull_request, repository

Made = dict[str, Any]
KEYS = [f"AB-{n}" for n in range(501)]
FILE = {"path": "a", "url": "https://git.example/a", "changeType": "ADDED", "linesAdded": 0, "linesRemoved": 0}
ARRAYS: dict[Callable[..., Made], str] = {commit: "commits", branch: "branches", pull_request: "pullRequests"}


def url(length: int) -> str:
    return "https://git.example/".ljust(length, "x")


def read(*repositories: Made, **around: Any) -> wire.Bulk:
    return wire.read_devinfo(bulk_of("devinfo", *repositories, **around))


def fault(make: Callable[..., Made], changes: Made) -> str:
    """What is said against an entity; of a repository against itself."""
    made = {name: value for name, value in {**make(), **changes}.items() if value is not MISSING}
    return read(made if make is repository else repository(**{ARRAYS[make]: [made]})).items[-1].fault


def malformed(*repositories: Made, **around: Any) -> str:
    with pytest.raises(wire.Malformed) as refused:
        read(*repositories, **around)
    assert refused.value.status == 400
    return refused.value.message


# What makes it, the field, a value at the limit, one beyond it, what is said then.
LIMITS: list[tuple[Callable[..., Made], str, Any, Any, str]] = [
    (repository, "name", "x" * 255, "x" * 256, "'name' can have a maximum of 255 characters"),
    (repository, "url", url(2000), url(2001), "'url' can have a maximum of 2000 characters"),
    (repository, "description", "x" * 1024, "x" * 1025, "'description' can have a maximum of 1024 characters"),
    (repository, "forkOf", "x" * 1024, "x" * 1025, "'forkOf' can have a maximum of 1024 characters"),
    (repository, "avatar", url(2000), url(2001), "'avatar' can have a maximum of 2000 characters"),
    (repository, "avatarDescription", "x" * 1024, "x" * 1025, "'avatarDescription' can have a maximum of 1024"),
    (repository, "updateSequenceId", 2**63 - 1, 2**63, "'updateSequenceId' must be a whole number of 64 bits"),
    (repository, "id", "x" * 1024, "x" * 1025, "'id' can have a maximum of 1024 characters"),
    (repository, "id", "Az09~.-_", "a/b", "'id' can only have the characters"),
    *((make, "url", url(2000), url(2001), "'url' can have a maximum of 2000 characters") for make in ARRAYS),
    *((make, "updateSequenceId", 1, "1", "'updateSequenceId' must be a whole number, not a text") for make in ARRAYS),
    *((make, "issueKeys", KEYS[:500], KEYS, "Too many issue keys in entity") for make in ARRAYS),
    *((make, "issueKeys", ["ÄB_1-2"], ["1A-2"], "'issueKeys' has '1A-2', which is no issue key") for make in ARRAYS),
    *((make, "issueKeys", ["AB-1"], [], "'associations' or 'issueKeys' is required") for make in ARRAYS),
    *((make, "id", "x" * 1024, "x" * 1025, "'id' can have a maximum of 1024 characters") for make in ARRAYS),
    *((make, "id", 7, "", "'id' must not be empty") for make in ARRAYS),
    (commit, "id", "Az09~.-_", "a/b", "'id' can only have the characters"),
    (pull_request, "id", "Az09~.-_", "#7", "'id' can only have the characters"),
    (commit, "fileCount", 0, -1, "'fileCount' must be 0 or more"),
    (commit, "displayId", "x" * 255, "x" * 256, "'displayId' can have a maximum of 255 characters"),
    (commit, "hash", "x" * 255, "x" * 256, "'hash' can have a maximum of 255 characters"),
    (commit, "flags", ["MERGE_COMMIT"], ["MERGE_COMMIT"] * 2, "'flags' has a flag more than once"),
    (commit, "flags", [], ["SQUASH"], "'flags[0]' has a value that Jira does not know: 'SQUASH'"),
    (commit, "files", [FILE] * 10, [FILE] * 11, "'files' can have a maximum of 10 elements"),
    (commit, "files", [{**FILE, "path": "x" * 1024}], [{**FILE, "path": "x" * 1025}], "'files[0].path' can have a"),
    (commit, "files", [{**FILE, "url": url(2000)}], [{**FILE, "url": url(2001)}], "'files[0].url' can have a"),
    (commit, "files", [{**FILE, "changeType": "MOVED"}], [{**FILE, "changeType": "LOST"}], "'files[0].changeType'"),
    (commit, "files", [FILE], [{**FILE, "linesAdded": -1}], "'files[0].linesAdded' must be 0 or more"),
    (commit, "files", [FILE], [{**FILE, "linesRemoved": -1}], "'files[0].linesRemoved' must be 0 or more"),
    (commit, "author", {"name": "x" * 255}, {"name": "x" * 256}, "'author.name' can have a maximum of 255"),
    (commit, "author", {"email": "x" * 255}, {"email": "x" * 256}, "'author.email' can have a maximum of 255"),
    (commit, "author", {"username": "x" * 255}, {"username": "x" * 256}, "'author.username' can have a maximum of 255"),
    (commit, "author", {"url": url(2000)}, {"url": url(2001)}, "'author.url' can have a maximum of 2000"),
    (commit, "author", {"avatar": url(2000)}, {"avatar": url(2001)}, "'author.avatar' can have a maximum of 2000"),
    (branch, "name", "x" * 512, "x" * 513, "'name' can have a maximum of 512 characters"),
    (branch, "createPullRequestUrl", url(2000), url(2001), "'createPullRequestUrl' can have a maximum of 2000"),
    (branch, "lastCommit", commit(files=[FILE] * 10), commit(files=[FILE] * 11), "'lastCommit.files' can have a"),
    (branch, "lastCommit", commit(issueKeys=MISSING), commit(issueKeys=KEYS), "Too many issue keys in entity"),
    (pull_request, "title", "x" * 1024, "x" * 1025, "'title' can have a maximum of 1024 characters"),
    (pull_request, "status", "DRAFT", "open", "'status' has a value that Jira does not know: 'open'"),
    (pull_request, "commentCount", 0, -1, "'commentCount' must be 0 or more"),
    (pull_request, "displayId", "x" * 255, "x" * 256, "'displayId' can have a maximum of 255 characters"),
    (pull_request, "sourceBranch", "x" * 255, "x" * 256, "'sourceBranch' can have a maximum of 255 characters"),
    (pull_request, "sourceBranchUrl", url(2000), url(2001), "'sourceBranchUrl' can have a maximum of 2000"),
    (pull_request, "destinationBranch", "x" * 255, "x" * 256, "'destinationBranch' can have a maximum of 255"),
    (pull_request, "destinationBranchUrl", url(2000), url(2001), "'destinationBranchUrl' can have a maximum of 2000"),
    (pull_request, "reviewers", [{"email": "x" * 254}], [{"email": "x" * 255}], "'reviewers[0].email' can have a"),
    (pull_request, "reviewers", [{"accountId": "x" * 128}], [{"accountId": "x" * 129}], "'reviewers[0].accountId'"),
    (
        pull_request,
        "reviewers",
        [{"name": "n", "approvalStatus": "NEEDSWORK"}],
        [{"name": "n", "approvalStatus": "MAYBE"}],
        "'reviewers[0].approvalStatus' has a value that Jira does not know",
    ),
]


@pytest.mark.parametrize(("make", "name", "at", "beyond", "sentence"), LIMITS)
def test_an_entity_is_taken_at_a_limit_and_refused_alone_beyond_it(
    make: Callable[..., Made], name: str, at: Any, beyond: Any, sentence: str
) -> None:
    assert fault(make, {name: at}) == ""
    assert fault(make, {name: beyond}).startswith(sentence)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (repository, "name url updateSequenceId"),
        (commit, "id updateSequenceId message author fileCount url authorTimestamp displayId"),
        (branch, "id updateSequenceId name lastCommit url"),
        (pull_request, "id updateSequenceId status title author commentCount sourceBranch lastUpdate url displayId"),
    ],
)
def test_what_is_required_is_missed_by_its_name(make: Callable[..., Made], names: str) -> None:
    for name in names.split():
        assert fault(make, {name: MISSING}) == f"'{name}' is required"


def test_a_long_message_is_cut_as_jira_does_and_never_refused() -> None:
    item = read(repository(commits=[commit(message="x" * 1025)])).items[-1]
    assert (item.fault, len(item.value.message)) == ("", 1024)
    assert item.mends == ("The message was cut from 1025 to 1024 characters.",)
    assert read(repository(commits=[commit(message="x" * 1024)])).items[-1].mends == ()


def test_a_refused_repository_takes_what_lies_in_it_along() -> None:
    faults = [item.fault for item in read(repository(name="x" * 256, commits=[commit()])).items]
    assert faults[1].startswith("Its repository is refused: 'name' can have")


def commits(count: int) -> list[Made]:
    return [commit(f"c{n}") for n in range(count)]


def test_a_request_is_taken_at_its_limits() -> None:
    assert len(read(*(repository(f"r{n}") for n in range(100))).items) == 100
    read(repository("a", commits=commits(400)), repository("b", commits=commits(400)), repository("c", commits=[]))
    whole = [repository(name, commits=commits(400)) for name in "ab"] + [repository("c", commits=commits(200))]
    assert len(read(*whole).items) == 1003
    read(repository(commits=[commit("same")], branches=[branch("same")]), preventTransitions=True)
    read(repository(), operationType="BACKFILL", properties={"k" * 255: "v" * 255, "installationId": 12})


@pytest.mark.parametrize(
    ("repositories", "around", "sentence"),
    [
        ([], {}, "'repositories' must have at least 1 element"),
        ([repository(f"r{n}") for n in range(101)], {}, "'repositories' can have a maximum of 100 elements"),
        ([repository("r"), repository("r")], {}, "The repository 'r' is there more than once"),
        ([repository(commits=commits(401))], {}, "'repositories[0].commits' can have a maximum of 400 elements"),
        (
            [*(repository(name, commits=commits(400)) for name in "ab"), repository("c", commits=commits(201))],
            {},
            "A request can have a maximum of 1000 development information entities",
        ),
        (
            [repository(commits=[commit("c"), commit("c")])],
            {},
            "'repositories[0].commits' has the id 'c' more than once",
        ),
        ([repository(branches=[branch("a/b")])], {}, "devInformation.repository.branch.id.invalid"),
        ([repository(commits=[commit(associations=issues("AB-1"))])], {}, "issueKeys and associations are mutually"),
        (
            [repository(branches=[branch(lastCommit=commit(associations=issues("AB-1")))])],
            {},
            "issueKeys and associations are mutually",
        ),
        (
            [repository(commits=[commit(issueKeys=MISSING, associations=issues())])],
            {},
            "Associations must provide at least one value.",
        ),
        (
            [repository(commits=[commit(issueKeys=MISSING, associations=issues(*KEYS))])],
            {},
            "Sum of Association values across all association types can have a maximum of 500 elements. Found 501.",
        ),
        ([repository()], {"preventTransitions": "yes"}, "'preventTransitions' must be true or false"),
        ([repository()], {"operationType": "SLOW"}, "'operationType' must be NORMAL or BACKFILL"),
        ([repository()], {"properties": {f"k{n}": "v" for n in range(6)}}, "'properties' can have a maximum of 5"),
        ([repository()], {"properties": {"k" * 256: "v"}}, "'properties' has a key of more than 255 characters"),
        ([repository()], {"properties": {"_k": "v"}}, "'properties' has the key '_k'"),
        ([repository()], {"properties": {"k:l": "v"}}, "'properties' has the key 'k:l'"),
        ([repository()], {"properties": {"k": "v" * 256}}, "'properties.k' can have a maximum of 255 characters"),
    ],
)
def test_what_jira_refuses_whole_is_refused_whole(
    repositories: list[Made], around: dict[str, Any], sentence: str
) -> None:
    assert malformed(*repositories, **around).startswith(sentence)
