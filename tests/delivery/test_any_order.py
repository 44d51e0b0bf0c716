"""Any order of submissions, repeats and deletions, through two workers, ends with Jira and the ledger equal."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devops_sync import delivery, ledger
from devops_sync.deletions import Asked
from devops_sync.models import Build, Deletion, Entry, Lane, Site
from tests.payloads import build, bulk_of
from tests.sandbox_process import Sandbox

WORKERS = 2
_submits = st.tuples(
    st.just("submit"),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), min_size=1, max_size=3),
    st.sampled_from("ab"),
)
_deletes = st.tuples(st.just("delete"), st.integers(1, 3), st.none())
_sweeps = st.tuples(st.just("sweep"), st.none(), st.sampled_from("ab"))


@contextmanager
def working(lane: Lane) -> Iterator[None]:
    """Two workers that look at the lane all the time."""
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                delivery.run(lane.pk)
                stop.wait(0.002)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def act(site: Site, pipeline: str, what: str, argument: Any, account: str | None) -> None:
    now = timezone.now()
    if what == "submit":
        made = [build(number, sequence, pipelineId=pipeline) for number, sequence in argument]
        body = bulk_of("builds", *made, properties={"run": pipeline, "account": account})
        ledger.submit(ledger.Arrival("builds", "/bulk", body, now, len(body), site=site))
    elif what == "delete":
        ledger.delete(site, Asked("builds", now, kind="build", key=(pipeline, argument)))
    else:
        ledger.delete(site, Asked("builds", now, properties={"run": pipeline, "account": str(account)}))


def settled(lane: Lane) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not Entry.objects.waiting().filter(lane=lane).exists() and not Deletion.objects.waiting().exists():
            return
        time.sleep(0.005)
    raise AssertionError("it does not come to an end")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(acts=[("submit", [(1, 5)], "a"), ("delete", 1, None), ("submit", [(1, 2)], "a")])
@example(acts=[("submit", [(1, 5), (2, 1)], "a"), ("submit", [(1, 6)], "b"), ("sweep", None, "a")])
@example(
    acts=[
        ("submit", [(1, 1), (2, 3), (1, 4)], "a"),
        ("submit", [(2, 3), (1, 5)], "b"),
        ("submit", [(2, 5), (2, 3), (1, 4)], "a"),
        ("sweep", None, "b"),
    ]
)
@given(acts=st.lists(_submits | _deletes | _sweeps, min_size=1, max_size=12))
def test_jira_ends_with_what_the_ledger_holds(site: Site, sandbox: Sandbox, acts: list[tuple[str, Any, Any]]) -> None:
    pipeline = uuid.uuid4().hex
    lane = Lane.objects.get(site=site, api="builds")
    with working(lane):
        for what, argument, account in acts:
            act(site, pipeline, what, argument, account)
        settled(lane)
    held = {
        key: (found["sequence"], found["properties"])
        for key, found in sandbox.held(kind="build").items()
        if key[0] == pipeline
    }
    current = {
        (row.pipeline_id, row.number): (row.sequence, row.property_set.pairs)
        for row in Build.objects.alive().filter(pipeline_id=pipeline).select_related("property_set")
    }
    assert held == current
