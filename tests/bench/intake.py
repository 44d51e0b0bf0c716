"""How fast submissions are taken, beside something plain that writes rows."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import requests

from tests.bench import bodies_of, load
from tests.bench.row import Row
from tests.bench.started import Started, free_port
from tests.payloads import bulk, deployment

SENDERS = 4


def intake_of_one(started: Started, seconds: float) -> Row:
    """One deployment per request, beside a plain view that inserts one row."""
    body = bulk(deployment(1))
    with _plain_view(started) as plain_url:
        theirs = best(
            lambda: load.post(plain_url, itertools.repeat(body), senders=SENDERS, seconds=seconds / 2).per_second
        )
        bodies = (bulk(deployment(number)) for number in itertools.count(1_000_000))
        ours = best(
            lambda: (
                load.post(started.bulk(), bodies, senders=SENDERS, seconds=seconds / 2, token=started.token).per_second
            )
        )
    return Row(
        "intake, 1 deployment per request", ours, theirs, "requests/s", ours / theirs, "≥ 0.50", ours / theirs >= 0.5
    )


def intake_of_a_hundred(started: Started, seconds: float) -> Row:
    """A hundred deployments per request, beside psycopg's pipelined executemany into one table."""
    theirs = best(lambda: _executemany(started, seconds / 2))
    starts = itertools.count(10_000_000, 100)
    bodies = (bulk(*[deployment(number) for number in range(start, start + 100)]) for start in starts)
    prepared = iter(list(itertools.islice(bodies, int(seconds * 400))))
    with started.paused_lane():
        ours = 100 * best(
            lambda: (
                load.post(
                    started.bulk(), prepared, senders=SENDERS, seconds=seconds / 2, token=started.token
                ).per_second
            )
        )
    return Row(
        "intake, 100 deployments per request", ours, theirs, "rows/s", ours / theirs, "≥ 0.25", ours / theirs >= 0.25
    )


def intake_of_kinds(started: Started, seconds: float) -> list[Row]:
    """Builds and development information, beside the same pipelined executemany."""
    plain = best(lambda: _executemany(started, seconds / 4))
    rows = []
    for name, api, bodies in bodies_of.OTHER_KINDS:
        prepared = iter(list(itertools.islice(bodies(), int(seconds * 60))))
        url = started.bulk(api)
        with started.paused_lane():
            done = load.post(url, prepared, senders=2, seconds=seconds / 2, token=started.token)
        ours = done.per_second * bodies_of.IN_A_REQUEST[api]
        rows.append(Row(f"intake, {name}", ours, plain, "rows/s", ours / plain, "none set", True))
    return rows


def best(measure: Callable[[], float]) -> float:
    """The better of two runs: the first one also warms up."""
    return max(measure(), measure())


@contextmanager
def _plain_view(started: Started) -> Iterator[str]:
    with psycopg.connect(started.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_plain")
        connection.execute(
            "CREATE TABLE bench_plain (id bigserial PRIMARY KEY, body bytea NOT NULL, received_at timestamptz NOT NULL)"
        )
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", str(SENDERS), "--no-ws", "tests.bench.plain:application"),
    ]
    environ = {
        **os.environ,
        "BENCH_DATABASE": str(started.database["NAME"]),
        "BENCH_USER": str(started.database["USER"]),
        "BENCH_HOST": str(started.database["HOST"]),
    }
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/insert"
        until_it_answers(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def until_it_answers(url: str) -> None:
    """Wait for a server that was just started, ten seconds at most."""
    for _ in range(100):
        try:
            requests.post(url, data=b"{}", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def _executemany(started: Started, seconds: float) -> float:
    """Rows per second of the same hundred rows, a transaction each hundred, over one connection."""
    numbers = itertools.count()
    with psycopg.connect(started.dsn) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_rows")
        connection.execute(
            "CREATE TABLE bench_rows (id bigserial PRIMARY KEY, number bigint, sequence bigint, state text, name text,"
            " label text, url text, pipeline text, environment text, kind text, issues text[], payload text)"
        )
        connection.commit()
        until = time.perf_counter() + seconds
        rows = 0
        with connection.cursor() as cursor:
            while time.perf_counter() < until:
                cursor.executemany(
                    "INSERT INTO bench_rows (number, sequence, state, name, label, url, pipeline, environment, kind,"
                    " issues, payload) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [_as_row(deployment(number)) for number in itertools.islice(numbers, 100)],
                )
                connection.commit()
                rows += 100
        return rows / seconds


def _as_row(made: dict[str, Any]) -> tuple[Any, ...]:
    return (
        made["deploymentSequenceNumber"],
        made["updateSequenceNumber"],
        made["state"],
        made["displayName"],
        made["label"],
        made["url"],
        made["pipeline"]["id"],
        made["environment"]["id"],
        made["environment"]["type"],
        made["associations"][0]["values"],
        json.dumps(made),
    )
