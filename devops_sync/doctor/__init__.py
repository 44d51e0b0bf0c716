"""The doctor: looks at everything that an operator would, and says what is not well and what to do."""

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, Error, connection, transaction

from . import database, entries, machine, sites
from .finding import Check, Finding, State, bad

__all__ = ["Finding", "State", "Unreachable", "examine"]
log = logging.getLogger(__name__)

OF_DATABASE: dict[str, Check] = {
    "durability": database.durable,
    "migrations": database.migrated,
    "clock": database.clock,
    "connections": database.connections,
    "transactions": database.transactions,
    "vacuum": database.vacuum,
    "size": database.amount,
    "secrets": sites.secrets,
    "lanes": sites.lanes,
    "work": sites.work,
    "balance": entries.balance,
    "current state": entries.projection,
    "drift": entries.adrift,
}
OF_MACHINE: dict[str, Check] = {
    "settings": machine.configured,
    "disk": machine.disk,
    "broker": machine.broker,
}
_LONGEST = "60s"


class Unreachable(Exception):
    """The database does not answer: nothing more can be told."""


def examine() -> Iterator[Finding]:
    """Make every check. Raises `Unreachable` at the end when the database does not answer."""
    if settings.ENVIRONMENT.database_is_embedded and not settings.ENVIRONMENT.data.exists():
        do = "Set WAYBILL_DATA as it was for `manage.py up`, or start that for the first time."
        yield bad("data", f"There is nothing at this WAYBILL_DATA: {settings.ENVIRONMENT.data}.", do)
        raise Unreachable
    answers = True
    try:
        yield from database.reached()
    except Error as error:
        answers = False
        do = "Start it with `manage.py up`, or correct DATABASE_URL."
        yield bad("database", f"No database answers at {database.url()}. {_told(error)}", do)
    if answers:
        for name, check in OF_DATABASE.items():
            yield from _in_transaction(name, check)
    for name, check in OF_MACHINE.items():
        yield from _made(name, check)
    if not answers:
        raise Unreachable


def _in_transaction(name: str, check: Check) -> list[Finding]:
    """Make a check that waits for nobody for long, and that cannot spoil the next one."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{_LONGEST}'; SET LOCAL lock_timeout = '5s'")
            return list(check())
    except DatabaseError as error:
        return [bad(name, f"It could not be looked at ({type(error).__name__}).", "Mend what is said above first.")]


def _made(name: str, check: Check) -> list[Finding]:
    try:
        return list(check())
    except OSError as error:
        return [bad(name, f"It could not be looked at: {error.strerror}.", "See that the file system is well.")]


def _told(error: Error) -> str:
    """What the driver says, in one line and without the password."""
    said = " ".join(str(error).split())
    password = str(settings.DATABASES["default"].get("PASSWORD") or "")
    said = said.replace(password, "***") if password else said
    return said[:300] if said.endswith((".", "?")) else f"{said[:300]}."
