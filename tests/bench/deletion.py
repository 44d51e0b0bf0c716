"""What a clean-up costs at size: its preview, its marking, and how long a submission waits meanwhile."""

import json
import os
import subprocess
import sys
import threading
import time

import psycopg

from devops_sync import environment
from tests.bench.delivery import post_one
from tests.bench.finished import worker_stopped
from tests.bench.row import Row
from tests.bench.started import Started
from tests.payloads import bulk, deployment

MANY = int(os.environ.get("BENCH_DELETED", "100000"))
ACCOUNT = "bench-gone"


def deletion(started: Started, _seconds: float) -> list[Row]:
    """A clean-up of so many deployments, up to its place in the lane, while a client submits one after the other."""
    post_one(started, bulk(deployment(1, pipeline=_PIPELINE), properties={"account": ACCOUNT}))
    started.settle()
    with worker_stopped(started):
        _pile(started)
        sender = _Sender(started)
        found = _cleaned(started)
        sender.stop()
    waited, alone = sender.longest(*found["marking"]), sender.longest(*found["idle"])
    preview = sorted(found["previews"])[max(round(len(found["previews"]) * 0.95) - 1, 0)]
    began, ended = found["marking"]
    return [
        _row(f"preview of {MANY:,} deployments, p95", preview, 0.3),
        _row(f"marking {found['marked']:,} deployments", ended - began, 5.0),
        _row("  the last step of it, alone with the lane", found["alone"], 0.1),
        _row("  the longest submission meanwhile", waited, 0.1),
        Row("  the longest submission before", alone, None, "s", alone, "", True),
        Row("taking it back", found["back"], None, "s", found["back"], "", True),
    ]


_PIPELINE = {"id": "bench-gone", "displayName": "bench-gone", "url": "https://ci.example/gone"}


def _row(name: str, seconds: float, aim: float) -> Row:
    return Row(name, seconds, None, "s", seconds, f"≤ {aim:g} s", seconds <= aim)


class _Sender:
    """A client that submits one deployment after the other, and remembers when and how long it took."""

    def __init__(self, started: Started):
        self._started, self._stop = started, threading.Event()
        self._took: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            body = bulk(deployment(number, sequence=number), properties={"account": "bench-stays"})
            began = time.monotonic()
            post_one(self._started, body)
            self._took.append((began, time.monotonic()))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def longest(self, after: float, before: float) -> float:
        """Seconds, of those that were on their way between two instants."""
        return max((ended - began for began, ended in self._took if ended >= after and began <= before), default=0.0)


def _cleaned(started: Started) -> dict[str, object]:
    environ = {name: value for name, value in os.environ.items() if name not in environment.VARIABLES}
    environ["WAYBILL_DATA"] = started.up["data"]
    command = [sys.executable, "-m", "tests.bench.cleaning", ACCOUNT]
    return json.loads(subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout)


def _pile(started: Started) -> None:
    """Write so many deployments of the account, as a worker left them behind when Jira had accepted them."""
    with psycopg.connect(started.dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        names = [name for (name,) in connection.execute(_COLUMNS).fetchall()]
        connection.execute(_ENTRIES, {"many": MANY})
        connection.execute(
            f"""
            INSERT INTO deployment (entry_id, number, {", ".join(names)})
            SELECT entry.id, (entry.key::json ->> 2)::bigint, {", ".join(f"model.{name}" for name in names)}
            FROM deployment AS model, entry
            WHERE model.pipeline_id = 'bench-gone' AND model.number = 1 AND entry.site_id = model.site_id
              AND entry.kind = 'deployment' AND entry.key LIKE '["bench-gone",%' AND entry.id <> model.entry_id
            """
        )
        connection.execute("VACUUM ANALYZE entry")
        connection.execute("VACUUM ANALYZE deployment")


_COLUMNS = """
SELECT attname::text FROM pg_attribute
WHERE attrelid = 'deployment'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  AND attname NOT IN ('id', 'entry_id', 'number')
"""
_ENTRIES = """
WITH model AS (
    SELECT entry.* FROM entry JOIN deployment AS held ON held.entry_id = entry.id
    WHERE held.pipeline_id = 'bench-gone' AND held.number = 1
)
INSERT INTO entry (kind, position, key, sequence, payload, mends, lane_id, outcome, outcome_at, errors,
    submission_id, site_id, envelope_id, unknown_issues, read_back)
SELECT kind, number, '["bench-gone","staging",' || number || ']', 1, payload, '[]',
    lane_id, 'accepted', now(), '[]', submission_id, site_id, envelope_id, '{}', 'not_read'
FROM model, generate_series(2, %(many)s) AS number
"""
