"""This machine: its settings, its disk, and the broker that it reaches."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings

from ..celery import app
from .finding import Finding, bad, ok, size, warn

_LOW_BYTES = 2_000_000_000
_OUT_OF_BYTES = 200_000_000
_MANY_DOORBELLS = 1000
_SECONDS = 3
_OWN_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_WITH_REMOTE_CONTROL = ("amqp", "amqps", "redis", "rediss", "sentinel")


def configured() -> Iterator[Finding]:
    """Settings that are for trying out and not for production. Values that cannot be have stopped the start."""
    environment = settings.ENVIRONMENT
    is_production = not environment.database_is_embedded
    hosts = set(settings.ALLOWED_HOSTS)
    found = []
    if settings.DEBUG:
        make = bad if is_production else warn
        found.append(make("settings", "DEBUG is on: errors show the source and settings to anybody.", "Unset DEBUG."))
    if "*" in hosts:
        do = "Name the hosts in ALLOWED_HOSTS."
        found.append(warn("settings", "Requests for any host name are answered.", do))
    if is_production and hosts <= _OWN_NAMES:
        says = "ALLOWED_HOSTS has names of this machine only, so requests from elsewhere are refused."
        found.append(warn("settings", says, "Add the name under which Waybill is reached."))
    if not environment.https and hosts - _OWN_NAMES:
        says = "WAYBILL_HTTPS is off: cookies also go over http."
        found.append(warn("settings", says, "Put a proxy with TLS in front, and set WAYBILL_HTTPS=1."))
    if is_production and not environment.encryption_keys_are_given:
        says = "WAYBILL_ENCRYPTION_KEYS is not set: whoever changes SECRET_KEY loses the secrets of all sites."
        found.append(warn("settings", says, "Follow docs/operate.md, then enter the secrets of the sites again."))
    if environment.allow_private_upstream:
        says = "WAYBILL_ALLOW_PRIVATE_UPSTREAM is on: sites may be reached by http and at private addresses."
        found.append(warn("settings", says, "Unset it unless a proxy or a test stand needs it."))
    key = environment.data / "secret_key"
    if key.is_file() and key.stat().st_mode & 0o077:
        found.append(bad("settings", f"Others can read {key}.", f"Run `chmod 600 {key}`."))
    yield from found
    if not found:
        yield ok("settings", "Nothing about them is odd.")


def disk() -> Iterator[Finding]:
    """Whether there is room where the data directory is."""
    data: Path = settings.ENVIRONMENT.data
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    usage = shutil.disk_usage(there)
    says = f"{size(usage.free)} of {size(usage.total)} are free at {there}."
    if usage.free < _OUT_OF_BYTES:
        yield bad("disk", says, "Make room: a full disk stops the database and the broker that lie there.")
    elif usage.free < _LOW_BYTES:
        yield warn("disk", says, "Make room soon.")
    else:
        yield ok("disk", says)


def broker() -> Iterator[Finding]:
    """Whether the broker is reached, and whether somebody takes the doorbells out of it."""
    scheme = settings.CELERY_BROKER_URL.split(":", 1)[0]
    kind = "file broker" if settings.ENVIRONMENT.broker_is_embedded else f"broker ({scheme})"
    if settings.ENVIRONMENT.broker_is_embedded and not _folder().is_dir():
        yield ok("broker", "The file broker is made with the first start of `manage.py up`.")
        return
    connection = app.connection_for_write()
    connection.connect_timeout = _SECONDS
    if scheme.startswith("redis"):
        limits = {"socket_connect_timeout": _SECONDS, "socket_timeout": _SECONDS}
        connection.transport_options = {**(connection.transport_options or {}), **limits}
    try:
        with closing(connection):
            connection.connect()
            many = _doorbells(connection)
            workers = _workers(connection) if scheme in _WITH_REMOTE_CONTROL else None
    # Each transport has errors of its own, and their texts may quote the broker's address with its password.
    except Exception as error:  # noqa: BLE001 (see above)
        says = f"The {kind} cannot be reached ({type(error).__name__})."
        yield bad("broker", says, "Start it, or correct CELERY_BROKER_URL. Work waits in the database meanwhile.")
        return
    if many > _MANY_DOORBELLS:
        says = f"{many:,} doorbells lie in the {kind}: nobody takes them out."
        yield warn("broker", says, "Start a worker.")
    else:
        yield ok("broker", f"The {kind} is reached.")
    if workers == 0:
        yield bad("workers", "No worker answers.", "Start one: `celery -A devops_sync worker`.")
    elif workers:
        yield ok("workers", f"{workers} answer.")


def _folder() -> Path:
    return Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]))


def _doorbells(connection: Any) -> int:
    channel = connection.channel()
    try:
        return int(channel.queue_declare(queue=settings.CELERY_TASK_DEFAULT_QUEUE, passive=True).message_count)
    except (*connection.channel_errors, *connection.connection_errors):
        return 0  # The queue comes with the first worker.


def _workers(connection: Any) -> int:
    return len(app.control.ping(timeout=1.5, connection=connection) or ())
