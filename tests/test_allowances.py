"""What strangers do is logged, and does not fill the log."""

import logging
from io import StringIO

import pytest
import time_machine
from django.test import Client

from devops_sync.allowances import Sparingly


def record(name: str, *, failed: bool = False) -> logging.LogRecord:
    error = ValueError()
    return logging.LogRecord(name, logging.ERROR, "", 1, "said", (), (ValueError, error, None) if failed else None)


def test_refusals_beyond_a_few_are_not_logged_and_failures_are() -> None:
    sparing = Sparingly()
    with time_machine.travel(0, tick=False):
        written = [sparing.filter(record("django.request")) for _ in range(100)]
        assert 20 <= written.count(True) <= 21
        assert sparing.filter(record("django.request", failed=True))
        assert sparing.filter(record("django.security.csrf"))
        assert all(sparing.filter(record("devops_sync.patience")) for _ in range(100))


@pytest.mark.django_db
def test_a_stranger_does_not_fill_the_log() -> None:
    handlers = [one for one in logging.root.handlers if isinstance(one, logging.StreamHandler)]
    ((handler, sparing),) = ((one, given) for one in handlers for given in one.filters if isinstance(given, Sparingly))
    sparing._of.clear()  # Other tests' lines were counted, too.
    strict, written = Client(enforce_csrf_checks=True), StringIO()
    held = handler.setStream(written)
    try:
        for _ in range(60):
            assert strict.post("/login/").status_code == 403
    finally:
        handler.setStream(held)
    assert 0 < written.getvalue().count("WARNING django.security.csrf Forbidden") < 40
