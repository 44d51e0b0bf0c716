"""The database of a fresh Waybill, made once for a whole run of the tests and copied by whoever needs one.

Making it takes seconds: a cluster of PostgreSQL's, and every migration. A data directory that gets a copy starts at
once. What a start on an empty one does is for the tests of `up` to see, which ask for that.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from devops_sync import embedded

ROOT = Path(__file__).resolve().parent.parent
# Names the folder that it is made in; without it, as outside of the tests, nothing is copied.
FOLDER = "WAYBILL_TEST_TABLES"


def lay(data: Path) -> None:
    """Give a data directory that has none yet the database, with the tables made and nothing in them."""
    if (data / "postgres").exists() or FOLDER not in os.environ:
        return
    made = _made(Path(os.environ[FOLDER]))
    data.mkdir(parents=True, exist_ok=True)
    aside = data / "postgres.copied"
    # The files keep their owner: below root the server runs as another user.
    subprocess.run(["cp", "-a", str(made / "postgres"), str(aside)], check=True)
    aside.rename(data / "postgres")


def _made(folder: Path) -> Path:
    """The data directory that is copied; whoever asks first makes it, and the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _make(folder)
            done.touch()
    return folder


def _make(data: Path) -> None:
    embedded.start(data, durable=False)
    try:
        environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"],
            env={**environ, "WAYBILL_DATA": str(data)},
            check=True,
        )
    finally:
        embedded.stop(data)
