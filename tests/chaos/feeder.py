"""A process that submits: `python -m tests.chaos.feeder`. Killed and started again, it goes on where its journal ends.

As a CI job it takes for granted only what was answered, and repeats the rest. The journal has a line for each act that
was answered: its number, the submission's id and how many entities were in it.
"""

import json
import logging
import os
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

from devops_sync.celery import app
from tests.chaos import points
from tests.chaos.acts import Act, Script
from tests.chaos.environ import PLAN, QUEUE

_PATIENCE = 0.2


@dataclass(frozen=True)
class Plan:
    """What the director says: which acts are this feeder's, how fast, and where the journal lies.

    `began` is in seconds since 1970. Once the file `enough` is there the pace counts no more, and the feeder ends after
    its share.
    """

    seed: int
    entities: int
    sites: list[str]
    feeder: int
    feeders: int
    acts_per_second: float
    began: float
    journal: str
    enough: str


def main() -> None:
    """Perform this feeder's acts one after the other."""
    app.conf.task_default_queue = os.environ[QUEUE]
    django.setup()
    plan = Plan(**json.loads(os.environ[PLAN]))
    _Feeder(plan).run()


class _Feeder:
    def __init__(self, plan: Plan):
        from devops_sync import doorbell
        from devops_sync.models import Site

        self._plan = plan
        self._script = Script(plan.seed, plan.entities, len(plan.sites))
        self._sites = {site.slug: site for site in Site.objects.all()}
        self._ring = doorbell.ring
        doorbell.ring = self._pass_by_and_ring

    def _pass_by_and_ring(self, lane_id: int) -> None:
        points.pass_by(points.BEFORE_BELL)
        self._ring(lane_id)

    def run(self) -> None:
        plan, journal = self._plan, Path(self._plan.journal)
        done = answered(journal)
        number = done[-1]["act"] + plan.feeders if done else plan.feeder
        fed = sum(line["entities"] for line in done)
        with journal.open("a") as file:
            while not self._is_done(fed):
                line = self._answered(self._script.act(number))
                file.write(json.dumps({"act": number, **line}) + "\n")
                file.flush()
                fed += line["entities"]
                number += plan.feeders
                if not Path(plan.enough).exists():
                    # What a kill or an outage cost is caught up with.
                    due = plan.began + number / plan.feeders / plan.acts_per_second
                    time.sleep(min(max(0.0, due - time.time()), 1.0))

    def _is_done(self, fed: int) -> bool:
        return fed >= self._plan.entities / self._plan.feeders and Path(self._plan.enough).exists()

    def _answered(self, act: Act) -> dict[str, Any]:
        """Try until there is an answer."""
        from django.db import DatabaseError, connection, transaction

        while True:
            try:
                with transaction.atomic() if points.is_armed(points.BEFORE_COMMIT) else nullcontext():
                    line = self._perform(act)
                    points.pass_by(points.BEFORE_COMMIT)
                points.pass_by(points.BEFORE_ANSWER)
                return line
            except DatabaseError as error:
                logging.getLogger(__name__).warning("not answered, tried again: %s", type(error).__name__)
                connection.close()
                time.sleep(_PATIENCE)

    def _perform(self, act: Act) -> dict[str, Any]:
        from django.utils import timezone

        from devops_sync import ledger
        from devops_sync.deletions import Asked

        site, now = self._sites[self._plan.sites[act.site]], timezone.now()
        if not act.body:
            deletion = ledger.delete(
                site, Asked(act.api, now, act.kind, act.key, act.properties or None, until_sequence=act.until)
            )
            return {"deletion": deletion.pk, "entities": 0}
        try:
            taken = ledger.submit(ledger.Arrival(act.api, "/bulk", act.body, now, len(act.body), site=site))
        except ledger.Refused:
            return {"entities": 0}
        return {"submission": str(taken.id), "entities": len(taken.items)}


def answered(journal: Path) -> list[dict[str, Any]]:
    """The acts that were answered."""
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


if __name__ == "__main__":
    main()
