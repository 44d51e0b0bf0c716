"""What Jira rejected, corrected or sent again as it was, on its way to a Jira over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync import corrections, delivery, ledger
from devops_sync.corrections import Changes
from devops_sync.deletions import Asked
from devops_sync.kinds import KINDS
from devops_sync.models import Entry, Lane, Site, Submission, User
from devops_sync.models.balance import balance
from tests import builders
from tests.payloads import MISSING, branch, build, bulk_of, commit, deployment, issues, pull_request, repository
from tests.sandbox_fixtures import connected
from tests.sandbox_process import Sandbox

Send = Callable[..., list[Entry]]
SHPO = Changes(find="SHPO-", put="SHOP-")


@pytest.fixture
def site(sandbox: Sandbox, db: None) -> Site:
    return connected(sandbox)


@pytest.fixture
def user(db: None) -> User:
    return builders.user("release-manager", name="ada")


@pytest.fixture
def send(site: Site) -> Send:
    """Submit to one API, deliver, and give back the entries that Jira rejected."""

    def act(*entities: Any, api: str = "deployments", go: bool = True) -> list[Entry]:
        body = bulk_of(api, *entities)
        ledger.submit(ledger.Arrival(api, "/bulk", body, timezone.now(), len(body), site=site))
        if go:
            deliver(site, api)
        return list(Entry.objects.filter(site=site, outcome="rejected").order_by("pk"))

    return act


def deliver(site: Site, api: str = "deployments") -> None:
    delivery.run(Lane.objects.get(site=site, api=api, priority=Lane.Priority.LIVE).pk)


def correct(site: Site, entries: list[Entry], user: User, changes: Changes = SHPO) -> corrections.Outcome:
    found = corrections.apply(site, entries, changes, user, timezone.now())
    seen = balance([site.pk])
    assert seen.missing == 0
    return found


def outcomes() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("outcome", flat=True))


def test_a_deployment_with_the_right_key_is_accepted(site: Site, send: Send, user: User, sandbox: Sandbox) -> None:
    rejected = send(deployment(1, 7, associations=issues("SHPO-1", "SHPO-2"), extra={"n": 1.10}))
    assert correct(site, rejected, user).written == 1
    deliver(site)
    assert outcomes() == ["rejected", "accepted"]
    assert len(sandbox.held()) == 1
    held = rejected[0].followers.get().deployment
    assert (held.issue_keys, held.sequence) == (["SHOP-1", "SHOP-2"], 7)


def test_a_correction_says_whose_it_is_and_of_what(site: Site, send: Send, user: User) -> None:
    (rejected,) = send(deployment(1, 7, associations=issues("SHPO-1")))
    (submission,) = correct(site, [rejected], user).submissions
    entry = submission.entries.get()
    assert (submission.purpose, submission.sender, submission.entry_count) == ("correction", "ada", 1)
    assert (entry.origin_id, entry.sequence, entry.key, entry.envelope_id) == (
        rejected.pk,
        7,
        rejected.key,
        rejected.envelope_id,
    )
    rejected.refresh_from_db()
    assert "SHPO-1" in rejected.payload


def test_nothing_but_the_key_changes_in_the_payload(site: Site, send: Send, user: User) -> None:
    (rejected,) = send(deployment(1, 7, associations=issues("SHPO-1", "OTHER-2")))
    own = '"own":{"n": [1.10, 1e400, 10000000000000000000000, "SHPO-1"], "é": "\\u00e9"}'
    rejected.payload = f"{rejected.payload.removesuffix(chr(125))},{own}}}"
    Entry.objects.filter(pk=rejected.pk).update(payload=rejected.payload)
    (submission,) = correct(site, [rejected], user).submissions
    after = submission.entries.get().payload
    assert own in after
    assert '["SHOP-1","OTHER-2"]' in after
    before = json.loads(rejected.payload)
    assert {**json.loads(after), "associations": before["associations"]} == before


@pytest.mark.parametrize(
    ("kind", "inside"),
    [
        ("commit", {"commits": [commit("c1", issueKeys=["SHPO-1"])]}),
        (
            "branch",
            {"branches": [branch("b1", issueKeys=["SHPO-1"], lastCommit=commit("c2", issueKeys=["SHPO-1"]))]},
        ),
        (
            "pull_request",
            {"pullRequests": [pull_request("1", issueKeys=MISSING, associations=issues("SHPO-1"))]},
        ),
    ],
)
def test_development_information_is_corrected_wherever_it_names_issues(
    kind: str, inside: dict[str, Any], site: Site, send: Send, user: User, sandbox: Sandbox
) -> None:
    rejected = send(repository(**inside), api="devinfo")
    assert [entry.kind for entry in rejected] == [kind]
    correct(site, rejected, user)
    deliver(site, "devinfo")
    entry = rejected[0].followers.get()
    assert entry.outcome == "accepted"
    assert "SHPO" not in entry.payload
    assert getattr(entry, kind.replace("_", "")).issue_keys == ["SHOP-1"]


def test_a_build_is_sent_again_unchanged_once_its_issue_is_there(
    site: Site, send: Send, user: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rejected,) = send(build(1, issueKeys=["LATE-1"]), api="builds")
    assert sandbox._listening is not None
    monkeypatch.setitem(sandbox._listening.sandbox.issues.ranges, "LATE", (1, 10))
    (submission,) = correct(site, [rejected], user, Changes()).submissions
    deliver(site, "builds")
    entry = submission.entries.get()
    assert (submission.purpose, entry.outcome, entry.payload) == ("resend", "accepted", rejected.payload)


def test_an_environment_type_can_be_set(site: Site, send: Send, user: User) -> None:
    (rejected,) = send(deployment(1, 7, associations=issues("NOPE-1")))
    correct(site, [rejected], user, Changes(environment_type="production"))
    held = rejected.followers.get().deployment
    assert held.environment_type == "production"


def test_a_whole_key_can_be_replaced(site: Site, send: Send, user: User) -> None:
    rejected = send(
        deployment(1, associations=issues("SHPO-1")), deployment(2, associations=issues("SHPO-1", "SHPO-12"))
    )
    correct(site, rejected, user, Changes(find="SHPO-12", put="SHOP-12"))
    assert [list(entry.followers.values_list("deployment__issue_keys", flat=True)) for entry in rejected] == [
        [],
        [["SHPO-1", "SHOP-12"]],
    ]


def test_what_a_newer_version_replaced_is_passed_over(site: Site, send: Send, user: User) -> None:
    rejected = send(deployment(1, 7, associations=issues("SHPO-1")))
    send(deployment(1, 8), go=False)
    outcome = correct(site, rejected, user)
    assert (outcome.written, outcome.passed_over) == (0, {corrections.NEWER: 1})
    assert not Submission.objects.exclude(purpose="").exists()


def test_a_second_correction_of_the_same_is_passed_over(site: Site, send: Send, user: User) -> None:
    rejected = send(deployment(1, 7, associations=issues("SHPO-1")))
    assert correct(site, rejected, user).written == 1
    assert correct(site, rejected, user).passed_over == {corrections.NEWER: 1}


def test_what_was_deleted_is_passed_over(site: Site, send: Send, user: User) -> None:
    rejected = send(deployment(1, 7, associations=issues("SHPO-1")))
    ledger.delete(
        site,
        Asked(api="deployments", received_at=timezone.now(), kind="deployment", key=("checkout-api", "staging", 1)),
    )
    assert correct(site, rejected, user).passed_over == {corrections.DELETED: 1}


@pytest.mark.parametrize("anew", [[], [repository(sequence=3)]])
def test_what_would_bring_its_repository_back_as_it_was_before_it_was_deleted_is_passed_over(
    anew: list[Any], site: Site, send: Send, user: User, sandbox: Sandbox
) -> None:
    rejected = send(repository(sequence=7, commits=[commit(sequence=9, issueKeys=["SHPO-1"])]), api="devinfo")
    until_eight = Asked("devinfo", timezone.now(), kind="repository", key=("r1",), until_sequence=8)
    ledger.delete(site, until_eight)
    for one in anew:
        send(one, api="devinfo")
    (draft,) = corrections.preview(rejected, SHPO)
    assert draft.obstacle == corrections.HOME_DELETED
    assert correct(site, rejected, user).passed_over == {corrections.HOME_DELETED: 1}
    deliver(site, "devinfo")
    held = [one["sequence"] for one in sandbox.held(kind="repository").values()]
    assert held == [one["updateSequenceId"] for one in anew]


def test_what_names_nothing_of_the_kind_is_passed_over(site: Site, send: Send, user: User) -> None:
    rejected = send(deployment(1, 7, associations=issues("SHPO-1")))
    changes = Changes(find="NOWHERE-", put="SHOP-")
    (draft,) = corrections.preview(rejected, changes)
    assert draft.obstacle == corrections.NOTHING_TO_CHANGE
    assert correct(site, rejected, user, changes).passed_over == {corrections.NOTHING_TO_CHANGE: 1}


def test_what_our_own_door_would_refuse_is_passed_over_with_its_sentence(site: Site, send: Send, user: User) -> None:
    (rejected,) = send(commit_of("SHPO-1"), api="devinfo")
    (draft,) = corrections.preview([rejected], Changes(find="SHPO-", put="S-"))
    assert "'S-1'" in draft.obstacle
    assert correct(site, [rejected], user, Changes(find="SHPO-", put="S-")).written == 0


def commit_of(key: str) -> dict[str, Any]:
    return repository(commits=[commit("c1", issueKeys=[key])])


@pytest.mark.parametrize(
    "payload",
    [
        "null",
        "[]",
        "[" * 100_000,
        '{"associations": {"a": 1}}',
        '{"issueKeys": [["SHPO-1"]]}',
        '{"a": "\\ud800"}',
        "no",
    ],
)
def test_any_payload_is_corrected_or_passed_over(payload: str, site: Site, send: Send, user: User) -> None:
    (rejected,) = send(deployment(1, 7, associations=issues("SHPO-1")))
    Entry.objects.filter(pk=rejected.pk).update(payload=payload)
    rejected.refresh_from_db()
    outcome = correct(site, [rejected], user)
    assert outcome.written == 0
    assert sum(outcome.passed_over.values()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (Changes(find="SHPO-", put=""), "with"),
        (Changes(find="", put="SHOP-"), "find"),
        (Changes(find="SHPO-1", put="SHOP-"), "with"),
        (Changes(find="SHPO", put="shpo-"), "with"),
        (Changes(find="'; DROP", put="SHOP-"), "find"),
        (Changes(environment_type="moon"), "environment_type"),
    ],
)
def test_changes_that_cannot_be_meant_are_refused_with_a_sentence(changes: Changes, field: str) -> None:
    with pytest.raises(corrections.Wrong) as wrong:
        changes.check()
    assert wrong.value.field == field
    assert wrong.value.message.endswith(".")


def test_many_are_written_in_few_statements(site: Site, send: Send, user: User) -> None:
    rejected = send(*(deployment(number, 7, associations=issues("SHPO-1")) for number in range(1, 301)))
    with CaptureQueriesContext(connection) as queries:
        assert correct(site, rejected, user).written == 300
    assert len(queries) < 20
    new = list(Entry.objects.filter(origin__isnull=False).order_by("pk"))
    assert [entry.origin_id for entry in new] == [entry.pk for entry in rejected]
    assert [entry.position for entry in new] == list(range(300))


def test_entries_of_two_apis_become_a_submission_each(site: Site, send: Send, user: User) -> None:
    send(deployment(1, 7, associations=issues("SHPO-1")))
    rejected = send(build(1, issueKeys=["SHPO-1"]), api="builds")
    outcome = correct(site, rejected, user)
    assert {one.api for one in outcome.submissions} == {KINDS["deployment"].api, KINDS["build"].api}
