"""What some tests need and a machine may lack: `@pytest.mark.needs("chromium")`."""

import functools
import os
import shutil

import kombu
import psycopg
import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
REDIS = "redis://127.0.0.1:6379/0"
POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"

MENDS = {
    "chromium": "a Chromium on the PATH (Debian: apt-get install --no-install-recommends chromium)",
    "curl": "curl on the PATH",
    "node": "Node.js with npm on the PATH",
    "postgres": "a PostgreSQL of the system at 127.0.0.1:5432 that lets postgres in without a password",
    "rabbitmq": "a RabbitMQ at 127.0.0.1:5672 with guest:guest",
    "redis": "a Redis at 127.0.0.1:6379",
}


def require(need: str) -> None:
    """Skip the test when the machine lacks this; with REQUIRE_ALL=1 let it fail."""
    if has(need):
        return
    lacking = f"needs {MENDS[need]}"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(lacking, pytrace=False)
    pytest.skip(lacking)


@functools.cache
def has(need: str) -> bool:
    """Whether the machine has it."""
    if need == "chromium":
        return chromium() is not None
    if need in ("rabbitmq", "redis"):
        return _broker_answers(RABBITMQ if need == "rabbitmq" else REDIS)
    if need == "postgres":
        return _postgres_answers()
    if need == "node":
        # Debian's Node.js comes without npm.
        return shutil.which("node") is not None and shutil.which("npm") is not None
    return shutil.which(need) is not None


def chromium() -> str | None:
    """The path of the browser."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def _broker_answers(url: str) -> bool:
    try:
        with kombu.Connection(url, connect_timeout=3) as connection:
            connection.connect()
    except Exception:  # every transport has errors of its own, and a missing client library counts too
        return False
    return True


def _postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True
