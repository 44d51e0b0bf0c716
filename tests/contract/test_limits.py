"""The contract's tables of fields: what fails alone inside a 202, and what fails the whole request."""

import json
from typing import Any

import pytest

from .conftest import JiraLike
from .rows import BRANCH, BUILD, BY_API, COMMIT, DEPLOYMENT, PULL_REQUEST, REPOSITORY, ROWS, Row, message_of

KEYS = [f"SHOP-{number}" for number in range(1, 502)]
WEB = "https://x.example/"


def web(length: int) -> str:
    return WEB + "x" * (length - len(WEB))


def chars(length: int) -> str:
    return "x" * length


def named(*values: Any, kind: str = "issueIdOrKeys") -> dict[str, Any]:
    return {"issueKeys": None, "associations": [{"associationType": kind, "values": list(values)}]}


def place(**changes: Any) -> dict[str, Any]:
    return {"id": "p", "displayName": "p", "url": WEB, **changes}


# Each field at its limit, and one beyond it.
LIMITS: list[tuple[Row, str, Any, Any]] = [
    *((row, "url", web(2000), web(2001)) for row in ROWS),
    *((row, "displayName", chars(255), chars(256)) for row in (DEPLOYMENT, BUILD)),
    *((row, "label", chars(255), chars(256)) for row in (DEPLOYMENT, BUILD)),
    *((row, "description", chars(255), chars(256)) for row in (DEPLOYMENT, BUILD)),
    (BUILD, "issueKeys", KEYS[:500], KEYS),
    (BUILD, "references", [{"ref": {"name": "main", "uri": WEB}}] * 5, [{"ref": {"name": "main", "uri": WEB}}] * 6),
    (DEPLOYMENT, "associations", None, named("SHOP-1")["associations"] * 4),
    (REPOSITORY, "name", chars(255), chars(256)),
    (REPOSITORY, "description", chars(1024), chars(1025)),
    (REPOSITORY, "forkOf", chars(1024), chars(1025)),
    (REPOSITORY, "avatar", web(2000), web(2001)),
    (REPOSITORY, "avatarDescription", chars(1024), chars(1025)),
    *((row, "issueKeys", KEYS[:500], KEYS) for row in (COMMIT, BRANCH, PULL_REQUEST)),
    (COMMIT, "displayId", chars(255), chars(256)),
    (COMMIT, "fileCount", 0, -1),
    (COMMIT, "author", {"name": chars(255)}, {"name": chars(256)}),
    (COMMIT, "author", {"email": chars(255)}, {"email": chars(256)}),
    (BRANCH, "name", chars(512), chars(513)),
    (BRANCH, "createPullRequestUrl", web(2000), web(2001)),
    (PULL_REQUEST, "title", chars(1024), chars(1025)),
    (PULL_REQUEST, "sourceBranch", chars(255), chars(256)),
    (PULL_REQUEST, "destinationBranch", chars(255), chars(256)),
    (PULL_REQUEST, "displayId", chars(255), chars(256)),
    (PULL_REQUEST, "reviewers", [{"accountId": chars(128)}], [{"accountId": chars(129)}]),
    (PULL_REQUEST, "reviewers", [{"email": chars(254)}], [{"email": chars(255)}]),
]


@pytest.mark.parametrize(("row", "name", "at", "beyond"), LIMITS, ids=lambda value: getattr(value, "kind", None))
def test_a_field_is_taken_at_its_limit_and_refused_alone_beyond(
    jira_like: JiraLike, row: Row, name: str, at: Any, beyond: Any
) -> None:
    answer = jira_like.post(row.api, row.body(row.make(1, **{name: at}), row.make(2, **{name: beyond})))
    assert answer.status_code == 202
    assert row.accepted(answer.json()) == [1]
    assert list(row.rejected(answer.json())) == [2]
    assert (row.read(jira_like, 1) is None, row.read(jira_like, 2) is None) == (False, True)


AUTHORED = ("url", "author", "displayId")
REQUIRED: dict[Row, tuple[str, ...]] = {
    DEPLOYMENT: (
        *("updateSequenceNumber", "displayName", "url", "description", "lastUpdated"),
        *("state", "pipeline", "environment"),
    ),
    BUILD: ("updateSequenceNumber", "displayName", "url", "state", "lastUpdated"),
    REPOSITORY: ("name", "url", "updateSequenceId"),
    COMMIT: (*AUTHORED, "message", "fileCount", "authorTimestamp", "updateSequenceId", "issueKeys"),
    BRANCH: ("name", "lastCommit", "url", "updateSequenceId", "issueKeys"),
    PULL_REQUEST: (
        *AUTHORED,
        *("status", "title", "commentCount", "sourceBranch", "lastUpdate", "updateSequenceId", "issueKeys"),
    ),
}


@pytest.mark.parametrize("row", REQUIRED, ids=lambda row: row.kind)
def test_each_required_field_is_missed_by_name(jira_like: JiraLike, row: Row) -> None:
    fields = REQUIRED[row]
    faulty = [row.make(number, **{name: None}) for number, name in enumerate(fields, 1)]
    answer = jira_like.post(row.api, row.body(*faulty, row.make(99)))
    assert (answer.status_code, row.accepted(answer.json())) == (202, [99])
    said = row.rejected(answer.json())
    assert {name: name in said[number] for number, name in enumerate(fields, 1)} == dict.fromkeys(fields, True)


ENUMS: list[tuple[Row, str, tuple[str, ...]]] = [
    (
        DEPLOYMENT,
        "state",
        ("unknown", "pending", "in_progress", "cancelled", "failed", "rolled_back", "successful"),
    ),
    (BUILD, "state", ("pending", "in_progress", "successful", "failed", "cancelled", "unknown")),
    (PULL_REQUEST, "status", ("OPEN", "MERGED", "DECLINED", "UNKNOWN", "DRAFT")),
]


@pytest.mark.parametrize(("row", "name", "values"), ENUMS, ids=lambda value: getattr(value, "kind", None))
def test_a_state_is_one_that_jira_knows(jira_like: JiraLike, row: Row, name: str, values: tuple[str, ...]) -> None:
    sent = [row.make(number, **{name: value}) for number, value in enumerate((*values, "done", ""), 1)]
    receipt = jira_like.post(row.api, row.body(*sent)).json()
    assert row.accepted(receipt) == list(range(1, len(values) + 1))
    assert list(row.rejected(receipt)) == [len(values) + 1, len(values) + 2]


@pytest.mark.parametrize("kind", ["unmapped", "development", "testing", "staging", "production"])
def test_an_environment_has_a_type(jira_like: JiraLike, kind: str) -> None:
    sent = [
        DEPLOYMENT.make(n, environment={"id": "e", "displayName": "e", "type": t}) for n, t in ((1, kind), (2, "prod"))
    ]
    receipt = jira_like.post("deployments", DEPLOYMENT.body(*sent)).json()
    assert (DEPLOYMENT.accepted(receipt), list(DEPLOYMENT.rejected(receipt))) == ([1], [2])


FAULTS: list[tuple[Row, dict[str, Any], str]] = [
    *((row, {"url": ""}, "'url' must be an http or https address") for row in ROWS),
    (BUILD, {"url": None}, "'url' is required"),
    (BUILD, {"issueKeys": KEYS}, "'issueKeys' can have a maximum of 500 elements"),
    (BUILD, {"issueKeys": ["nonsense"]}, "'issueKeys[0]' must be an issue key"),
    *((row, {"issueKeys": KEYS}, "Too many issue keys in entity") for row in (COMMIT, BRANCH, PULL_REQUEST)),
    (COMMIT, {"files": [{"path": "p"}] * 11}, "'files"),
    (DEPLOYMENT, {"pipeline": place(id=chars(256))}, "'pipeline.id'"),
    (DEPLOYMENT, {"environment": {"id": "e", "displayName": chars(256), "type": "testing"}}, "'environment.display"),
    (DEPLOYMENT, {"commands": [{"command": "initiate_deployment_gating"}]}, "'commands' can ask for gating only"),
    (DEPLOYMENT, {"issueKeys": None}, "'associations' or 'issueKeys' is required"),
]


@pytest.mark.parametrize(("row", "changes", "says"), FAULTS, ids=lambda value: getattr(value, "kind", None))
def test_a_fault_is_said_in_jiras_words(jira_like: JiraLike, row: Row, changes: dict[str, Any], says: str) -> None:
    answer = jira_like.post(row.api, row.body(row.make(1), row.make(2, **changes)))
    assert (answer.status_code, row.accepted(answer.json())) == (202, [1])
    assert row.rejected(answer.json())[2].startswith(says)


MUTUALLY = "issueKeys and associations are mutually exclusive."
WHOLE: list[tuple[Row, dict[str, Any], str]] = [
    (DEPLOYMENT, named(), "Associations must provide at least one value."),
    (BUILD, named(), "Associations must provide at least one value."),
    (DEPLOYMENT, named(*KEYS), "Sum of Association values across all association types can have a maximum of 500"),
    (BRANCH, {"id": "feature/x"}, "devInformation.repository.branch.id.invalid"),
    *((row, {"associations": named("SHOP-1")["associations"]}, MUTUALLY) for row in (COMMIT, BRANCH, PULL_REQUEST)),
    *((row, {"url": f"{WEB}\U0001f984"}, "Invalid binary character '#xD83E' was found") for row in ROWS),
]


@pytest.mark.parametrize(("row", "changes", "says"), WHOLE, ids=lambda value: getattr(value, "kind", None))
def test_what_fails_the_whole_request_takes_nothing(
    jira_like: JiraLike, row: Row, changes: dict[str, Any], says: str
) -> None:
    answer = jira_like.post(row.api, row.body(row.make(1), row.make(2, **changes)))
    assert answer.status_code == 400
    assert message_of(row.api, answer.json()).startswith(says)
    assert row.read(jira_like, 1) is None


@pytest.mark.parametrize("api", BY_API)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 50_000, b'{"%s": {}}', b'{"%s": []}']
)
def test_what_is_no_bulk_is_refused_in_the_apis_shape(jira_like: JiraLike, api: str, body: bytes) -> None:
    array = {"devinfo": b"repositories"}.get(api, api.encode())
    answer = jira_like.post(api, body.replace(b"%s", array))
    assert answer.status_code == 400
    assert message_of(api, answer.json())


FIVE = {f"name{number}": "x" for number in range(5)}


@pytest.mark.parametrize("api", BY_API)
@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({**FIVE}, 202),
        ({**FIVE, "sixth": "x"}, 400),
        ({"a": chars(255)}, 202),
        ({"a": chars(256)}, 400),
        ({chars(255): "x"}, 202),
        ({"a:b": "x"}, 400),
        ({"_a": "x"}, 400),
        ({"installationId": 12345}, 202),
        ({"a": ["x"]}, 400),
        ({"a": None}, 400),
        ([], 400),
    ],
)
def test_properties_have_limits_that_fail_the_request(
    jira_like: JiraLike, api: str, properties: Any, status: int
) -> None:
    row = BY_API[api]
    assert jira_like.post(api, row.body(row.make(), properties=properties)).status_code == status
    assert (row.read(jira_like) is not None) is (status == 202)


def commits(count: int, first: int = 0) -> dict[str, Any]:
    return {"commits": [COMMIT.make(number) for number in range(first, first + count)]}


@pytest.mark.parametrize(
    ("repositories", "status"),
    [
        ([REPOSITORY.make(number) for number in range(100)], 202),
        ([REPOSITORY.make(number) for number in range(101)], 400),
        ([REPOSITORY.make(1, **commits(400))], 202),
        ([REPOSITORY.make(1, **commits(401))], 400),
        ([REPOSITORY.make(n, **commits(200)) for n in range(5)], 202),
        ([*(REPOSITORY.make(n, **commits(200)) for n in range(5)), REPOSITORY.make(6, **commits(1))], 400),
        ([REPOSITORY.make(1), REPOSITORY.make(1)], 400),
        ([REPOSITORY.make(1, commits=[COMMIT.make(1), COMMIT.make(1)])], 400),
        ([REPOSITORY.make(1, commits=[COMMIT.make(1)], branches=[BRANCH.make(1)])], 202),
    ],
    ids=["100", "101", "400", "401", "1000", "1001", "a repository twice", "a commit twice", "one id in two types"],
)
def test_a_devinfo_request_has_limits(jira_like: JiraLike, repositories: list[dict[str, Any]], status: int) -> None:
    answer = jira_like.post("devinfo", REPOSITORY.body(*repositories))
    assert answer.status_code == status
    if status == 400:
        assert message_of("devinfo", answer.json())


def test_a_long_commit_message_is_cut_as_jira_says_it_does(jira_like: JiraLike) -> None:
    receipt = jira_like.post("devinfo", COMMIT.body(COMMIT.make(message=chars(1025)))).json()
    assert COMMIT.accepted(receipt) == [1]
    held = COMMIT.read(jira_like)
    assert held is not None
    assert held["message"] == chars(1024)


@pytest.mark.parametrize("around", [{"preventTransitions": True}, {"operationType": "BACKFILL"}, {"unheard": [1]}])
@pytest.mark.parametrize("api", BY_API)
def test_fields_around_the_entities_are_tolerated(jira_like: JiraLike, api: str, around: dict[str, Any]) -> None:
    row = BY_API[api]
    body = row.body(row.make(), **around, providerMetadata={"product": "ci"})
    assert jira_like.post(api, json.dumps(body).encode()).status_code == 202
