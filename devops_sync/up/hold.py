"""One `up` on a data directory at a time, and what a killed one left behind.

The lock file holds the process id and a mark. Every part that `up` starts carries the mark in its environment, and
so do the processes that a part starts; thus a later `up` knows for certain what it may end.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import psutil

from ..processes import still_running

MARK = "WAYBILL_UP"


class Held(Exception):
    """Another `up` runs on this data directory, or it is gone."""


@contextmanager
def hold(data: Path) -> Iterator[str]:
    """Hold the data directory, end what a killed `up` left running there, and give this one's mark."""
    path = data / "up.lock"
    lock = _lock(path)
    try:
        _, _, left_mark = lock.read().partition(" ")
        if left_mark:
            end_marked(left_mark)
        mark = secrets.token_hex(16)
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()} {mark}")
        lock.flush()
        yield mark
    finally:
        path.unlink(missing_ok=True)
        lock.close()


def require(data: Path) -> None:
    """Raise `Held` when somebody removed the data directory, in which case there is nothing left to keep running."""
    if not (data / "up.lock").exists():
        raise Held(f"The data directory {data} was removed while Waybill ran on it.")


def end_marked(mark: str) -> None:
    """End every process that carries the mark."""
    left = [process for process in psutil.process_iter() if _mark_of(process) == mark]
    for process in left:
        with suppress(psutil.Error):
            process.terminate()
    for process in still_running(left, 3):
        with suppress(psutil.Error):
            process.kill()
    still_running(left, 3)


def _lock(path: Path) -> TextIO:
    while True:
        lock = path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().partition(" ")[0]
            lock.close()
            raise Held(
                f"Waybill is already running on {path.parent} (process {holder}): stop it, or give this one its own "
                "WAYBILL_DATA."
            ) from None
        # An `up` that ended just now may have removed the file between its opening and its locking here.
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(lock.fileno())):
                lock.seek(0)
                return lock
        lock.close()


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
