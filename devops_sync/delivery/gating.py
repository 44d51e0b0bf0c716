"""Following gates: asked again with growing pauses until they are decided, every answer kept.

A gate begins when Jira accepts a pending deployment that asks for one. A 404 is normal for a while after that,
since Jira stores asynchronously. Only "allowed" is ever read as allowed.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .. import vault
from ..jira import client as jira
from ..jira import gating, keys, paths
from ..models import Deployment, Entry, Gate, GateReading, Site
from .batch import Carried
from .clients import client_of

log = logging.getLogger(__name__)

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
GROWTH = 1.5
# How long Jira may not know of a deployment that it accepted.
PATIENCE = dt.timedelta(hours=1)
AT_ONCE = 100
# Longer than asking can take: a token, the question, and both once more after a 401.
_HELD_FOR = dt.timedelta(seconds=200)
_KEPT = 64 * 1024
_COMMAND = "initiate_deployment_gating"


class NotAvailable(Exception):
    """Jira cannot be asked for it: not with this credential, or not at all. The text says so."""

    def __init__(self, why: str = "Gating status is not available with this credential.") -> None:
        super().__init__(why)


class NotTold(Exception):
    """No answer came from Jira this time; the text says why."""


class _Command(msgspec.Struct):
    command: str = ""


class _Asking(msgspec.Struct):
    state: str = ""
    commands: list[_Command] | None = None


def begin(entries: Iterable[Carried], settled: Iterable[dict[str, Any]], now: dt.datetime) -> None:
    """Follow the gates that accepted deployments asked for. One that asks again is followed again."""
    accepted = {row["id"] for row in settled if row["outcome"] == Entry.Outcome.ACCEPTED}
    for entry in entries:
        if entry.pk in accepted and _asks_for_a_gate(entry):
            facts = {"entry_id": entry.pk, "asked_at": now, "due_at": now + dt.timedelta(seconds=FIRST_PAUSE)}
            afresh = {"status": "", "details": [], "tries": 0, "read_at": None, "stopped_at": None, "stop": ""}
            Gate.objects.update_or_create(site_id=entry.site_id, key=entry.key, defaults=facts | afresh)


def _asks_for_a_gate(entry: Carried) -> bool:
    if entry.kind != "deployment" or _COMMAND not in entry.payload:
        return False
    try:
        asked = msgspec.json.decode(entry.payload, type=_Asking)
    except msgspec.DecodeError:
        return False
    is_pending = asked.state == Deployment.State.PENDING
    return is_pending and any(one.command == _COMMAND for one in asked.commands or ())


def pause(tries: int, at_least: float | None = None) -> dt.timedelta:
    """The pause after so many reads: 5 s at first, half as long again each time, at most a minute."""
    grown = min(FIRST_PAUSE * GROWTH ** min(tries, 20), LONGEST_PAUSE)
    return dt.timedelta(seconds=max(grown, at_least or 0.0))


def follow_due() -> int:
    """Ask for the gates that are due. Returns how many were looked at; one more look finds the rest."""
    looked = 0
    for gate in Gate.objects.due(timezone.now()).select_related("site").order_by("due_at")[:AT_ONCE]:
        # Whoever moves the due time has it: should this worker die, the gate is due again later.
        now = timezone.now()
        if Gate.objects.followed().filter(pk=gate.pk, due_at=gate.due_at).update(due_at=now + _HELD_FOR):
            looked += 1
            _follow(gate, now)
    return looked


def _follow(gate: Gate, now: dt.datetime) -> None:
    if not _is_pending(gate):
        Gate.objects.filter(pk=gate.pk).update(stopped_at=now, stop=Gate.Stop.LEFT_PENDING)
        return
    try:
        ask(gate.site, keys.parts(gate.key))
    except (NotAvailable, NotTold) as none:
        log.info("gate %d: %s", gate.pk, none)


def _is_pending(gate: Gate) -> bool:
    pipeline, environment, number = keys.parts(gate.key)
    where = {"pipeline_id": pipeline, "environment_id": environment, "number": number}
    return Deployment.objects.alive().filter(site=gate.site_id, state=Deployment.State.PENDING, **where).exists()


def ask(site: Site, key: Sequence[str | int]) -> jira.Answer:
    """Ask Jira for the gating status of a deployment. Of a gate that is followed, the answer is kept.

    Takes seconds at worst: the client's limits are those of a delivery. Raises `NotAvailable` or `NotTold`.
    """
    if site.stands_still:
        raise NotTold(f"{site.slug} is paused: Jira is asked nothing.")
    asked_at = timezone.now()
    gate = Gate.objects.of_key(site.pk, keys.text(*key)).first()
    try:
        client = client_of(site)
        answer = client.ask(client.gate(key))
    except jira.Unreachable as unreachable:
        why = _sentence(unreachable)
        if gate:
            _note(gate, asked_at, None, why, unreachable.retry_after)
        raise NotTold(why) from None
    except paths.CannotBeNamed as unnamed:
        if gate:
            _note(gate, asked_at, None, str(unnamed))
            Gate.objects.filter(pk=gate.pk).update(stopped_at=asked_at, stop=Gate.Stop.NOT_AVAILABLE)
        raise NotAvailable(str(unnamed)) from None
    except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
        why = _sentence(refusal)
        if gate:
            _note(gate, asked_at, None, why)
        raise NotTold(why) from None
    if gate:
        _note(gate, asked_at, answer)
    if not gating.is_available(answer):
        raise NotAvailable
    if 300 <= answer.status < 400:
        raise NotTold(f"Jira answers {answer.status}: the site has moved.")
    return answer


@transaction.atomic
def _note(
    gate: Gate,
    asked_at: dt.datetime,
    answer: jira.Answer | None,
    failure: str = "",
    retry_after: float | None = None,
) -> None:
    """Keep an answer, and say what it means for the gate: when to ask again, or why not to."""
    now = timezone.now()
    told = gating.read(answer.body) if answer is not None and answer.status == 200 else None
    status = _storable(told.gating_status)[:100] if told else ""
    GateReading.objects.create(
        gate=gate,
        read_at=now,
        http_status=answer.status if answer else None,
        status=status,
        body=answer.body[:_KEPT] if answer else b"",
        failure=failure or _failure(answer, status),
    )
    least = answer.retry_after if answer else retry_after
    facts: dict[str, Any] = {"read_at": now, "tries": gate.tries + 1, "due_at": now + pause(gate.tries, least)}
    if told:
        facts |= {"status": status, "details": _details(told)}
    if stop := _stop(gate, answer, status, now):
        facts |= {"stop": stop, "stopped_at": now}
    # What was asked before the latest answer came is older news.
    Gate.objects.filter(Q(read_at=None) | Q(read_at__lte=asked_at), pk=gate.pk).update(**facts)


def _stop(gate: Gate, answer: jira.Answer | None, status: str, now: dt.datetime) -> Gate.Stop | None:
    if status in Gate.FINAL:
        return Gate.Stop.DECIDED
    if answer is None:
        return None
    if not gating.is_available(answer):
        return Gate.Stop.NOT_AVAILABLE
    is_unknown = answer.status == 404 and not gate.status
    return Gate.Stop.NEVER_FOUND if is_unknown and now - gate.asked_at > PATIENCE else None


def _failure(answer: jira.Answer | None, status: str) -> str:
    if answer is None or status:
        return ""
    if not gating.is_available(answer):
        return str(NotAvailable())
    return "Jira answered without a gating status." if answer.status == 200 else f"Jira answered {answer.status}."


def _details(told: gating.Status) -> list[dict[str, str]]:
    found = [{"issueKey": one.issue_key[:255], "issueLink": one.issue_link[:2000]} for one in told.details[:20]]
    return [{name: _storable(text) for name, text in one.items()} for one in found]


def _sentence(error: Exception) -> str:
    text = _storable(str(error)).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _storable(text: str) -> str:
    """PostgreSQL takes no U+0000; left out, it could turn one status into another."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
