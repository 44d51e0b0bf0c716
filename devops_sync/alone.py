"""One worker at a time: a lock that ends with the connection, should its holder die."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

# Tell these locks from each other and from other advisory locks.
CLEANUP = 1_668_048_225
RULE = 1_668_048_226
READER = 1_919_247_972  # of a site


@contextmanager
def alone_with(lock: int, pk: int) -> Iterator[bool]:
    """Whether no other worker has it."""
    key = [lock, pk % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
