"""A part of Waybill that runs as a process of its own, with its log below the data directory."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
LONGEST_LOG = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@dataclass
class Part:
    """`answers` says whether the part is ready, and `where` stands on its line.

    A part that runs `once` may end with 0; one that `outlives` is asked to end only when the others have.
    """

    name: str
    command: list[str]
    log: Path
    environ: Mapping[str, str]
    answers: Callable[[], bool] = lambda: True
    where: str = ""
    once: bool = False
    outlives: bool = False
    grace: float = 3.0
    ready: bool = field(default=False, init=False)
    started_at: float = field(default=0.0, init=False)
    start_again_at: float | None = field(default=None, init=False)
    _pause: float = field(default=0.5, init=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches `up` alone, which ends it in order."""
        self.log.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LONGEST_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))
        self.ready, self.start_again_at, self.started_at = False, None, time.monotonic()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def ended(self) -> int | None:
        """The exit code of a process that ended by itself; negative for a signal's number."""
        return self._process.poll() if self._process else None

    def clear_away(self) -> None:
        """Kill what a process that ended by itself has left of its group, and forget it."""
        if self._process:
            _signal_group(self._process.pid, signal.SIGKILL)
        self._process = None

    def plan_again(self, now: float) -> float:
        """Plan the next start, after a pause that grows while the part does not stay up. Returns the pause."""
        if now - self.started_at > STEADY_SECONDS:
            self._pause = 0.5
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self.start_again_at = now + self._pause
        return self._pause

    def ask_to_end(self) -> None:
        """Send the process SIGTERM."""
        if self._process:
            self._process.terminate()

    def stop(self) -> None:
        """Ask the process to end, and kill its group when it has not after its grace."""
        self.start_again_at = None
        if self._process is None:
            return
        self.ask_to_end()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.grace)
        _signal_group(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def last_lines(self) -> str:
        """The end of the log, for a part that did not start."""
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join(f"    {line}" for line in lines)


def die_with_parent() -> None:
    """Runs in a new process. Linux ends it when its parent dies without having had the time to."""
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, sign)
