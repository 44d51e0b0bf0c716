"""The Celery application as `up` runs it: it says when the worker is ready, and beat remembers nothing.

The file broker's folders are made at every start: a worker whose broker was emptied ends, and is started again.
"""

import os
from pathlib import Path

from celery import beat
from celery.signals import worker_ready

from devops_sync.celery import app

__all__ = ["READY", "Schedule", "app"]
READY = "WAYBILL_WORKER_READY"

for _name, _folder in app.conf.broker_transport_options.items():
    if "folder" in _name:
        Path(str(_folder)).mkdir(parents=True, exist_ok=True)


class Schedule(beat.Scheduler):
    """Beat's schedule without its file: it rings every few seconds, so there is nothing to remember, and a file
    that a kill left half-written is one thing less that can go wrong."""

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)


@worker_ready.connect
def note_that_it_is_ready(**_: object) -> None:
    if READY in os.environ:
        Path(os.environ[READY]).touch()
