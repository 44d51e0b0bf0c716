"""What an answer to a read-back says of one entry: confirmed, different, missing, or that it cannot be told.

Only what the ledger still holds as the newest version can be missing or different: what was deleted meanwhile, or
replaced by a newer version, has every right to be gone.
"""

from dataclasses import dataclass, field

import msgspec

from ..jira import client as jira
from ..jira import compare, keys
from ..kinds import KINDS
from ..models import Confirmation, Entry

KEPT = 256 * 1024
_ADRIFT = (Confirmation.Result.MISSING, Confirmation.Result.DIFFERENT)


@dataclass
class Finding:
    """What one read found. A result of None asks for patience; `is_trouble` says that the site is at fault."""

    result: Confirmation.Result | None = None
    status: int | None = None
    body: bytes = b""
    differences: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def is_trouble(self) -> bool:
        return self.result is None

    @property
    def asks_for_patience(self) -> bool:
        """Whether Jira may yet store it: asynchronously, it says, and mostly within seconds."""
        return self.result in (None, Confirmation.Result.MISSING)

    @property
    def facts(self) -> dict[str, object]:
        return {"status": self.status, "body": self.body, "failure": self.failure}


def none_came(failure: Exception) -> Finding:
    """No answer came, which says nothing of the entry."""
    return Finding(failure=f"{str(failure)[:1].upper()}{str(failure)[1:]}.")


def refused(why: Exception | str) -> Finding:
    """Jira will not tell, however often it is asked."""
    return Finding(Confirmation.Result.NOT_TOLD, failure=str(why))


def of_answer(entry: Entry, answer: jira.Answer) -> Finding:
    """What the answer says of the entry."""
    found = _judge(entry, answer)
    if found.result in _ADRIFT and (why := _no_longer_expected(entry)):
        found.result, found.differences, found.failure = Confirmation.Result.NOT_TOLD, [], why
    return found


def _judge(entry: Entry, answer: jira.Answer) -> Finding:
    result = Confirmation.Result
    found = Finding(status=answer.status, body=answer.body[:KEPT])
    if answer.status == 404:
        found.result = result.MISSING
    elif answer.status == 429 or answer.status >= 500:
        found.failure = f"Jira answered {answer.status}."
    elif answer.status != 200:
        found.result, found.failure = result.NOT_TOLD, f"Jira answered {answer.status}."
    else:
        _compare(entry, answer.body, found)
    return found


def _compare(entry: Entry, got: bytes, found: Finding) -> None:
    result = Confirmation.Result
    try:
        # Of a repository that many read-backs share, each keeps what is about itself.
        own = compare.own_part(entry.kind, entry.key, got)
        found.body = own[:KEPT]
        found.differences = compare.differences(entry.kind, entry.payload, own, entry.unknown_issues)
        found.result = result.DIFFERENT if found.differences else result.CONFIRMED
    except compare.NotThere:
        found.result = result.MISSING
    except compare.CannotTell as cannot:
        found.result, found.failure = result.NOT_TOLD, str(cannot)
    except compare.Older:
        found.result, found.failure = result.MISSING, "Jira still gives an older version."
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found.result, found.failure = result.NOT_TOLD, "Jira answered with something else."


def _no_longer_expected(entry: Entry) -> str:
    """Why Jira need not hold this version any more; nothing while it is the current one."""
    kind = KINDS[entry.kind]
    key = dict(zip(kind.key, keys.parts(entry.key), strict=True))
    rows = kind.model._default_manager.filter(site=entry.site_id, **key)
    row = rows.values_list("sequence", "deleted_at").first()
    if row is None or entry.sequence is None:
        return ""
    sequence, deleted_at = row
    if deleted_at is not None or sequence < entry.sequence:
        return "It was deleted meanwhile."
    return "A newer version took its place meanwhile." if sequence > entry.sequence else ""
