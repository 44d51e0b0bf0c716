"""Which parts there are, and with which commands they run."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from . import hold, port, worker
from .part import Part

# A request may wait for Jira for 30 seconds (`Prefer: wait`) and holds a thread meanwhile.
# `devops_sync.patience` lets slow bodies hold half of them.
WEB_THREADS = 32
# Those that say nothing are counted, too; `devops_sync.wsgi` has files for all of them.
WEB_CONNECTIONS = 2048
LONGEST_WEB_GROUP = 4


def web(settings: Any, mark: str, host: str, number: int) -> Part:
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    allowed = settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost")
    processes = max(1, min(LONGEST_WEB_GROUP, (os.cpu_count() or 1) // 2))
    return _part(
        settings,
        mark,
        "web",
        [
            *("-m", "granian", "devops_sync.wsgi:application", "--interface", "wsgi", "--no-ws"),
            # A slow body ends with its connection, which in HTTP/2 is not its own.
            *("--http", "1"),
            *("--host", host, "--port", str(number), "--workers", str(processes)),
            # Requests beyond the threads wait in line; none is refused before the backlog is full.
            *("--blocking-threads", str(WEB_THREADS), "--backlog", "2048"),
            *("--backpressure", str(WEB_CONNECTIONS)),
            *("--workers-kill-timeout", "2", "--log-level", "warning"),
        ],
        answers=lambda: port.answers(reachable, number, "/healthz", allowed),
        where=url(reachable, number),
    )


def celery(settings: Any, mark: str) -> Part:
    """The worker, with beat inside. A message is a doorbell only, so old ones are thrown away."""
    if settings.ENVIRONMENT.broker_is_embedded:
        broker = settings.ENVIRONMENT.data / "broker"
        shutil.rmtree(broker, ignore_errors=True)
        for name in ("queue", "control"):
            (broker / name).mkdir(parents=True)
    ready = settings.ENVIRONMENT.data / "worker.ready"
    ready.unlink(missing_ok=True)
    part = _part(
        settings,
        mark,
        "worker",
        [
            *(
                "-m",
                "celery",
                "-A",
                "devops_sync.up.worker",
                "worker",
                "--pool",
                "threads",
                "--concurrency",
                "4",
            ),
            *("--beat", "--scheduler", "devops_sync.up.worker:Schedule"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "WARNING"),
        ],
        answers=lambda: _taken_away(ready),
        where="with beat, " + ("file broker" if settings.ENVIRONMENT.broker_is_embedded else "CELERY_BROKER_URL"),
    )
    part.environ = {**part.environ, worker.READY: str(ready)}
    return part


def sandbox(settings: Any, mark: str, number: int) -> Part:
    return _part(
        settings,
        mark,
        "sandbox",
        [_manage(settings), "sandbox", "--port", str(number)],
        answers=lambda: port.answers("127.0.0.1", number, "/_edge/tenant_info", f"127.0.0.1:{number}"),
        where=url("127.0.0.1", number),
        outlives=True,
    )


def feed(settings: Any, mark: str) -> Part:
    return _part(settings, mark, "demo", [_manage(settings), "demo", "--feed"], once=True, grace=1.0)


def url(host: str, number: int) -> str:
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"


def _part(settings: Any, mark: str, name: str, arguments: list[str], **more: Any) -> Part:
    data: Path = settings.ENVIRONMENT.data
    paths = [str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {
        **os.environ,
        hold.MARK: mark,
        "WAYBILL_DATA": str(data),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
    }
    return Part(name, [sys.executable, *arguments], data / "log" / f"{name}.log", environ, **more)


def _manage(settings: Any) -> str:
    return str(settings.BASE_DIR / "manage.py")


def _taken_away(note: Path) -> bool:
    """Whether the note lay there; it is removed, so that the next start has to lay it anew."""
    try:
        note.unlink()
    except FileNotFoundError:
        return False
    return True
