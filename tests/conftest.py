"""What every group of tests may use. The database comes from `tests/plugin.py`."""

import gc
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import needs, started

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["tests.sandbox_fixtures", "tests.balance", "tests.flushing", "tests.marks"]

# How long one example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("waybill", deadline=None)
hypothesis.settings.load_profile("waybill")

CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Python's own collector leaves alone what five thousand tests are made of, which lives as long as the run.

    It would walk through these half a million objects again and again, for a sixth of all the time of the processor.
    What tests leave behind is still collected; of what got old by then, after ten times as much instead of after a
    quarter of what lives.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(700, 10, 50)
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for need in mark.args:
            needs.require(need)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests go first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[started.Up]:
    """A real `manage.py up` with the sandbox and without the demo's history, one for each xdist worker."""
    with started.started(tmp_path_factory.mktemp("up") / "var", "--no-demo") as up:
        yield up


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """A headless Chromium, which each test opens a context of its own in."""
    needs.require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs.chromium(), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()
