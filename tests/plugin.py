"""Gives the whole run a PostgreSQL of its own, before Django reads its settings.

It is loaded by `-p tests.plugin`, ahead of pytest-django. The run's controller starts one server, without syncing to
disk, and stops it at the end; xdist's workers inherit the environment and each make their own database in it.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from devops_sync import embedded, environment
from tests import tables

_IN_WORKER = "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    if not _IN_WORKER:
        _start(early_config)
    yield


def _start(config: pytest.Config) -> None:
    """What the developer's shell says about Waybill counts for nothing here."""
    for name in environment.VARIABLES:
        os.environ.pop(name, None)
    data = Path(tempfile.mkdtemp(prefix="waybill-test-"))
    (data / "static").mkdir()
    os.environ["WAYBILL_DATA"] = str(data)
    os.environ[tables.FOLDER] = str(data / "tables")
    # Playwright's synchronous interface runs inside an event loop, where Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    config.add_cleanup(lambda: _stop(data))
    signal.signal(signal.SIGTERM, _end_in_good_order)
    embedded.start(data, durable=False)


def _stop(data: Path) -> None:
    embedded.stop(data)
    shutil.rmtree(data, ignore_errors=True)


def _end_in_good_order(*_: object) -> None:
    raise KeyboardInterrupt
