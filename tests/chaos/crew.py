"""The processes of Waybill in a run: workers and feeders, started again when they end, armed with the next point."""

import json
import os
import random
import signal
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from devops_sync.up.part import Part
from tests.chaos import points
from tests.chaos.environ import ARMED, CLOCK, KILLS, PLAN, QUEUE
from tests.chaos.feeder import Plan

FEEDERS = 2
WITH_BEAT = 2
# How often a point is passed before a process dies at it, at most.
_PASSES = {points.AFTER_CLAIM: 4, points.DURING_HTTP: 2, points.AFTER_HTTP: 2, points.WHILE_SETTLING: 2}
_FEEDER_PASSES = 150
_CLOCKS = (3600, -3600, 0)
# A worker that was told to end finishes its request first.
_LAST_REQUEST_SECONDS = 45.0


@dataclass
class Crew:
    """`draw` says who dies where; `kills` is the list of kills."""

    data: Path
    draw: random.Random
    queue: str

    def __post_init__(self) -> None:
        self.kills = self.data / "kills"
        self.enough = self.data / "enough"
        self.restarts: Counter[str] = Counter()
        self.terms = 0
        self.slowest_term = 0.0
        self.overdue = 0
        self.peace = False
        self.workers: list[Part] = []
        self.feeders: list[Part] = []
        self._began = time.monotonic()
        self._stopped: set[str] = set()
        self._told: dict[str, float] = {}

    def start(self, workers: int, plan: Plan) -> None:
        """Start them all, as `up` would start its worker."""
        from django.conf import settings

        from devops_sync.up import parts

        part = parts.celery(settings, "")
        command = ["tests.chaos.worker" if word == "devops_sync.up.worker" else word for word in part.command]
        for number in range(workers):
            name = f"worker-{number}"
            own = command if number < WITH_BEAT else _without_beat(command)
            # RabbitMQ lets no two workers of one name in.
            own = [*own, "--hostname", f"{name}@%h"]
            log = part.log.with_name(f"{name}.log")
            self.workers.append(replace(part, name=name, command=own, log=log))
        feeder = [part.command[0], "-m", "tests.chaos.feeder"]
        for number in range(FEEDERS):
            name = f"feeder-{number}"
            own_plan = replace(plan, feeder=number, feeders=FEEDERS, journal=str(self.journal(number)))
            environ = {**part.environ, PLAN: json.dumps(asdict(own_plan))}
            self.feeders.append(Part(name, feeder, part.log.with_name(f"{name}.log"), environ))
        for one in (*self.workers, *self.feeders):
            self._start(one)

    def say(self, what: str) -> None:
        """Write down what happened when, for whoever has to find out why a run failed."""
        with (self.data / "events").open("a") as file:
            file.write(f"{time.monotonic() - self._began:7.1f}  {what}\n")

    def journal(self, feeder: int) -> Path:
        return self.data / f"journal-{feeder}"

    def look_after(self) -> None:
        """Start again whoever has ended, save feeders that are done."""
        for one in (*self.workers, *self.feeders):
            code = one.ended()
            if code is None:
                self._kill_overdue(one)
                continue
            one.clear_away()
            self.say(f"{one.name} ended with {code}")
            if (told := self._told.pop(one.name, None)) is not None:
                self.slowest_term = max(self.slowest_term, time.monotonic() - told)
            if code == 0 and one in self.feeders:
                continue
            self.restarts[one.name] += 1
            self._stopped.discard(one.name)
            self._start(one)

    def _kill_overdue(self, part: Part) -> None:
        """Do what whoever runs a worker does when it has not ended long after SIGTERM."""
        told, one = self._told.get(part.name), _Running(part)
        if told is not None and one.pid is not None and time.monotonic() - told > _LAST_REQUEST_SECONDS:
            self.overdue += 1
            self.say(f"{part.name} did not end {_LAST_REQUEST_SECONDS:.0f} s after SIGTERM and is killed")
            os.killpg(one.pid, signal.SIGKILL)

    @property
    def is_feeding(self) -> bool:
        return any(one.pid is not None for one in map(_Running, self.feeders))

    @property
    def killed(self) -> int:
        return sum(points.count(self.kills).values())

    def kill_one(self) -> None:
        """SIGKILL to whoever the draw names."""
        one = _Running(self.draw.choice([*self.workers, *self.workers, *self.feeders]))
        if one.pid is not None and one.name not in self._stopped:
            points.note(self.kills, points.FROM_OUTSIDE)
            os.killpg(one.pid, signal.SIGKILL)

    def term_one(self) -> None:
        """SIGTERM to a worker, which ends the request under way."""
        self.term(self.draw.choice(self.workers))

    def term(self, part: Part) -> None:
        if _Running(part).pid is not None and part.name not in self._stopped and part.name not in self._told:
            self.terms += 1
            self._told[part.name] = time.monotonic()
            part.ask_to_end()

    def freeze_one(self) -> str:
        """SIGSTOP to a worker: it looks dead, and does not know it."""
        part = self.draw.choice(self.workers)
        one = _Running(part)
        if one.pid is not None:
            self._stopped.add(part.name)
            psutil.Process(one.pid).suspend()
        return part.name

    def thaw(self, name: str) -> None:
        self._stopped.discard(name)
        for part in self.workers:
            one = _Running(part)
            if part.name == name and one.pid is not None:
                psutil.Process(one.pid).resume()

    def make_peace(self) -> None:
        """From now on nobody is armed, and every clock is right."""
        self.peace = True
        self.enough.touch()
        for one in self.workers:
            self.term(one)

    def stop(self) -> None:
        for one in (*self.feeders, *self.workers):
            self.thaw(one.name)
            one.stop()

    def _start(self, part: Part) -> None:
        part.environ = {
            **part.environ,
            QUEUE: self.queue,
            KILLS: str(self.kills),
            ARMED: self._arms(part),
            CLOCK: self._clock(part),
        }
        self.say(f"{part.name} starts {part.environ[ARMED]} clock {part.environ[CLOCK]}")
        part.start()

    def _arms(self, part: Part) -> str:
        """Workers die in nine of ten lives where they are told to, feeders in all."""
        if self.peace:
            return ""
        if part in self.feeders:
            return f"{self.draw.choice(points.OF_FEEDER)}={self.draw.randrange(_FEEDER_PASSES)}"
        point = self.draw.choice(points.OF_WORKER)
        return f"{point}={self.draw.randrange(_PASSES[point])}" if self.draw.random() < 0.9 else ""

    def _clock(self, part: Part) -> str:
        """One worker's clock is an hour wrong in two of three lives."""
        return str(self.draw.choice(_CLOCKS) if part is self.workers[-1] and not self.peace else 0)


class _Running:
    """The process of a part, if it has one now."""

    def __init__(self, part: Part):
        self.name = part.name
        process = part._process
        self.pid = process.pid if process and process.poll() is None else None


def _without_beat(command: list[str]) -> list[str]:
    at = command.index("--beat")
    return [*command[:at], *command[at + 3 :]]
