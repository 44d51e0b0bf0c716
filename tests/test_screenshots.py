"""`make screenshots`: every page has its picture."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pages, screenshots
from tests.started import ROOT, Up


def test_every_page_has_a_picture() -> None:
    known = {*screenshots.FIXED.values(), *screenshots.AT_THE_DOOR.values()} - {"/nothing-here/"}
    pictured = {pages.name_of(address) for address in known} | {*screenshots.LINKED, *screenshots.BELOW}
    assert pages.names() - pictured == set()


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_it_takes_them_from_what_runs(running: Up, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.screenshots", tmp_path, "--only", "login", "site"],
        env={**os.environ, "WAYBILL_DATA": str(running.data)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert f"8 pictures in {tmp_path}" in done.stdout
    assert {one.name.partition("-")[0] for one in tmp_path.glob("*-360-dark.png")} == {"login", "site"}
