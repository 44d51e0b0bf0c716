"""A real `manage.py up` for a test, with a data directory and ports of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from devops_sync.up.part import die_with_parent
from tests import tables

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0
STOP_SECONDS = 120.0


@dataclass
class Up:
    """`up` is what `up.json` says; `data` is the data directory."""

    process: "subprocess.Popen[str]"
    data: Path
    up: dict[str, Any]
    said: Path

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """End it in good order and give its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(STOP_SECONDS)

    def child(self, name: str) -> psutil.Process:
        """The process of a part, by a word of its command line."""
        (found,) = [each for each in psutil.Process(self.process.pid).children() if name in each.cmdline()]
        return found


def launch(data: Path, *options: str, environ: dict[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start `manage.py up` without waiting for it. What it says goes to `said` beside the data directory."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with said_by(data).open("w") as output:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", *options],
            env={**inherited, "WAYBILL_DATA": str(data), **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            # A test run that is killed takes it along; else it would run for ever.
            preexec_fn=die_with_parent,
        )


def start(data: Path, *options: str, environ: dict[str, str] | None = None, fresh: bool = False) -> Up:
    """Start `manage.py up` and wait until everything answers.

    A data directory without a database is given one with the tables made, unless it is to be `fresh`.
    """
    if "--port" not in options:
        options = ("--port", str(free_port()), *options)
    if not fresh:
        tables.lay(data)
    process = launch(data, *options, environ=environ)
    deadline = time.monotonic() + START_SECONDS
    while not (data / "up.json").exists() or "Ctrl-C" not in said_by(data).read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"up did not start:\n{said_by(data).read_text()}")
        time.sleep(0.05)
    return Up(process, data, json.loads((data / "up.json").read_text()), said_by(data))


@contextlib.contextmanager
def started(data: Path, *options: str, environ: dict[str, str] | None = None, fresh: bool = False) -> Iterator[Up]:
    """`manage.py up` for as long as this lasts."""
    up = start(data, *options, environ=environ, fresh=fresh)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.stop()


def said_by(data: Path) -> Path:
    return data.with_name(f"{data.name}.said")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])
