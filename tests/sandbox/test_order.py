"""The rule of the update sequence, whatever the order and however many clients."""

import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.samples import bulk, deployment
from tests.sandbox_process import Sandbox, start_sandbox

VERSIONS = st.tuples(st.integers(1, 3), st.integers(-(2**63), 2**63 - 1) | st.integers(1, 5))


@pytest.fixture(scope="module")
def lasting() -> Iterator[Sandbox]:
    """One stand-in for all examples; each begins with a reset."""
    with tempfile.TemporaryDirectory() as folder:
        started = start_sandbox(Path(folder))
        yield started
        started.stop()


@given(
    bulks=st.lists(st.lists(VERSIONS, min_size=1, max_size=4), min_size=1, max_size=6), delay=st.sampled_from([0, 60])
)
@settings(max_examples=40, deadline=None)
def test_the_state_is_the_highest_sequence_of_each_key(
    lasting: Sandbox, bulks: list[list[tuple[int, int]]], delay: int
) -> None:
    lasting.reset()
    lasting.settings(delay=delay)
    client = lasting.client()
    highest: dict[int, int] = {}
    for versions in bulks:
        client.post(f"{lasting.gateway}/bulk", json=bulk(*(deployment(number, at) for number, at in versions)))
        for number, at in versions:
            highest[number] = max(highest.get(number, at), at)
    assert {key[-1]: held["sequence"] for key, held in lasting.held().items()} == highest


def test_of_many_clients_on_one_key_the_highest_stays(sandbox: Sandbox) -> None:
    token = sandbox.token()

    def send(sequences: list[int]) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            for sequence in sequences:
                answer = session.post(f"{sandbox.gateway}/bulk", json=bulk(deployment(sequence=sequence)))
                assert answer.status_code == 202

    shuffled = random.Random(3).sample(range(200), 200)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, [shuffled[start::4] for start in range(4)]))
    assert [held["sequence"] for held in sandbox.held().values()] == [199]
