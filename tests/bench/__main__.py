"""`make bench`: measures a started Waybill and prints one table; `bench.json` goes into the data directory.

Every figure is a ratio to something plain, measured in the same run against the same PostgreSQL.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests

from tests.bench import load
from tests.bench.started import Started, free_port, start
from tests.payloads import build, bulk, bulk_of, commit, deployment, repository

SENDERS = 4


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is what the aim is set for."""

    name: str
    ours: float
    theirs: float | None
    unit: str
    ratio: float
    aim: str
    reached: bool


def main() -> int:
    """Measure everything and print the table."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--data", type=Path, default=Path(os.environ.get("WAYBILL_DATA") or "var"))
    options.add_argument("--seconds", type=float, default=8.0, help="how long each load lasts")
    asked = options.parse_args()
    with start(asked.data.resolve() / "bench") as started:
        measured = [measure(started, asked.seconds) for measure in MEASURES]
        rows = [row for found in measured for row in (found if isinstance(found, list) else [found])]
    report = {"machine": _machine(), "postgresql": started.postgresql, "rows": [asdict(row) for row in rows]}
    asked.data.mkdir(parents=True, exist_ok=True)
    (asked.data / "bench.json").write_text(json.dumps(report, indent=2) + "\n")
    print(_table(rows, report["machine"], started.postgresql))
    return 0


def intake_of_one(started: Started, seconds: float) -> Row:
    """One deployment per request, beside a plain view that inserts one row."""
    body = bulk(deployment(1))
    with _plain_view(started) as plain_url:
        theirs = _best(
            lambda: load.post(plain_url, itertools.repeat(body), senders=SENDERS, seconds=seconds / 2).per_second
        )
        bodies = (bulk(deployment(number)) for number in itertools.count(1_000_000))
        ours = _best(
            lambda: (
                load.post(started.bulk(), bodies, senders=SENDERS, seconds=seconds / 2, token=started.token).per_second
            )
        )
    return Row(
        "intake, 1 deployment per request", ours, theirs, "requests/s", ours / theirs, "≥ 0.50", ours / theirs >= 0.5
    )


def intake_of_a_hundred(started: Started, seconds: float) -> Row:
    """A hundred deployments per request, beside psycopg's pipelined executemany into one table."""
    theirs = _best(lambda: _executemany(started, seconds / 2))
    starts = itertools.count(10_000_000, 100)
    bodies = (bulk(*[deployment(number) for number in range(start, start + 100)]) for start in starts)
    prepared = iter(list(itertools.islice(bodies, int(seconds * 400))))
    with started.paused_lane():
        ours = 100 * _best(
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
    plain = _best(lambda: _executemany(started, seconds / 4))
    rows = []
    for name, api, bodies in _OTHER_KINDS:
        prepared = iter(list(itertools.islice(bodies(), int(seconds * 60))))
        url = started.bulk(api)
        with started.paused_lane():
            done = load.post(url, prepared, senders=2, seconds=seconds / 2, token=started.token)
        ours = done.per_second * _IN_A_REQUEST[api]
        rows.append(Row(f"intake, {name}", ours, plain, "rows/s", ours / plain, "none set", True))
    return rows


def delivery(started: Started, seconds: float) -> list[Row]:
    """What waits, delivered by the worker, beside a loop that posts one deployment at a time."""
    started.ring()
    started.settle()
    theirs = _best(lambda: _one_by_one(started, seconds / 2))
    prepared = (
        bulk(*[deployment(number) for number in range(start, start + 100)])
        for start in itertools.count(50_000_000, 100)
    )
    ours = _delivered(started, "deployments", list(itertools.islice(prepared, 60))) * 100
    rows = [Row("delivery by the worker", ours, theirs, "deployments/s", ours / theirs, "≥ 5", ours / theirs >= 5)]
    for name, api, bodies in _OTHER_KINDS:
        waiting = list(itertools.islice(bodies(200_000_000), 6_000 // _IN_A_REQUEST[api]))
        ours = _delivered(started, api, waiting) * _IN_A_REQUEST[api]
        rows.append(Row(f"delivery, {name}", ours, theirs, "entities/s", ours / theirs, "none set", True))
    return rows


def _delivered(started: Started, api: str, bodies: list[bytes]) -> float:
    """Submissions per second that the worker delivers, of these that waited."""
    with started.paused_lane():
        for body in bodies:
            load_one(started, body, api)
    began = time.perf_counter()
    started.ring()
    started.settle()
    return len(bodies) / (time.perf_counter() - began)


def _builds(first: int = 0) -> Iterator[bytes]:
    for lowest in itertools.count(first, 100):
        yield bulk_of("builds", *[build(number) for number in range(lowest, lowest + 100)])


def _development(first: int = 0) -> Iterator[bytes]:
    for request in itertools.count(first):
        repositories = [
            repository(f"r{request}-{number}", commits=[commit(f"{request}-{n}") for n in range(400)])
            for number in range(2)
        ]
        rest = [commit(f"{request}-{n}") for n in range(200)]
        yield bulk_of("devinfo", *repositories, repository(f"r{request}-2", commits=rest))


_OTHER_KINDS = (("100 builds per request", "builds", _builds), ("1000 commits per request", "devinfo", _development))
_IN_A_REQUEST = {"builds": 100, "devinfo": 1000}


def load_one(started: Started, body: bytes, api: str = "deployments") -> None:
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
        load_one(started, bulk(deployment(number)))
        answered_at = time.time()
        time.sleep(0.15)
        waits.append(started.accepted_at(number) - answered_at)
    p95 = statistics.quantiles(waits, n=20)[18]
    return Row("from the 202 to Jira's acceptance, p95", p95, None, "s", p95, "< 1", p95 < 1)


MEASURES: tuple[Callable[[Started, float], Row | list[Row]], ...] = (
    acceptance,
    intake_of_one,
    intake_of_a_hundred,
    intake_of_kinds,
    delivery,
)


def _best(measure: Callable[[], float]) -> float:
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
        _until_it_answers(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _until_it_answers(url: str) -> None:
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


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _table(rows: list[Row], machine: str, postgresql: str) -> str:
    lines = [f"{machine}, PostgreSQL {postgresql}", ""]
    lines.append(f"{'':42}{'Waybill':>12}{'plain':>12}  {'unit':16}{'ratio':>8}  aim")
    for row in rows:
        plain = f"{row.theirs:,.0f}" if row.theirs is not None else ""
        ours = f"{row.ours:,.0f}" if row.theirs is not None else f"{row.ours:.3f}"
        mark = "reached" if row.reached else "NOT REACHED"
        ratio = f"{row.ratio:.2f}" if row.theirs is not None else ""
        lines.append(f"{row.name:42}{ours:>12}{plain:>12}  {row.unit:16}{ratio:>8}  {row.aim} {mark}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
