"""How fast what waits is delivered, and how soon a single one arrives."""

import itertools
import statistics
import time

import requests

from tests.bench import bodies_of
from tests.bench.intake import best
from tests.bench.row import Row
from tests.bench.started import Started
from tests.payloads import bulk, deployment


def delivery(started: Started, seconds: float) -> list[Row]:
    """What waits, delivered by the worker, beside a loop that posts one deployment at a time."""
    started.ring()
    started.settle()
    theirs = best(lambda: _one_by_one(started, seconds / 2))
    prepared = (
        bulk(*[deployment(number) for number in range(start, start + 100)])
        for start in itertools.count(50_000_000, 100)
    )
    began = time.time()
    ours = _delivered(started, "deployments", list(itertools.islice(prepared, 60))) * 100
    outside = 1 - _seconds_in_http(started, began) / (6_000 / ours)
    rows = [
        Row("delivery by the worker", ours, theirs, "deployments/s", ours / theirs, "≥ 5", ours / theirs >= 5),
        Row("share of that time outside HTTP", outside, None, "of 1", outside, "none set", True),
    ]
    for name, api, bodies in bodies_of.OTHER_KINDS:
        waiting = list(itertools.islice(bodies(200_000_000), 6_000 // bodies_of.IN_A_REQUEST[api]))
        ours = _delivered(started, api, waiting) * bodies_of.IN_A_REQUEST[api]
        rows.append(Row(f"delivery, {name}", ours, theirs, "entities/s", ours / theirs, "none set", True))
    return rows


def _seconds_in_http(started: Started, since: float) -> float:
    """How long the requests took together that left since then, in seconds of the epoch."""
    took = "SELECT extract(epoch FROM sum(finished_at - started_at))::float FROM delivery"
    return float(started.query(f"{took} WHERE started_at > to_timestamp(%s)", since)[0][0])


def _delivered(started: Started, api: str, bodies: list[bytes]) -> float:
    """Submissions per second that the worker delivers, of these that waited."""
    with started.paused_lane():
        for body in bodies:
            post_one(started, body, api)
    began = time.perf_counter()
    started.ring()
    started.settle()
    return len(bodies) / (time.perf_counter() - began)


def post_one(started: Started, body: bytes, api: str = "deployments") -> None:
    """One request through the gateway."""
    answer = requests.post(
        started.bulk(api),
        data=body,
        headers={"Authorization": f"Bearer {started.token}", "Content-Type": "application/json"},
        timeout=60,
    )
    if answer.status_code != 202:
        raise RuntimeError(f"the gateway answered {answer.status_code}")


def acceptance(started: Started, seconds: float) -> Row:
    """Seconds from the 202 to Jira's acceptance, on an idle system."""
    started.settle()
    waits = []
    for number in range(90_000_000, 90_000_000 + max(20, int(seconds * 5))):
        post_one(started, bulk(deployment(number)))
        answered_at = time.time()
        time.sleep(0.15)
        waits.append(started.accepted_at(number) - answered_at)
    p95 = statistics.quantiles(waits, n=20)[18]
    return Row("from the 202 to Jira's acceptance, p95", p95, None, "s", p95, "< 1", p95 < 1)


def _one_by_one(started: Started, seconds: float) -> float:
    """Deployments per second of a plain loop that posts one at a time to the same sandbox."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {started.jira_token()}"
    until = time.perf_counter() + seconds
    count = 0
    while time.perf_counter() < until:
        body = bulk(deployment(70_000_000 + count))
        session.post(started.jira_bulk, data=body, timeout=30).raise_for_status()
        count += 1
    return count / seconds
