"""The doorbell: tells the workers that a lane has work, off the request's path.

A ring is a hint and may be lost: beat rings every few seconds for whatever is due. So a request never
waits for the broker and never fails with it; rings that come close together are one message.
"""

import logging
import threading

from kombu.exceptions import OperationalError

from . import tasks

log = logging.getLogger(__name__)

_PAUSE = 0.02  # Seconds in which further rings for a lane join the one that just went out.
# Numbers that no lane has: they stand for the read-backs that are due, the errands that run, and the clean-ups.
_READINGS = 0
_ERRANDS = -1
_CLEANUPS = -2


class _Bell:
    """A thread of this process that turns rings into messages."""

    def __init__(self) -> None:
        self._rung: set[int] = set()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, lane_id: int) -> None:
        with self._change:
            self._rung.add(lane_id)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
            self._change.notify()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self._change:
                while not self._rung:
                    self._change.wait()
                rung, self._rung = self._rung, set()
            for lane_id in rung:
                self._send(lane_id)
            pause.wait(_PAUSE)

    def _send(self, lane_id: int) -> None:
        others = {_READINGS: tasks.read_back, _ERRANDS: tasks.run_errands, _CLEANUPS: tasks.clean_up}
        try:
            task, arguments = (others[lane_id], ()) if lane_id in others else (tasks.deliver, (lane_id,))
            task.apply_async(arguments, retry=False, expires=60)
        except (OperationalError, OSError) as error:
            log.warning("the broker cannot be reached, beat will ring later: %s", type(error).__name__)
        except Exception:
            log.exception("ringing failed, beat will ring later")


_bell = _Bell()


def ring(lane_id: int) -> None:
    """Say that a lane has work."""
    _bell.ring(lane_id)


def ring_readings() -> None:
    """Say that read-backs are due."""
    _bell.ring(_READINGS)


def ring_errands() -> None:
    """Say that an errand may go on."""
    _bell.ring(_ERRANDS)


def ring_cleanups() -> None:
    """Say that a clean-up may go on."""
    _bell.ring(_CLEANUPS)
