"""The proof of a clean-up: Jira is asked for what was deleted, again and with patience, since it takes its time.

Deployments and builds are read back by key, all of them or a sample. Of development information that was deleted by
properties, Jira says itself whether anything has them. What was sent again after the deletion is there by right, and
said to be that.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from .. import vault
from ..alone import READER, alone_with
from ..delivery import reading
from ..delivery.clients import client_of
from ..jira import client as jira
from ..jira import compare, keys
from ..kinds import KINDS, of_api
from ..models import Cleanup, CleanupPart, Deletion, ProofReading
from . import staying
from .marking import criteria_of
from .staying import Stayed

Result = ProofReading.Result

ALL_BELOW = 1000  # So many of an API are all read back; of more, a sample.
SAMPLE = 200
# Seconds from one question that found it still there to the next; after the last it is said to be there.
PATIENCE = (5, 10, 20, 40, 80, 160, 300)
FIRST_AFTER = 2
_AFTER_TROUBLE = dt.timedelta(seconds=60)
_READ_SECONDS = 10.0
_PASS_SECONDS = 10.0
_KEPT = 16 * 1024


def begin(cleanup: Cleanup, now: dt.datetime, stayed: Sequence[Stayed] = ()) -> None:
    """Write down what Jira will be asked, also for what stayed. What it did not take, it is not asked for."""
    accepted = cleanup.parts.filter(deletion__outcome=Deletion.Outcome.ACCEPTED).select_related("cleanup", "deletion")
    if cleanup.is_by_properties:
        questions = [one for part in accepted for one in _of_part(part)]
        questions += [(one.api, one.kind, one.key) for one in stayed[:ALL_BELOW]]
    else:
        questions = [(part.api, part.kind, part.key) for part in _sampled(list(accepted.order_by("position")))]
    due_at = now + dt.timedelta(seconds=FIRST_AFTER)
    ProofReading.objects.bulk_create(
        (
            ProofReading(cleanup=cleanup, position=position, api=api, kind=kind, key=key, due_at=due_at)
            for position, (api, kind, key) in enumerate(questions)
        ),
        batch_size=1000,
    )


def _sampled(parts: list[CleanupPart]) -> list[CleanupPart]:
    if len(parts) < ALL_BELOW:
        return parts
    return [parts[len(parts) * n // SAMPLE] for n in range(SAMPLE)]


def _of_part(part: CleanupPart) -> list[tuple[str, str, str]]:
    if part.api == "devinfo":
        return [(part.api, "", "")]
    (kind,) = of_api(part.api)
    most = part.marked if part.marked < ALL_BELOW else SAMPLE
    criteria = criteria_of(part)
    inner = criteria.found(kind, "held.entry_id", "held.deleted_at = %(stamp)s")
    with connection.cursor() as cursor:
        # In an order that nobody chose, and that is the same when it is asked again.
        cursor.execute(
            f"""
            SELECT entry.key FROM ({inner} ORDER BY hashint8(held.id), held.id LIMIT %(most)s) AS chosen
            JOIN entry ON entry.id = chosen.entry_id ORDER BY entry.id""",  # noqa: S608 (names of this project's own)
            criteria.values(stamp=part.stamp, most=most),
        )
        return [(part.api, kind.name, key) for (key,) in cursor.fetchall()]


def ask(cleanup: Cleanup) -> bool:
    """Ask what is due, for some seconds. Returns whether everything has its answer."""
    unanswered = cleanup.readings.unanswered()
    due = list(unanswered.filter(due_at__lte=timezone.now()).order_by("due_at", "position")[: reading.AT_ONCE])
    if due:
        with alone_with(READER, cleanup.site_id) as is_alone:
            if is_alone:
                _ask_each(cleanup, due)
    return not unanswered.exists()


def _ask_each(cleanup: Cleanup, due: list[ProofReading]) -> None:
    pace = reading.Pace(_PASS_SECONDS)
    try:
        client = client_of(cleanup.site)
        for one in due:
            if not pace.allows():
                break
            try:
                one.url = (request := _request(client, cleanup, one)).url
                with jira.all_within(_READ_SECONDS):
                    answer = client.ask(request)
            except jira.NotAllowed as cannot:
                _conclude(one, Result.NOT_TOLD, str(cannot))
                continue
            except jira.Unreachable as unreachable:
                _leave_alone(cleanup, f"{str(unreachable)[:1].upper()}{str(unreachable)[1:]}.", unreachable.retry_after)
                break
            pace.heed(answer)
            if answer.status == 429 or answer.status >= 500:
                _leave_alone(cleanup, f"Jira answered {answer.status}.", answer.retry_after)
                break
            _judge(cleanup, one, answer)
    except (jira.Denied, vault.CannotOpen) as refusal:
        for one in due:
            _conclude(one, Result.NOT_TOLD, str(refusal))


def _request(client: jira.Client, cleanup: Cleanup, one: ProofReading) -> jira.Request:
    if one.kind:
        return client.reading(one.api, one.kind, keys.parts(one.key))
    return client.existence(one.api, cleanup.properties or {}, cleanup.until_sequence)


def _leave_alone(cleanup: Cleanup, why: str, retry_after: float | None) -> None:
    """The site had too much, or fails: ask nothing for a while. It counts for no try."""
    pause = max(_AFTER_TROUBLE, dt.timedelta(seconds=retry_after or 0.0))
    cleanup.readings.unanswered().update(due_at=timezone.now() + pause, failure=why)


def _judge(cleanup: Cleanup, one: ProofReading, answer: jira.Answer) -> None:
    one.status, one.body = answer.status, answer.body[:_KEPT]
    try:
        is_there = _is_there(one, answer)
    except compare.CannotTell as cannot:
        _conclude(one, Result.NOT_TOLD, str(cannot))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _conclude(one, Result.NOT_TOLD, "Jira answered with something else.")
    else:
        if is_there is None:
            _conclude(one, Result.NOT_TOLD, f"Jira answered {answer.status}.")
        elif not is_there:
            _conclude(one, Result.GONE)
        elif _stays(cleanup, one):
            _conclude(one, Result.THERE, staying.WHY)
        elif _came_again(cleanup, one):
            _conclude(one, Result.NEWER)
        elif one.tries < len(PATIENCE):
            _once_more(one)
        else:
            _conclude(one, Result.THERE)


class _Existence(msgspec.Struct, rename="camel"):
    has_data_matching_properties: bool


def _is_there(one: ProofReading, answer: jira.Answer) -> bool | None:
    """Whether Jira has it; None when the answer does not say. Raises `compare.CannotTell` and `msgspec.DecodeError`."""
    if one.kind and answer.status == 404:
        return False
    if answer.status != 200:
        return None
    if not one.kind:
        return msgspec.json.decode(answer.body, type=_Existence).has_data_matching_properties
    try:
        compare.own_part(one.kind, one.key, answer.body)
    except compare.NotThere:
        return False
    return True


def _stays(cleanup: Cleanup, one: ProofReading) -> bool:
    if not one.kind or not cleanup.is_by_properties:
        return False
    kind = KINDS[one.kind]
    return staying.stays(cleanup, kind, dict(zip(kind.key, keys.parts(one.key), strict=True)))


def _came_again(cleanup: Cleanup, one: ProofReading) -> bool:
    """Whether the ledger sent it again since, or something else that has the properties."""
    if one.kind:
        kind = KINDS[one.kind]
        key = dict(zip(kind.key, keys.parts(one.key), strict=True))
        return kind.model._default_manager.filter(site=cleanup.site_id, deleted_at=None, **key).exists()
    part = cleanup.parts.select_related("cleanup").get(api=one.api)
    criteria = criteria_of(part)
    statement = " UNION ALL ".join(f"({criteria.found(kind, '1')} LIMIT 1)" for kind in criteria.kinds)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({statement})", criteria.values(stamp=part.stamp))
        return bool(cursor.fetchone()[0])


def _answered(one: ProofReading, found: str) -> list[dict[str, Any]]:
    return [*one.answers, {"at": timezone.now().isoformat(), "status": one.status, "found": found}]


def _once_more(one: ProofReading) -> None:
    pause = dt.timedelta(seconds=PATIENCE[one.tries])
    one.answers = _answered(one, Result.THERE)
    one.tries += 1
    one.due_at = timezone.now() + pause
    one.save(update_fields=["answers", "tries", "due_at", "url", "status", "body"])


@transaction.atomic
def _conclude(one: ProofReading, result: Result, failure: str = "") -> None:
    one.answers = _answered(one, result)
    one.tries += 1
    one.result, one.failure, one.answered_at = result, failure, timezone.now()
    one.save(update_fields=["answers", "tries", "result", "failure", "answered_at", "url", "status", "body"])
