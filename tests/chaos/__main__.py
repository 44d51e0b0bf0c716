"""`make chaos`: submissions under kills, outages and faulty answers; exit 1 if anything was lost or differs.

Workers and feeders die where the seed says; PostgreSQL, the broker, clocks and tokens fail around them. At the end
everything is let go well, and the ledger is compared with Jira key by key.
"""

import argparse
import math
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from devops_sync.up import told
from tests.chaos import points, world
from tests.chaos.acts import MEAN_ENTITIES
from tests.chaos.crew import FEEDERS, Crew
from tests.chaos.feeder import Plan, answered
from tests.chaos.storm import Storm, delete_queue
from tests.chaos.summary import Stalls, Summary

SHOWN = 20
# About how long it takes from one kill to the next, with the start of a process in between.
_SECONDS_A_KILL = 2.5
_LEAST_SECONDS = 60.0
_TICK = 0.1
_FEW = 300
_WAITING = """
SELECT (SELECT count(*) FROM entry WHERE outcome = 'waiting')
        + (SELECT count(*) FROM deletion WHERE outcome = 'waiting'),
    (SELECT count(*) FROM delivery WHERE verdict IN ('received', 'refused'))
"""


class TooLong(Exception):
    """The run did not come to its end in the time that it was given."""


def main() -> int:
    """Run, print what happened, and say whether all is well."""
    asked = _asked()
    print(f"chaos: seed {asked.seed}, {asked.entities:,} entities, {asked.kills} kills, faults {asked.faults:.0%}")
    sys.stdout.flush()
    kept = asked.data is not None
    data = (asked.data or Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))).resolve()
    told.listen()
    try:
        found = _run(asked, data)
    except KeyboardInterrupt:
        print("stopped")
        return 130
    if found:
        kept = True
        print(f"\n{len(found):,} differences; the first {min(SHOWN, len(found))}:")
        print("\n".join(f"  {sentence}" for sentence in found[:SHOWN]))
        print(f"Replay with --seed {asked.seed}. Logs and database are kept in {data}.")
    else:
        print("\nNothing was lost: the ledger and Jira are equal, key by key.")
    if not kept:
        shutil.rmtree(data, ignore_errors=True)
    return 1 if found else 0


def _asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    add = options.add_argument
    add("--entities", type=int, default=50_000, help="entities to submit at least (default 50,000)")
    add("--workers", type=int, default=3, help="worker processes, two of them with beat (default 3)")
    add("--sites", type=int, default=3, help="Jira sites, with three lanes each (default 3)")
    add("--kills", type=int, default=100, help="SIGKILLs at least (default 100)")
    add("--faults", type=float, default=0.2, help="share of Jira's answers that are faulty (default 0.2)")
    add("--seed", type=int, default=random.randrange(1_000_000), help="what follows from it: everything but time")
    add("--broker", default="file", help="file, or the URL of a RabbitMQ (default file)")
    add("--seconds-at-most", type=float, default=3600.0, metavar="N", help="give up after so long (default 3600)")
    add("--data", type=Path, metavar="DIR", help="a folder that is kept; else one below /tmp, gone if all is well")
    return options.parse_args()


def _run(asked: argparse.Namespace, data: Path) -> list[str]:
    """The whole of a run. Gives the differences that were found."""
    draw = random.Random(asked.seed)
    with world.begin(data, asked.sites, asked.broker) as around:
        crew = Crew(data, draw, f"waybill-chaos-{asked.seed}")
        try:
            return _watched(asked, around, crew, draw)
        finally:
            told.ignore()
            crew.stop()
            if asked.broker != "file":
                delete_queue(asked.broker, crew.queue)


def _watched(asked: argparse.Namespace, around: world.World, crew: Crew, draw: random.Random) -> list[str]:
    from devops_sync.models import Site
    from tests.chaos import comparison

    began, stalls = time.monotonic(), Stalls()
    around.trouble(asked.faults, asked.seed)
    crew.start(asked.workers, _plan(asked, around, crew))
    storm = Storm(around, crew, asked.broker, draw)
    unfinished: list[str] = []
    try:
        _blow(asked, around, crew, storm, stalls, began)
        crew.make_peace()
        # Jira goes on as badly as before while much of what waits is worked off.
        _drain(asked, around, crew, stalls, began, _FEW, seconds=(time.monotonic() - began) / 2)
        stormy = time.monotonic() - began
        around.calm()
        _drain(asked, around, crew, stalls, began, 0)
    except TooLong as too_long:
        stormy = time.monotonic() - began
        unfinished = [str(too_long)]
    took = time.monotonic() - began
    crew.stop()
    lines = [line for number in range(FEEDERS) for line in answered(crew.journal(number))]
    sites = [(Site.objects.get(slug=slug), jira) for slug, jira in zip(around.slugs, around.sandboxes, strict=True)]
    found = unfinished + comparison.differences(sites, lines)
    entities = sum(line["entities"] for line in lines)
    deletions = sum("deletion" in line for line in lines)
    summary = Summary(entities, deletions, took, stormy, stalls.longest, points.count(crew.kills), crew, storm.met)
    print(summary.text(comparison.verdicts(), comparison.balance()))
    return found


def _plan(asked: argparse.Namespace, around: world.World, crew: Crew) -> Plan:
    """Feeders take about as long for their share as the kills take, rather less."""
    seconds = max(_LEAST_SECONDS, asked.kills * _SECONDS_A_KILL) * 0.7
    acts = asked.entities / MEAN_ENTITIES / FEEDERS
    return Plan(asked.seed, asked.entities, around.slugs, 0, FEEDERS, acts / seconds, time.time(), "", str(crew.enough))


def _blow(
    asked: argparse.Namespace, around: world.World, crew: Crew, storm: Storm, stalls: Stalls, began: float
) -> None:
    """Let the storm blow until there were enough kills and everything has happened once."""
    while crew.killed < asked.kills or not storm.is_over:
        _look(asked, around, crew, stalls, began)
        storm.blow(crew.killed / max(asked.kills, 1))


def _drain(
    asked: argparse.Namespace,
    around: world.World,
    crew: Crew,
    stalls: Stalls,
    began: float,
    left: int,
    seconds: float = math.inf,
) -> None:
    """Wait until everything is submitted and no more than so many wait, for so long at most."""
    stalls.waiting, until = None, time.monotonic() + seconds
    while time.monotonic() < until and (crew.is_feeding or stalls.waiting is None or stalls.waiting > left):
        _look(asked, around, crew, stalls, began)


def _look(asked: argparse.Namespace, around: world.World, crew: Crew, stalls: Stalls, began: float) -> None:
    crew.look_after()
    if stalls.is_due and (row := around.ask(_WAITING)):
        stalls.note(*row)
    if time.monotonic() - began > asked.seconds_at_most:
        raise TooLong(f"the run did not end within {asked.seconds_at_most:.0f} s; {stalls.waiting} wait")
    time.sleep(_TICK)


if __name__ == "__main__":
    sys.exit(main())
