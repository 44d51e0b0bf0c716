"""Starts parts, starts them again when they die, and ends them."""

import time
from collections.abc import Callable

from . import told
from .part import Part

START_SECONDS = 60.0
TICK = 0.1


class DidNotStart(Exception):
    """A part ended, or did not answer in time, at the first start."""


class Supervisor:
    """Holds the parts."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._parts: list[Part] = []

    def start(self, parts: list[Part]) -> None:
        """Start the parts side by side and wait until each answers. Raises `DidNotStart`."""
        for part in parts:
            self.launch(part)
        deadline = time.monotonic() + START_SECONDS
        while not all(part.ready for part in parts):
            for part in parts:
                self._look_at_starting(part, deadline)
            time.sleep(TICK / 4)

    def launch(self, part: Part) -> None:
        """Start a part without waiting for it."""
        with told.not_now():
            self._parts.append(part)
            part.start()

    def keep(self, look: Callable[[], None]) -> None:
        """Keep every part running until a signal raises KeyboardInterrupt; `look` is called once a second."""
        looked_at = 0.0
        while True:
            now = time.monotonic()
            for part in list(self._parts):
                self._keep(part, now)
            if now - looked_at > 1:
                look()
                looked_at = now
            time.sleep(TICK)

    def stop(self) -> None:
        """End every part: those that outlive the others after them."""
        for part in self._parts:
            if not part.outlives:
                part.ask_to_end()
        for part in sorted(self._parts, key=lambda part: part.outlives):
            part.stop()

    def _look_at_starting(self, part: Part, deadline: float) -> None:
        code = part.ended()
        if code is not None:
            raise DidNotStart(f"{part.name} {_ending(code)} before it was ready. {part.log}:\n{part.last_lines()}")
        if not part.ready and part.answers():
            self._say_ready(part)
        elif not part.ready and time.monotonic() > deadline:
            raise DidNotStart(
                f"{part.name} did not answer within {START_SECONDS:.0f} s. {part.log}:\n{part.last_lines()}"
            )

    def _keep(self, part: Part, now: float) -> None:
        code = part.ended()
        if part.once and code == 0:
            self._parts.remove(part)
        elif code is not None:
            part.clear_away()
            pause = part.plan_again(now)
            self._say(f"{part.name:<9} {_ending(code)}; it is started again in {pause:.0f} s ({part.log})")
        elif part.start_again_at is not None and now >= part.start_again_at:
            with told.not_now():
                part.start()
        elif not part.ready and part.start_again_at is None and part.answers():
            self._say_ready(part)

    def _say_ready(self, part: Part) -> None:
        part.ready = True
        if not part.once:
            self._say(ready_line(part.name, time.monotonic() - part.started_at, part.where))


def ready_line(name: str, seconds: float, where: str) -> str:
    return f"{name:<9} ready in {seconds:.1f} s  {where}".rstrip()


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
