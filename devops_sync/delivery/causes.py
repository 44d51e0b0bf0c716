"""The causes of rejections in the ledger: each distinct one stored once, for the entries that it rejected."""

from collections.abc import Iterable

from django.db import connection

from ..jira import causes
from ..models import Cause


def ids_of(messages: Iterable[str]) -> dict[str, int]:
    """The number of each message's cause, stored in the current transaction where it is new.

    Nothing is remembered between calls: a cause that was stored by a turn that lost its lane is not there.
    """
    folded = {message: causes.fold(message) for message in messages}
    known = _stored(folded.values())
    missing = sorted(set(folded.values()) - set(known))
    if missing:
        # In one order, so that two workers never wait for each other crosswise.
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO cause (text) SELECT unnest(%s::text[]) ON CONFLICT (text) DO NOTHING", [missing]
            )
        known |= _stored(missing)
    return {message: known[text] for message, text in folded.items()}


def _stored(texts: Iterable[str]) -> dict[str, int]:
    return dict(Cause.objects.filter(text__in=set(texts)).values_list("text", "pk"))
