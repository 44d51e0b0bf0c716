"""Reading back: what Jira holds of an entry, asked again with patience, since Jira stores asynchronously."""

import datetime as dt
import logging
from dataclasses import dataclass, field

import msgspec
from django.db import transaction
from django.utils import timezone

from .. import vault
from ..jira import client as jira
from ..jira import compare, exchange, keys
from ..kinds import KINDS
from ..models import Confirmation, Entry
from ..models.reading import ConfirmationQuerySet
from .clients import client_of

log = logging.getLogger(__name__)

# Seconds between one read that found nothing and the next. Atlassian: "within a short period of time".
PATIENCE = (1.0, 3.0, 9.0, 20.0)
AT_ONCE = 100
# Longer than a read can take: a token, the read, and both once more after a 401.
_HELD_FOR = dt.timedelta(seconds=4 * exchange.WHOLE_SECONDS + 20)
_KEPT = 256 * 1024


def read_due() -> int:
    """Answer the read-backs that are due. Returns how many were read; one more look finds the rest."""
    due = list(Confirmation.objects.due(timezone.now()).select_related("entry__site").order_by("due_at")[:AT_ONCE])
    read = 0
    for asked in due:
        # Whoever moves the due time has it: should this worker die, the read-back is due again later.
        taken = Confirmation.objects.unanswered().filter(pk=asked.pk, due_at=asked.due_at)
        asked.due_at = timezone.now() + _HELD_FOR
        if taken.update(due_at=asked.due_at):
            _read(asked)
            read += 1
    return read


@dataclass
class _Read:
    """What one read-back found. A result of None asks for patience."""

    result: Confirmation.Result | None = None
    status: int | None = None
    body: bytes = b""
    url: str = ""
    differences: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def facts(self) -> dict[str, object]:
        return {"status": self.status, "body": self.body, "url": self.url, "failure": self.failure}


def _read(asked: Confirmation) -> None:
    read = _Read()
    try:
        _ask(asked.entry, read)
    except jira.Unreachable as unreachable:
        read.failure = f"{str(unreachable)[:1].upper()}{str(unreachable)[1:]}."
    except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
        read.result, read.failure = Confirmation.Result.NOT_TOLD, str(refusal)
    except Exception:
        log.exception("read-back %d stumbled", asked.pk)
        read = _Read(Confirmation.Result.NOT_TOLD, failure="Waybill could not handle what came back.")
    if read.result in (None, Confirmation.Result.MISSING) and asked.tries < len(PATIENCE):
        _once_more(asked, read)
    else:
        _conclude(asked, read)


def _ask(entry: Entry, read: _Read) -> None:
    client = client_of(entry.site)
    request = client.reading(KINDS[entry.kind].api, entry.kind, keys.parts(entry.key))
    read.url = request.url
    answer = client.ask(request)
    read.status, read.body = answer.status, answer.body[:_KEPT]
    read.result, read.differences, read.failure = _judge(entry, answer)


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
        return Confirmation.Result.NOT_TOLD, [], "Jira answered with something else."
    if found:
        return Confirmation.Result.DIFFERENT, found, ""
    return Confirmation.Result.CONFIRMED, [], ""


def _held(asked: Confirmation) -> ConfirmationQuerySet:
    """The read-back, as long as it is still this worker's: whoever takes it over moves the due time."""
    return Confirmation.objects.unanswered().filter(pk=asked.pk, due_at=asked.due_at)


def _once_more(asked: Confirmation, read: _Read) -> None:
    """Keep what this read found, and read again after a pause."""
    pause = dt.timedelta(seconds=PATIENCE[asked.tries])
    _held(asked).update(tries=asked.tries + 1, due_at=timezone.now() + pause, **read.facts)


@transaction.atomic
def _conclude(asked: Confirmation, read: _Read) -> None:
    now = timezone.now()
    result = read.result or Confirmation.Result.NOT_TOLD
    facts = {**read.facts, "result": result, "differences": read.differences}
    written = _held(asked).update(tries=asked.tries + 1, answered_at=now, **facts)
    if written and result != Confirmation.Result.NOT_TOLD:
        Entry.objects.filter(pk=asked.entry_id).update(read_back=str(result), read_back_at=now)
