"""Any order of submissions and deletions, of every kind, ends with what a plain model says."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.samples import build, builds, bulk, commit, deployment, devinfo, pull_request, repository
from tests.sandbox_process import Sandbox, start_sandbox

NUMBERS = st.integers(1, 2)
SEQUENCES = st.integers(1, 4)
TEAMS = st.sampled_from(["a", "b"])
STEPS = st.one_of(
    st.tuples(st.just("deploy"), NUMBERS, SEQUENCES, TEAMS),
    st.tuples(st.just("build"), NUMBERS, SEQUENCES, TEAMS),
    st.tuples(st.just("push"), NUMBERS, SEQUENCES, SEQUENCES, NUMBERS, TEAMS),
    st.tuples(st.just("delete deployment"), NUMBERS),
    st.tuples(st.just("delete build"), NUMBERS),
    st.tuples(st.just("delete commit"), NUMBERS, NUMBERS, SEQUENCES | st.none()),
    st.tuples(st.just("delete repository"), NUMBERS, SEQUENCES | st.none()),
    st.tuples(st.just("delete team"), st.sampled_from(["deployments", "builds", "devinfo"]), TEAMS),
)
APIS = {"deployment": "deployments", "build": "builds"}


@dataclass
class Model:
    """What is held, by kind and key: the sequence and the team."""

    held: dict[tuple[Any, ...], tuple[int, str]] = field(default_factory=dict)

    def submit(self, entity: tuple[Any, ...], sequence: int, team: str) -> None:
        if entity not in self.held or self.held[entity][0] < sequence:
            self.held[entity] = (sequence, team)

    def delete(self, entities: list[tuple[Any, ...]], up_to: int | None = None) -> None:
        for entity in entities:
            if up_to is None or self.held[entity][0] <= up_to:
                del self.held[entity]

    def in_repository(self, repository: str) -> list[tuple[Any, ...]]:
        return [entity for entity in self.held if entity[0] not in APIS and entity[1] == repository]

    def of_team(self, api: str, team: str) -> list[tuple[Any, ...]]:
        found = {
            entity: None
            for entity, (_sequence, owner) in self.held.items()
            if APIS.get(entity[0], "devinfo") == api and owner == team
        }
        for entity in list(found):
            if entity[0] == "repository":
                found.update(dict.fromkeys(self.in_repository(entity[1])))
        return list(found)

    def take(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("deploy", number, sequence, team):
                self.submit(("deployment", "checkout-api", "production-eu", number), sequence, team)
            case ("build", number, sequence, team):
                self.submit(("build", "checkout-api", number), sequence, team)
            case ("push", number, sequence, inner, ident, team):
                self.submit(("repository", f"r{number}"), sequence, team)
                self.submit(("commit", f"r{number}", f"c{ident}"), inner, team)
                self.submit(("pull_request", f"r{number}", f"c{ident}"), inner, team)
            case ("delete deployment", number):
                self.held.pop(("deployment", "checkout-api", "production-eu", number), None)
            case ("delete build", number):
                self.held.pop(("build", "checkout-api", number), None)
            case ("delete commit", number, ident, up_to):
                entity = ("commit", f"r{number}", f"c{ident}")
                self.delete([entity] if entity in self.held else [], up_to)
            case ("delete repository", number, up_to):
                self.delete(self.in_repository(f"r{number}"), up_to)
            case ("delete team", api, team):
                self.delete(self.of_team(api, team))


def send(client: requests.Session, sandbox: Sandbox, step: tuple[Any, ...]) -> requests.Response:
    def post(api: str, body: dict[str, Any]) -> requests.Response:
        return client.post(f"{sandbox.base(api)}/bulk", json={**body, "properties": {"team": step[-1]}})

    def delete(api: str, path: str, up_to: int | None = None) -> requests.Response:
        return client.delete(sandbox.base(api) + path, params={"_updateSequenceId": up_to} if up_to else {})

    match step:
        case ("deploy", number, sequence, _team):
            return post("deployments", bulk(deployment(number, sequence)))
        case ("build", number, sequence, _team):
            return post("builds", builds(build(number, sequence)))
        case ("push", number, sequence, inner, ident, _team):
            made = commit(f"c{ident}", inner), pull_request(f"c{ident}", inner)
            return post(
                "devinfo", devinfo(repository(f"r{number}", sequence, commits=[made[0]], pullRequests=[made[1]]))
            )
        case ("delete deployment", number):
            return delete("deployments", f"/pipelines/checkout-api/environments/production-eu/deployments/{number}")
        case ("delete build", number):
            return delete("builds", f"/pipelines/checkout-api/builds/{number}")
        case ("delete commit", number, ident, up_to):
            return delete("devinfo", f"/repository/r{number}/commit/c{ident}", up_to)
        case ("delete repository", number, up_to):
            return delete("devinfo", f"/repository/r{number}", up_to)
        case (_, api, team):
            return delete(api, f"/bulkByProperties?team={team}")
    raise AssertionError(step)


@pytest.fixture(scope="module")
def lasting() -> Iterator[Sandbox]:
    """One stand-in for all examples; each begins with a reset."""
    with tempfile.TemporaryDirectory() as folder:
        started = start_sandbox(Path(folder))
        yield started
        started.stop()


@given(steps=st.lists(STEPS, min_size=1, max_size=12), delay=st.sampled_from([0, 60]))
@settings(max_examples=60, deadline=None)
def test_the_state_is_what_the_arrivals_in_their_order_imply(
    lasting: Sandbox, steps: list[tuple[Any, ...]], delay: int
) -> None:
    lasting.reset()
    lasting.settings(delay=delay)
    client, model = lasting.client(), Model()
    for step in steps:
        assert send(client, lasting, step).status_code == 202
        model.take(step)
    found = {
        (kind, *entity["key"]): (entity["sequence"], entity["properties"]["team"])
        for kind, entities in lasting.state()["credentials"][lasting.client_id].items()
        for entity in entities
    }
    assert found == model.held
