"""What an answer means: for the entries that were sent, and for the lane that they stand in.

Received and refused entries have reached their end. Everything else leaves them waiting, and the lane
sleeps when time will help or is held when a person has to.
"""

import datetime as dt
import random
from dataclasses import dataclass, field, replace
from typing import Any

from ..jira import client as jira
from ..jira import receipts, wire
from ..models import Delivery, Entry
from .batch import Carried

# As the check boxes of an OAuth credential name them.
_PERMISSIONS = {"deployments": "Deployments", "builds": "Builds", "devinfo": "Development information"}
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 600.0
_NEVER_NAMED = "Jira answered 202 without naming this entity."
_NO_ISSUE_KNOWN = "Jira answered 202 without naming this entity; it does not know its issues."


@dataclass(frozen=True)
class Meaning:
    """What becomes of the delivery, its entries and its lane.

    `settled` has a row for each entry that reached its end; `pause` is in seconds. `is_of_whole_site` says that every
    lane of the site has to pause, `limit_is_near` that Jira will soon ask for a pause.
    """

    verdict: Delivery.Verdict
    settled: list[dict[str, Any]] = field(default_factory=list)
    pause: float | None = None
    reason: str = ""
    retry_with_new_token: bool = False
    is_too_large: bool = False
    is_of_whole_site: bool = False
    limit_is_near: bool = False
    limit_resets_at: dt.datetime | None = None


def of_submission(
    api: str, answer: jira.Answer, entries: list[Carried], *, failures: int, token_was_fresh: bool
) -> Meaning:
    """Read Jira's answer to a submission of these entries. `failures` is how often the lane failed in a row."""
    return _hinted(answer, _of_submission(api, answer, entries, failures, token_was_fresh))


def _of_submission(
    api: str, answer: jira.Answer, entries: list[Carried], failures: int, token_was_fresh: bool
) -> Meaning:
    if answer.status in (200, 202):
        return _received(api, answer, entries)
    if answer.status in (400, 413):
        is_too_large = answer.status == 413
        if len(entries) > 1:
            return Meaning(Delivery.Verdict.SPLIT, is_too_large=is_too_large)
        rejected = _rejected(entries[0], _errors(answer))
        return Meaning(Delivery.Verdict.REFUSED, [rejected], is_too_large=is_too_large)
    return _not_taken(api, answer, failures, token_was_fresh)


def _hinted(answer: jira.Answer, meaning: Meaning) -> Meaning:
    """With what the headers say about Jira's limits, which come with successes too."""
    is_near = answer.header("X-RateLimit-NearLimit").strip().lower() == "true"
    try:
        resets_at = dt.datetime.fromisoformat(answer.header("X-RateLimit-Reset").strip())
    except ValueError:
        resets_at = None
    if resets_at is not None and resets_at.tzinfo is None:
        resets_at = resets_at.replace(tzinfo=dt.UTC)
    return replace(meaning, limit_is_near=is_near, limit_resets_at=resets_at)


def of_deletion(api: str, answer: jira.Answer, *, failures: int, token_was_fresh: bool) -> Meaning:
    """Read Jira's answer to a deletion. That nothing was there is no failure: Jira answers 202 then, too."""
    return _hinted(answer, _of_deletion(api, answer, failures, token_was_fresh))


def _of_deletion(api: str, answer: jira.Answer, failures: int, token_was_fresh: bool) -> Meaning:
    if answer.status in (200, 202, 204):
        return Meaning(Delivery.Verdict.RECEIVED)
    if answer.status in (400, 413):
        said = "; ".join(error.message for error in _errors(answer))
        return Meaning(Delivery.Verdict.REFUSED, reason=said[:2000])
    return _not_taken(api, answer, failures, token_was_fresh)


def _not_taken(api: str, answer: jira.Answer, failures: int, token_was_fresh: bool) -> Meaning:
    """Jira did not take the request: time helps, a new token does, or a person has to."""
    status = answer.status
    if status == 429 or status >= 500 or status == 408:
        return _later(answer, failures)
    if status == 401 and not token_was_fresh:
        return Meaning(Delivery.Verdict.LATER, retry_with_new_token=True)
    return Meaning(Delivery.Verdict.HELD, reason=_what_to_do(api, answer))


def of_failure(what: str, failures: int, retry_after: float | None = None) -> Meaning:
    """No answer came. The entries wait; the pause grows with every failure in a row."""
    return Meaning(Delivery.Verdict.LATER, pause=pause(failures, retry_after), reason=f"{what[:1].upper()}{what[1:]}.")


def pause(failures: int, at_least: float | None = None) -> float:
    """Seconds until the next try: 2 s doubled with each failure, at most 10 minutes, with jitter.

    Jitter ×0.7 to ×1.3 as Atlassian advises; Retry-After is a minimum, so jitter only adds to it.
    """
    jitter = random.random()  # noqa: S311 (spreads retries, guards nothing)
    grown = min(FIRST_PAUSE * 2.0 ** min(failures, 20), LONGEST_PAUSE) * (0.7 + 0.6 * jitter)
    return max(grown, (at_least or 0.0) * (1.0 + 0.1 * jitter))


def _received(api: str, answer: jira.Answer, entries: list[Carried]) -> Meaning:
    try:
        receipt = receipts.read(api, answer.body)
    except receipts.Unreadable as unreadable:
        return Meaning(Delivery.Verdict.HELD, reason=f"{unreadable}. Waybill does not know what was stored.")
    settled = []
    for entry in entries:
        name = (entry.kind, entry.key)
        unknown = _unknown_issues(entry, receipt)
        if name in receipt.rejected:
            settled.append(_rejected(entry, receipt.rejected[name], unknown))
        elif name in receipt.accepted:
            settled.append(_row(entry, Entry.Outcome.ACCEPTED, [], unknown))
        elif entry.kind == "repository":
            # Jira does not list a repository on its own, only what lies in it.
            settled.append(_row(entry, Entry.Outcome.ACCEPTED, [], []))
        else:
            why = _NO_ISSUE_KNOWN if unknown else _NEVER_NAMED
            settled.append(_rejected(entry, [receipts.Error(why)], unknown))
    return Meaning(Delivery.Verdict.RECEIVED, settled)


def _later(answer: jira.Answer, failures: int) -> Meaning:
    if answer.status == 429:
        why = answer.header("RateLimit-Reason")
        reason = f"Jira answered 429: too many requests{f' ({why[:60]})' if why else ''}."
    else:
        why = ""
        reason = f"Jira answered {answer.status}."
    return Meaning(
        Delivery.Verdict.LATER,
        pause=pause(failures, answer.retry_after),
        reason=reason,
        # A burst is a matter of this API's requests; a quota is one for everything that is sent to the site.
        is_of_whole_site="quota" in why.lower(),
    )


def _what_to_do(api: str, answer: jira.Answer) -> str:
    status = answer.status
    said = "; ".join(error.message for error in _errors(answer) if error.message)[:200]
    quoted = f" It says: “{said}”." if said else ""
    if status == 401:
        return (
            "Jira answers 401 even to a new token. "
            f"Check the credential in Jira and the clock of this machine, then try now.{quoted}"
        )
    if status == 403:
        return (
            f"Jira answers 403: the credential lacks the {_PERMISSIONS[api]} permission. "
            f"Grant it in Jira, then try now.{quoted}"
        )
    if status == 404:
        return f"Jira answers 404: it has no site with this cloud id. Check the site's address, then try now.{quoted}"
    if 300 <= status < 400:
        return f"Jira answers {status}: the site has moved. Check the site's address, then try now."
    return f"Jira answers {status}, which no waiting mends. See the delivery, then try now.{quoted}"


def _errors(answer: jira.Answer) -> list[receipts.Error]:
    found = receipts.read_errors(answer.body)
    return found or [receipts.Error(f"Jira answered {answer.status} without saying why.")]


def _unknown_issues(entry: Carried, receipt: receipts.Receipt) -> list[str]:
    if not receipt.unknown_issues:
        return []
    return [issue for issue in wire.issues_of(entry.kind, entry.payload) if issue in receipt.unknown_issues]


def _rejected(entry: Carried, errors: list[receipts.Error], unknown: list[str] | None = None) -> dict[str, Any]:
    return _row(entry, Entry.Outcome.REJECTED, errors, unknown or [])


def _row(entry: Carried, outcome: Entry.Outcome, errors: list[receipts.Error], unknown: list[str]) -> dict[str, Any]:
    said = [
        {"message": receipts.storable(error.message[:2000]), "trace_id": receipts.storable(error.error_trace_id or "")}
        for error in errors[:20]
    ]
    return {"id": entry.pk, "outcome": str(outcome), "errors": said, "unknown_issues": unknown}
