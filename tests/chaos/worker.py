"""The Celery application of a worker that dies where it is told to, and whose clock may be wrong."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

import django
import time_machine

from devops_sync.up.worker import Schedule, app
from tests.chaos import points
from tests.chaos.environ import CLOCK, QUEUE

__all__ = ["Schedule", "app"]

app.conf.task_default_queue = os.environ[QUEUE]
django.setup()

from devops_sync.delivery import settling  # noqa: E402 (models exist from here on)
from devops_sync.jira import client, deadline  # noqa: E402
from devops_sync.models.lane import LaneQuerySet  # noqa: E402

_of_thread = threading.local()


def _around(owner: Any, name: str, before: Callable[[], None] | None, after: Callable[[Any], None] | None) -> None:
    """Do something before and after each call of a function of the product's."""
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if before:
            before()
        result = original(*arguments, **named)
        if after:
            after(result)
        return result

    setattr(owner, name, wrapped)


def _claimed(fence: int | None) -> None:
    if fence is not None:
        points.pass_by(points.AFTER_CLAIM)


def _sending() -> None:
    _of_thread.sends = True


def _sent(_: Any) -> None:
    _of_thread.sends = False
    points.pass_by(points.AFTER_HTTP)


def _reading_answer() -> None:
    # Fetching a token is HTTP too, but nothing is lost with that one.
    if getattr(_of_thread, "sends", False):
        points.pass_by(points.DURING_HTTP)


def _written(_: Any) -> None:
    points.pass_by(points.WHILE_SETTLING)


_around(LaneQuerySet, "claim", None, _claimed)
_around(client.Client, "send", _sending, _sent)
_around(deadline.WatchedHTTP, "getresponse", _reading_answer, None)
_around(settling, "settle_entries", None, _written)
_around(settling, "settle_deletion", None, _written)

if seconds := float(os.environ.get(CLOCK, 0)):
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
