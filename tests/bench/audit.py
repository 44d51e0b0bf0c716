"""What the audit log costs intake, and how fast it is verified."""

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.bench import load
from tests.bench.intake import SENDERS, until_it_answers
from tests.bench.row import Row
from tests.bench.started import Started, free_port
from tests.payloads import bulk, deployment

ROWS = 200_000
ROUNDS = 9
APPLICATIONS = {"on": "devops_sync.wsgi:application", "off": "tests.bench.unaudited:application"}

# As a submission notes it.
_FILL = """
WITH noted AS (
    INSERT INTO audit_row (
        at, act, actor_kind, actor, token_id, remote_address, site_id, site, subject_kind, subject_id, subject, before,
        after
    ) SELECT now(), 'submission.received', 'token', 'ci', 1, '192.0.2.7', 1, 'retail', 'submission', id, id, '',
        '{"entries":1,"path":"/jira/deployments/0.1/cloud/x/bulk","refused":0,"sha256":"'
        || encode(sha256(id::bytea), 'hex') || '","size":700,"status":202}'
    FROM (SELECT gen_random_uuid()::text AS id FROM generate_series(1, %s)) AS made
    RETURNING id
) INSERT INTO audit_pending (row_id) SELECT id FROM noted
"""


def intake_with_the_log(started: Started, seconds: float) -> Row:
    """One deployment per request with the log on and off, by turns, so that both have the same company.

    While it is on, the worker chains what was noted: that is part of its price.
    """
    bodies = (bulk(deployment(number)) for number in itertools.count(50_000_000))
    measured: dict[str, list[float]] = {name: [] for name in APPLICATIONS}
    with ExitStack() as servers, started.paused_lane():
        urls = {name: servers.enter_context(_web(started, which)) for name, which in APPLICATIONS.items()}
        for turn, name in itertools.product(range(ROUNDS + 1), APPLICATIONS):
            done = load.post(urls[name], bodies, senders=SENDERS, seconds=seconds / 2, token=started.token)
            _until_all_is_chained(started)
            if turn:  # The first one warms up.
                measured[name].append(done.per_second)
    ours, theirs = (statistics.median(measured[name]) for name in ("on", "off"))
    ratio = statistics.median(on / off for on, off in zip(measured["on"], measured["off"], strict=True))
    return Row("intake with the audit log, beside without", ours, theirs, "requests/s", ratio, "≥ 0.90", ratio >= 0.9)


def verification(started: Started, seconds: float) -> Row:
    """The whole command, its start included."""
    started.query(_FILL, ROWS)
    _until_all_is_chained(started)
    started.query("VACUUM ANALYZE audit_row, audit_link, audit_pending")
    rows = started.query("SELECT count(*) FROM audit_link")[0][0]
    best = min(_verify(started) for _ in range(2))
    return Row("audit verify", rows / best, None, "rows/s", rows / best, "≥ 50,000", rows / best >= 50_000)


def _verify(started: Started) -> float:
    began = time.perf_counter()
    environ = {**os.environ, "WAYBILL_DATA": started.up["data"]}
    subprocess.run([sys.executable, "manage.py", "audit", "verify"], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _until_all_is_chained(started: Started) -> None:
    while started.query("SELECT 1 FROM audit_pending LIMIT 1"):
        time.sleep(0.2)


@contextmanager
def _web(started: Started, application: str) -> Iterator[str]:
    """A web process beside that of `up`, on the same database. Gives its address for deployments."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", str(SENDERS), "--no-ws", application),
    ]
    environ = {**os.environ, "WAYBILL_DATA": started.up["data"]}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_it_answers(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}/jira/deployments/0.1/cloud/{started.up['cloud_id']}/bulk"
    finally:
        process.terminate()
        process.wait(20)
