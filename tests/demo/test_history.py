"""The demo's story: believable, and the same for the same seed."""

import datetime as dt
import json
from typing import Any

from devops_sync.demo import tell
from devops_sync.demo.feeding import SEED
from devops_sync.jira import wire

UNTIL = dt.datetime(2026, 11, 18, 14, 30, tzinfo=dt.UTC)


READERS = {"deployments": wire.read_deployments, "builds": wire.read_builds, "devinfo": wire.read_devinfo}


def told(api: str, array: str) -> list[dict[str, Any]]:
    return [made for sent in tell(SEED, UNTIL) if sent.api == api for made in json.loads(sent.body)[array]]


def deployments() -> list[dict[str, Any]]:
    return told("deployments", "deployments")


def inside(array: str) -> list[dict[str, Any]]:
    """Everything of a type that lies in the repositories."""
    return [made for repository in told("devinfo", "repositories") for made in repository.get(array, [])]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert tell(SEED, UNTIL) == tell(SEED, UNTIL)
    assert tell(SEED, UNTIL) != tell(SEED + 1, UNTIL)


def test_everything_is_valid() -> None:
    for sent in tell(SEED, UNTIL):
        assert not [item.fault for item in READERS[sent.api](sent.body).items if item.fault]


def test_it_is_told_within_seconds() -> None:
    assert len(tell(SEED, UNTIL)) < 450


def test_it_has_two_months_of_four_services_in_four_environments() -> None:
    made = deployments()
    assert {one["pipeline"]["id"] for one in made} == {"checkout-api", "web-storefront", "payments-worker", "identity"}
    assert {one["environment"]["type"] for one in made} == {"development", "testing", "staging", "production"}
    times = sorted(dt.datetime.fromisoformat(one["lastUpdated"]) for one in made)
    assert times[-1] <= UNTIL
    assert dt.timedelta(days=55) < times[-1] - times[0] < dt.timedelta(days=62)


def test_it_has_failures_and_rollbacks_and_issues_that_jira_does_not_know() -> None:
    made = deployments()
    assert {one["state"] for one in made} == {"in_progress", "successful", "failed", "rolled_back"}
    numbers = [int(key.split("-")[1]) for one in made for key in one["associations"][0]["values"]]
    assert sum(number > 2000 for number in numbers) > 5


def test_the_updates_of_a_deployment_have_rising_sequences() -> None:
    highest: dict[tuple[str, str, int], int] = {}
    for one in deployments():
        key = (one["pipeline"]["id"], one["environment"]["id"], one["deploymentSequenceNumber"])
        assert one["updateSequenceNumber"] > highest.get(key, 0)
        highest[key] = one["updateSequenceNumber"]


def test_each_repository_and_pipeline_of_builds_belongs_to_a_service() -> None:
    services = {one["pipeline"]["id"] for one in deployments()}
    assert {one["id"] for one in told("devinfo", "repositories")} == services
    assert {one["pipelineId"] for one in told("builds", "builds")} == services


def test_builds_tell_their_tests_and_some_failed() -> None:
    made = told("builds", "builds")
    failed = [one for one in made if one["state"] == "failed"]
    assert 0.05 < len(failed) / len(made) < 0.25
    assert all(one["testInfo"]["numberFailed"] for one in failed)
    for tests in (one["testInfo"] for one in made if "testInfo" in one):
        assert tests["totalNumber"] == tests["numberPassed"] + tests["numberFailed"] + tests["numberSkipped"]


def test_pull_requests_are_merged_under_review_or_given_up() -> None:
    assert {one["status"] for one in inside("pullRequests")} == {"OPEN", "MERGED", "DECLINED"}


def test_an_issue_that_was_deployed_has_a_whole_story() -> None:
    first = {one["associations"][0]["values"][0]: one["lastUpdated"] for one in reversed(deployments())}
    known = {key: at for key, at in first.items() if int(key.split("-")[1]) <= 2000}
    branches = {one["issueKeys"][0] for one in inside("branches") if one["name"].startswith(one["issueKeys"][0])}
    merged = {one["issueKeys"][0]: one["lastUpdate"] for one in inside("pullRequests") if one["status"] == "MERGED"}
    commits = {one["issueKeys"][0] for one in inside("commits")}
    assert set(known) <= branches & set(merged) & commits
    early = [key for key, at in known.items() if dt.datetime.fromisoformat(merged[key]) > dt.datetime.fromisoformat(at)]
    assert len(early) < len(known) / 20  # Few came back to an issue once it was deployed.


def test_a_release_comes_from_the_build_of_a_merge() -> None:
    built = {one["references"][0]["commit"]["id"] for one in told("builds", "builds") if len(one["issueKeys"]) > 1}
    merges = {one["id"] for one in inside("commits") if one.get("flags") == ["MERGE_COMMIT"]}
    assert built <= merges


def test_nothing_is_told_before_it_happened() -> None:
    times = [one["lastUpdated"] for one in told("builds", "builds")]
    times += [one["lastUpdate"] for one in inside("pullRequests")]
    times += [one["authorTimestamp"] for one in inside("commits")]
    assert max(map(dt.datetime.fromisoformat, times)) <= UNTIL
