"""The fault run in short: what is killed, cut off and lied to loses nothing.

The long one is `make chaos`. A failed run says its seed; CHAOS_SEED=… takes it again.
"""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from devops_sync import environment
from tests import needs

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 600


@pytest.mark.slow
def test_nothing_is_lost() -> None:
    _run("--entities", "900", "--kills", "6", "--sites", "2")


@pytest.mark.slow
@pytest.mark.needs("rabbitmq")
def test_nothing_is_lost_with_rabbitmq() -> None:
    _run("--entities", "300", "--kills", "3", "--sites", "1", "--broker", needs.RABBITMQ)


def _run(*options: str) -> None:
    seed = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(1_000_000))
    print(f"CHAOS_SEED={seed}")
    environ = {name: value for name, value in os.environ.items() if name not in environment.VARIABLES}
    command = [sys.executable, "-m", "tests.chaos", *options, "--seed", seed, "--seconds-at-most", str(SECONDS)]
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=SECONDS + 120)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
