"""A steady mixed load with faults: nothing may grow that does not belong to the data.

python -m tests.bench --soak 10    ten minutes of 20 submissions a second, a tenth of Jira's answers faulty
"""

import itertools
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.bench.row import Row
from tests.bench.started import Started
from tests.payloads import build, bulk_of, commit, deployment, repository

PER_SECOND = 20
SENDERS = 4
SAMPLE_SECONDS = 5.0
FAULTS = {"500": 0.02, "503": 0.02, "429": 0.02, "reset": 0.02, "drop": 0.02}
_TABLES = ["entry", "submission", "delivery", "lane", "deployment", "build", "commit", "repository", "confirmation"]
_PROPERTIES = ("anna", "berta", "carla")


@dataclass
class Seen:
    """What was sampled of one process, in the order of time."""

    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)


def soak(started: Started, minutes: float) -> list[Row]:
    """Load it, and compare the last fifth of the samples with the second: the first warms up."""
    requests.post(f"{started.up['sandbox_url']}/_sandbox/settings", json={"faults": FAULTS}, timeout=10)
    until = time.monotonic() + minutes * 60
    refused: list[int] = []
    senders = [threading.Thread(target=_send, args=(started, number, until, refused)) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    processes: dict[str, Seen] = {}
    connections: list[int] = []
    dead: list[float] = []
    while time.monotonic() < until:
        time.sleep(SAMPLE_SECONDS)
        for pid, name in _ours(started):
            seen = processes.setdefault(f"{name} {pid}", Seen())
            seen.memory.append(_memory(pid))
            seen.files.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
        connections.append(
            int(started.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")[0][0])
        )
        dead.append(_dead_share(started))
    for sender in senders:
        sender.join()
    requests.post(f"{started.up['sandbox_url']}/_sandbox/settings", json={"faults": {}}, timeout=10)
    started.settle()
    grown = {name: _growth(seen.memory) for name, seen in processes.items() if len(seen.memory) > 10}
    worst = max(grown, key=lambda name: grown[name])
    files = max(_growth(seen.files, statistics.mean) for seen in processes.values() if len(seen.files) > 10)
    opened = _growth(connections, statistics.mean)
    missing = _missing(started)
    for name, seen in processes.items():
        first, middle, last = seen.memory[0], statistics.median(seen.memory), seen.memory[-1]
        print(f"{name:16} {first:7.1f} {middle:7.1f} {last:7.1f} MiB, {seen.files[0]} to {seen.files[-1]} files")
    title = f"{minutes:g} min at {PER_SECOND}/s:"
    return [
        Row(
            f"{title} memory of {worst.split()[0]}",
            grown[worst],
            None,
            "of before",
            grown[worst],
            "≤ 1.10",
            grown[worst] <= 1.1,
        ),
        Row(f"{title} open files", files, None, "of before", files, "≤ 1.10", files <= 1.1),
        Row(f"{title} connections", opened, None, "of before", 0, "≤ 1.10", opened <= 1.1),
        Row(f"{title} dead tuples", dead[-1], None, "of live", 0, "≤ 0.30", dead[-1] <= 0.3),
        Row(f"{title} refused", len(refused), None, "requests", 0, "0", not refused),
        Row(f"{title} not accounted for", missing, None, "entities", 0, "0", not missing),
    ]


def _send(started: Started, number: int, until: float, refused: list[int]) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {started.token}"
    bodies = _bodies(random.Random(number), number)
    due = time.monotonic()
    for api, body in bodies:
        due += SENDERS / PER_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
        if time.monotonic() >= until:
            return
        if body is None:
            url = (
                started.bulk(api).removesuffix("bulk")
                + f"bulkByProperties?account={random.choice(_PROPERTIES)}&run={number}"
            )
            status = session.delete(url, timeout=60).status_code
        else:
            status = session.post(started.bulk(api), data=body, timeout=60).status_code
        if status != 202:
            refused.append(status)


def _bodies(draw: random.Random, sender: int) -> Iterator[tuple[str, bytes | None]]:
    """Without end; None asks for a deletion. Keys come again, in newer versions."""
    for turn in itertools.count(1):
        api = draw.choice(("deployments", "deployments", "builds", "devinfo"))
        if turn % 200 == 0:
            yield api, None
            continue
        numbers = [sender * 10_000 + draw.randrange(2_000) for _ in range(draw.randint(1, 5))]
        around = {"properties": {"account": draw.choice(_PROPERTIES), "run": str(sender)}}
        if api == "deployments":
            yield api, bulk_of(api, *[deployment(one, turn) for one in dict.fromkeys(numbers)], **around)
        elif api == "builds":
            yield api, bulk_of(api, *[build(one, turn) for one in dict.fromkeys(numbers)], **around)
        else:
            commits = [commit(str(one), turn) for one in dict.fromkeys(numbers)]
            yield api, bulk_of(api, repository(f"r{sender}", turn, commits=commits), **around)


def _ours(started: Started) -> list[tuple[int, str]]:
    """The processes of the web server and of the worker."""
    names = {"granian": "web", "celery": "worker"}
    return [(pid, name) for pid, command in started.processes() for part, name in names.items() if part in command]


def _memory(pid: int) -> float:
    """MiB that are the process's own and resident."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _growth(samples: Sequence[float], of: Callable[[Sequence[float]], float] = statistics.median) -> float:
    """The last fifth of the samples against the second. Of what comes and goes, the means are compared."""
    fifth = max(len(samples) // 5, 1)
    return of(samples[-fifth:]) / max(of(samples[fifth : 2 * fifth] or samples), 1)


def _dead_share(started: Started) -> float:
    """Of the tables' rows together, how many are dead for each that lives."""
    ((dead, alive),) = started.query(
        "SELECT sum(n_dead_tup)::float, sum(n_live_tup)::float FROM pg_stat_user_tables WHERE relname = ANY(%s)",
        _TABLES,
    )
    return float(dead / max(alive, 1.0))


def _missing(started: Started) -> int:
    ((missing,),) = started.query("SELECT (SELECT sum(entry_count) FROM submission) - (SELECT count(*) FROM entry)")
    return int(missing)
