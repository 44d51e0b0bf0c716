"""Reading back: what Jira holds of an entry, asked again with patience, since Jira stores asynchronously."""

import datetime as dt
import logging

import msgspec
from django.db import transaction
from django.utils import timezone

from .. import vault
from ..jira import client as jira
from ..jira import compare, keys
from ..kinds import KINDS
from ..models import Confirmation, Entry
from .clients import client_of

log = logging.getLogger(__name__)

# Seconds between one read that found nothing and the next. Atlassian: "within a short period of time".
PATIENCE = (1.0, 3.0, 9.0, 20.0)
AT_ONCE = 100
_HELD_FOR = dt.timedelta(seconds=60)
_KEPT = 256 * 1024


def read_due() -> int:
    """Answer the read-backs that are due. Returns how many were read; one more look finds the rest."""
    now = timezone.now()
    due = list(Confirmation.objects.due(now).select_related("entry__site").order_by("due_at")[:AT_ONCE])
    read = 0
    for asked in due:
        # Whoever moves the due time has it: should this worker die, the read-back is due again later.
        taken = Confirmation.objects.unanswered().filter(pk=asked.pk, due_at=asked.due_at)
        if taken.update(due_at=now + _HELD_FOR):
            _read(asked)
            read += 1
    return read


def _read(asked: Confirmation) -> None:
    entry = asked.entry
    status: int | None = None
    body, url, failure = b"", "", ""
    differences: list[str] = []
    try:
        client = client_of(entry.site)
        request = client.reading(KINDS[entry.kind].api, entry.kind, keys.parts(entry.key))
        url = request.url
        answer = client.ask(request)
        status, body = answer.status, answer.body[:_KEPT]
        result, differences, failure = _judge(entry, answer)
    except jira.Unreachable as unreachable:
        result, failure = None, f"{str(unreachable)[:1].upper()}{str(unreachable)[1:]}."
    except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
        result, failure = Confirmation.Result.NOT_TOLD, str(refusal)
    if result in (None, Confirmation.Result.MISSING) and asked.tries < len(PATIENCE):
        _once_more(asked, status, body, url, failure)
    else:
        _conclude(asked, result or Confirmation.Result.NOT_TOLD, status, body, url, differences, failure)


def _judge(entry: Entry, answer: jira.Answer) -> tuple[Confirmation.Result | None, list[str], str]:
    """What the answer says; None asks for patience."""
    if answer.status == 404:
        return Confirmation.Result.MISSING, [], ""
    if answer.status == 429 or answer.status >= 500:
        return None, [], f"Jira answered {answer.status}."
    if answer.status != 200:
        return Confirmation.Result.NOT_TOLD, [], f"Jira answered {answer.status}."
    try:
        found = compare.differences(entry.kind, entry.key, entry.payload, answer.body, entry.unknown_issues)
    except compare.NotThere:
        return Confirmation.Result.MISSING, [], ""
    except compare.CannotTell as cannot:
        return Confirmation.Result.NOT_TOLD, [], str(cannot)
    except compare.Older:
        return Confirmation.Result.MISSING, [], "Jira still gives an older version."
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Confirmation.Result.NOT_TOLD, [], "Jira answered with something that is no deployment."
    if found:
        return Confirmation.Result.DIFFERENT, found, ""
    return Confirmation.Result.CONFIRMED, [], ""


def _once_more(asked: Confirmation, status: int | None, body: bytes, url: str, failure: str) -> None:
    """Keep what this read found, and read again after a pause."""
    pause = dt.timedelta(seconds=PATIENCE[asked.tries])
    Confirmation.objects.unanswered().filter(pk=asked.pk).update(
        tries=asked.tries + 1, due_at=timezone.now() + pause, status=status, body=body, url=url, failure=failure
    )


@transaction.atomic
def _conclude(
    asked: Confirmation,
    result: Confirmation.Result,
    status: int | None,
    body: bytes,
    url: str,
    differences: list[str],
    failure: str,
) -> None:
    now = timezone.now()
    written = (
        Confirmation.objects.unanswered()
        .filter(pk=asked.pk)
        .update(
            tries=asked.tries + 1,
            answered_at=now,
            status=status,
            body=body,
            url=url,
            result=result,
            differences=differences,
            failure=failure,
        )
    )
    if written and result != Confirmation.Result.NOT_TOLD:
        Entry.objects.filter(pk=asked.entry_id).update(read_back=str(result), read_back_at=now)
