"""What goes wrong around the processes, in its order, while they are at work."""

import contextlib
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kombu

from tests.chaos.crew import Crew
from tests.chaos.world import World

# Longer than a lease, so that another worker has the lane by then.
FROZEN_SECONDS = 16.0
AWAY_SECONDS = 3.0
_BETWEEN_KILLS = (8.0, 16.0)
_BETWEEN_TERMS = (15.0, 25.0)
_BETWEEN_PLANNED = 3.0


class Storm:
    """Everything that happens once, each when a part of the kills is done, and what happens again and again."""

    def __init__(self, world: World, crew: Crew, broker: str, draw: random.Random):
        self._world, self._crew, self._broker, self._draw = world, crew, broker, draw
        self.met: Counter[str] = Counter()
        self._planned: list[tuple[float, str, Callable[[], None]]] = [
            (0.08, "tokens revoked", world.revoke_tokens),
            (0.12, "worker stopped for longer than its lease", self._freeze),
            (0.2, "PostgreSQL restarted", lambda: world.restart_database(AWAY_SECONDS)),
            (0.3, "transaction held open", world.open_transaction),
            (0.4, "broker emptied and restarted", self._lose_broker),
            (0.5, "worker stopped for longer than its lease", self._freeze),
            (0.6, "tokens revoked", world.revoke_tokens),
            (0.7, "broker emptied and restarted", self._lose_broker),
            (0.8, "transaction closed", world.close_transaction),
        ]
        self._later: list[tuple[float, Callable[[], None]]] = []
        now = time.monotonic()
        self._next_kill, self._next_term, self._next_planned = now + 5, now + 10, now

    @property
    def is_over(self) -> bool:
        return not self._planned and not self._later

    def blow(self, progress: float) -> None:
        """Do what is due when so much of the run is done."""
        now = time.monotonic()
        for at, act in [one for one in self._later if one[0] <= now]:
            self._later.remove((at, act))
            self._crew.say("… and it is over")
            act()
        # One after the other, so that each has its own moment.
        if self._planned and self._planned[0][0] <= progress and not self._later and now > self._next_planned:
            _, name, act = self._planned.pop(0)
            self.met[name] += 1
            self._crew.say(name)
            act()
            self._next_planned = time.monotonic() + _BETWEEN_PLANNED
        if now > self._next_kill:
            self._crew.kill_one()
            self._next_kill = now + self._draw.uniform(*_BETWEEN_KILLS)
        if now > self._next_term:
            self._crew.term_one()
            self._next_term = now + self._draw.uniform(*_BETWEEN_TERMS)

    def _freeze(self) -> None:
        name = self._crew.freeze_one()
        self._later.append((time.monotonic() + FROZEN_SECONDS, lambda: self._crew.thaw(name)))

    def _lose_broker(self) -> None:
        if self._broker == "file":
            folder = self._world.data / "broker"
            shutil.rmtree(folder, ignore_errors=True)
            self._later.append((time.monotonic() + AWAY_SECONDS, lambda: _lay(folder)))
        else:
            delete_queue(self._broker, self._crew.queue)


def _lay(folder: Path) -> None:
    for name in ("queue", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def delete_queue(broker: str, queue: str) -> None:
    """Delete the queue with all that is in it, and the exchange, so that every consumer is cut off."""
    with kombu.Connection(broker) as connection, contextlib.suppress(Exception):
        channel: Any = connection.channel()
        channel.queue_purge(queue)
        channel.queue_delete(queue)
        channel.exchange_delete(queue)
