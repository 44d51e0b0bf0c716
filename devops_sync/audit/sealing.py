"""Giving rows their places in the chain, after the commits that wrote them. One at a time does it; nobody waits."""

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone

from ..models import AuditCheckpoint, AuditLink, AuditPending
from . import chain, checkpoints, keys

AT_ONCE = 5000
_LOCK = 0x5742_4155  # Any number of its own, for all processes.

_WAITING = f"""
SELECT {chain.AS_TEXTS} FROM audit_pending JOIN audit_row noted ON noted.id = audit_pending.row_id
ORDER BY audit_pending.row_id LIMIT %s
"""  # noqa: S608 (names of this project's own)
_CHAIN = """
INSERT INTO audit_link (position, row_id, key_id, mac)
SELECT position, row_id, %s, mac FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS made (position, row_id, mac)
"""


def is_due(now: dt.datetime) -> bool:
    """Whether anything waits for its place, or for a signature."""
    if AuditPending.objects.exists():
        return True
    last = AuditLink.objects.order_by("-position").first()
    return last is not None and checkpoints.is_due(last.position, now)


def seal(*, and_sign: bool = False) -> int:
    """Give every row that waits its place, and sign the chain when that is due, or `and_sign`.

    Returns how many rows there were; none when another process is at it.
    """
    count = AT_ONCE
    total = 0
    while count == AT_ONCE:
        count = _seal_some(and_sign)
        total += count
    return total


@transaction.atomic
def _seal_some(and_sign: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        position, mac = _end()
        cursor.execute(_WAITING, [AT_ONCE])
        rows = cursor.fetchall()
        places = range(position + 1, position + 1 + len(rows))
        macs = []
        for place, row in zip(places, rows, strict=True):
            mac = chain.mac(keys.signing(), place, mac, row)
            macs.append(mac)
        numbers = [int(row[0]) for row in rows]
        cursor.execute(_CHAIN, [keys.signing().id, list(places), numbers, macs])
        cursor.execute("DELETE FROM audit_pending WHERE row_id = ANY(%s)", [numbers])
    position += len(rows)
    now = timezone.now()
    if checkpoints.is_due(position, now) or (and_sign and _is_news(position)):
        checkpoints.sign(position, mac, now)
    return len(rows)


def _end() -> tuple[int, bytes]:
    """The last place of the chain, and the MAC there."""
    last = AuditLink.objects.order_by("-position").first()
    return (last.position, bytes(last.mac)) if last else (0, chain.NOTHING_BEFORE)


def _is_news(position: int) -> bool:
    """Whether the chain has become longer since it was signed last."""
    last = AuditCheckpoint.objects.order_by("-id").first()
    return position > (last.position if last else 0)
