"""Fixtures of the stand-in for Jira."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox_process import Sandbox, start_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A stand-in of its own for this test, which stores at once and lets everything through."""
    started = start_sandbox(tmp_path / "sandbox")
    yield started
    started.stop()
