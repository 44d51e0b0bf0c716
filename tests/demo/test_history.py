"""The demo's history: believable, and the same for the same seed."""

import datetime as dt
import json
from typing import Any

from devops_sync.demo import bodies
from devops_sync.demo.feeding import SEED
from devops_sync.jira import wire

UNTIL = dt.datetime(2026, 11, 18, 14, 30, tzinfo=dt.UTC)


def deployments() -> list[dict[str, Any]]:
    return [made for body in bodies(SEED, UNTIL) for made in json.loads(body)["deployments"]]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert bodies(SEED, UNTIL) == bodies(SEED, UNTIL)
    assert bodies(SEED, UNTIL) != bodies(SEED + 1, UNTIL)


def test_every_deployment_is_valid() -> None:
    for body in bodies(SEED, UNTIL):
        assert not [item.fault for item in wire.read_deployments(body).items if item.fault]


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
