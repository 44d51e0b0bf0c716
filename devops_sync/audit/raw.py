"""Noting that somebody saw what was sent or answered, byte by byte.

A page that shows it asks again every few seconds, and once more whenever it is opened: of those there is one row for
each person, thing and hour. Bytes that are taken away as a file are noted each time.
"""

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone

from ..models import AuditRow, Site
from . import acting
from .noting import Subject, note, subject_of

ACT = "raw.read"
EVERY = dt.timedelta(hours=1)


def taken(on: Subject, what: str, site: Site | None = None) -> None:
    """Note that the bytes of something were taken away; `what` names the file. Before they are handed out."""
    note(ACT, on=on, site=site, after={"file": what})


def shown(on: Subject, site: Site | None = None) -> None:
    """Note that a page shows the bytes of something, unless this person saw it within the hour."""
    if _is_noted(on):
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two pages that are opened at once make one row.
            key = ":".join(map(str, (ACT, *subject_of(on)[:2], acting.current().user_id)))
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        if not _is_noted(on):
            note(ACT, on=on, site=site)


def _is_noted(on: Subject) -> bool:
    kind, number, _ = subject_of(on)
    who, since = acting.current(), timezone.now() - EVERY
    rows = AuditRow.objects.filter(subject_kind=kind, subject_id=str(number), act=ACT, after="", at__gt=since)
    return rows.filter(user_id=who.user_id, actor_kind=who.kind).exists()
