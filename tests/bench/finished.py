"""Whether the work on a queue slows as finished work piles up behind it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from devops_sync import environment
from tests.bench.delivery import post_one
from tests.bench.row import Row
from tests.bench.started import Started
from tests.payloads import bulk, deployment

FEW = 10_000
# Ten million take several minutes and some gigabytes to write: BENCH_FINISHED=10000000.
MANY = int(os.environ.get("BENCH_FINISHED", "1000000"))


def piled_up(started: Started, _seconds: float) -> Row:
    """Claiming a lane and building its next request, with much finished behind it and with little."""
    started.settle()
    with worker_stopped(started):
        _pile(started, FEW)
        for first in range(400_000_000, 400_000_200, 20):
            post_one(started, bulk(*[deployment(number) for number in range(first, first + 20)]))
        few = _claiming(started)
        _pile(started, MANY)
        many = _claiming(started)
    times = many / few
    name = f"claim and batch, {MANY:,} finished behind"
    return Row(name, many * 1000, few * 1000, "ms", times, "≤ 1.50", times <= 1.5)


def _claiming(started: Started) -> float:
    """Seconds; the better of three."""
    environ = {name: value for name, value in os.environ.items() if name not in environment.VARIABLES}
    environ["WAYBILL_DATA"] = started.up["data"]
    command = [sys.executable, "-m", "tests.bench.claiming"]
    return min(float(subprocess.run(command, env=environ, check=True, capture_output=True).stdout) for _ in range(3))


@contextmanager
def worker_stopped(started: Started) -> Iterator[None]:
    """Let the worker take nothing meanwhile."""
    worker = next(pid for pid, command in started.processes() if "celery" in command)
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def _pile(started: Started, many: int) -> None:
    """Write so many accepted entries into the lane, each with a key of its own, in one submission."""
    with psycopg.connect(started.dsn, autocommit=True) as connection:
        # Every row refers to what the statement has just read: no need to check that ten million times.
        connection.execute("SET session_replication_role = replica")
        connection.execute(PILE, [many, many])
        connection.execute("VACUUM ANALYZE entry")


# As the ledger and a worker leave them behind. Bytes and entries of a single submission, since only the entries matter.
PILE = """
WITH model AS (
    SELECT entry.site_id, entry.lane_id, entry.envelope_id FROM entry JOIN lane ON lane.id = entry.lane_id
    WHERE lane.api = 'deployments' LIMIT 1
), one AS (
    INSERT INTO submission (id, site_id, api, path, received_at, validated_at, size, status, refusal, entry_count,
        refused_count)
    SELECT gen_random_uuid(), site_id, 'deployments', '/bulk', now(), now(), 0, 202, '', %s, 0 FROM model
    RETURNING id
)
INSERT INTO entry (kind, position, key, sequence, payload, mends, lane_id, outcome, outcome_at, errors,
    submission_id, site_id, envelope_id, unknown_issues, read_back)
SELECT 'deployment', number, '["piled","' || one.id || '",' || number || ']', 1, '{"state":"successful"}', '[]',
    lane_id, 'accepted', now(), '[]', one.id, site_id, envelope_id, '{}', 'not_read'
FROM model, one, generate_series(1, %s) AS number
"""
