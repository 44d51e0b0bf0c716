"""What waited while Jira was away, when Jira takes only so many requests a second."""

import time

import requests

from tests.bench import load
from tests.bench.row import Row
from tests.bench.started import Started
from tests.payloads import bulk, deployment

WAITING = 10_000
REQUESTS_PER_SECOND = 10


def rate_limited(started: Started, _seconds: float) -> Row:
    """10,000 submissions of one deployment each, beside what one request for each would take at that limit."""
    bodies = (bulk(deployment(number)) for number in range(300_000_000, 300_000_000 + WAITING))
    with started.paused_lane():
        load.post(started.bulk(), bodies, senders=4, token=started.token)
    settings = f"{started.up['sandbox_url']}/_sandbox/settings"
    requests.post(settings, json={"rate": f"{REQUESTS_PER_SECOND}/s"}, timeout=10).raise_for_status()
    try:
        began = time.perf_counter()
        started.ring()
        started.settle()
        took = time.perf_counter() - began
    finally:
        requests.post(settings, json={"rate": None}, timeout=10).raise_for_status()
    alone = WAITING / REQUESTS_PER_SECOND
    return Row("10,000 waiting, Jira takes 10 requests/s", took, alone, "s", alone / took, "≥ 40", alone / took >= 40)
