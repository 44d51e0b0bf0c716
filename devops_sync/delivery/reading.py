"""Reading back: what Jira holds of entries, asked again with patience, since Jira stores asynchronously.

One worker at a time reads a site, at a gentle pace; what persons asked for comes first, and whatever one request
answers is asked once. When a site says that it had too much, all its read-backs rest, and when it fails, those that
nobody waits for. How long is kept in `due_at` of the read-back that met it, so every worker knows, and a restart
forgets nothing.
"""

import datetime as dt
import logging
import threading
import time

from django.db import transaction
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils import timezone

from .. import vault
from ..alone import READER, alone_with
from ..jira import client as jira
from ..jira import keys
from ..kinds import KINDS
from ..models import Confirmation, Entry, Site
from ..models.reading import ConfirmationQuerySet
from . import findings
from .clients import client_of
from .findings import Finding

log = logging.getLogger(__name__)

# Seconds between one read that found nothing and the next. Atlassian: "within a short period of time".
PATIENCE = (1.0, 3.0, 9.0, 20.0)
PER_SECOND = 5.0
PER_SECOND_NEAR_LIMIT = 1.0
# For reading all sites once, which share it: nobody is to wait for the end of a long list, nor for a slow site.
PASS_SECONDS = 10.0
AT_ONCE = 200
# For one read: a token, the request, and both once more after a 401.
_READ_SECONDS = 10.0
_HELD_FOR = dt.timedelta(seconds=4 * _READ_SECONDS + 20)
_REST_AFTER_FAILURE = 60.0
_REST_AFTER_429 = 30.0

_stopping = threading.Event()


def stop() -> None:
    """Let every pass of this process end after the read that is on its way."""
    _stopping.set()


def read_due() -> int:
    """Answer read-backs that are due, site by site. Returns how many were read; one more look finds the rest."""
    due = Confirmation.objects.due(timezone.now())
    sites = list(Site.objects.filter(pk__in=due.order_by().values("entry__site")).order_by("pk"))
    read = 0
    for site in sites:
        with alone_with(READER, site.pk) as is_alone:
            if is_alone and not _stopping.is_set():
                read += _read_site(site, PASS_SECONDS / len(sites))
    return read


class Pace:
    """The pause between two reads of a site."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._next = 0.0

    def allows(self) -> bool:
        """Wait for the next read's turn. False when the time is over, but the first one is always allowed."""
        pause = self._next - time.monotonic()
        if self._next and time.monotonic() + max(pause, 0.0) >= self._until:
            return False
        self._next = time.monotonic() + max(pause, 0.0) + 1 / PER_SECOND
        return not _stopping.wait(max(pause, 0.0))

    def heed(self, answer: jira.Answer) -> None:
        """Slow down where the answer says that the limit is near."""
        if answer.header("X-RateLimit-NearLimit").lower() == "true":
            self._next += 1 / PER_SECOND_NEAR_LIMIT - 1 / PER_SECOND


def _read_site(site: Site, seconds: float) -> int:
    """Read for so many seconds, or until the site fails. Returns how many read-backs were looked at."""
    due = _due(site, timezone.now())
    if not due:
        return 0
    read, pace = 0, Pace(seconds)
    taken: list[Confirmation] = []
    try:
        client = client_of(site)
        groups, beyond = _together(client, due)
        for one, found in beyond:
            if _take([one]):
                _conclude(one, found)
                read += 1
        for request, asked in groups:
            if not pace.allows():
                break
            taken = _take(asked)
            read += len(taken)
            if taken and not _read(client, request, taken, pace):
                break
    except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
        # It would be the same for each: asking on with a credential that is refused helps nobody.
        others = _take(due)
        for one in (*taken, *others):
            _conclude(one, findings.refused(refusal))
        read += len(others)
    return read


def _due(site: Site, now: dt.datetime) -> list[Confirmation]:
    """What is to be read next, what persons asked for first. Of a site that rests, nothing or just that."""
    of_site = Confirmation.objects.filter(entry__site=site)
    resting = of_site.unanswered().filter(due_at__gt=now)
    if resting.filter(status=429).exists():
        return []
    due = of_site.due(now)
    failed = Q(status=None) | Q(status__gte=500)
    if resting.filter(failed, user=None).exclude(failure="").exists():
        due = due.exclude(user=None)
    return list(due.select_related("entry").order_by(IsNull(F("user"), True), "due_at", "id")[:AT_ONCE])


def _together(
    client: jira.Client, due: list[Confirmation]
) -> tuple[list[tuple[jira.Request, list[Confirmation]]], list[tuple[Confirmation, Finding]]]:
    """The read-backs by the request that answers them, in order of the first of each; and those that none can ask."""
    groups: dict[str, tuple[jira.Request, list[Confirmation]]] = {}
    beyond: list[tuple[Confirmation, Finding]] = []
    for one in due:
        entry = one.entry
        try:
            request = client.reading(KINDS[entry.kind].api, entry.kind, keys.parts(entry.key))
            groups.setdefault(request.url, (request, []))[1].append(one)
        except jira.NotAllowed as cannot:
            beyond.append((one, findings.refused(cannot)))
    return list(groups.values()), beyond


def _take(asked: list[Confirmation]) -> list[Confirmation]:
    """Those that are still to be had. Whoever moves the due time has it: if this worker dies, it is due again later."""
    now = timezone.now()
    of_these = Confirmation.objects.unanswered().moving().filter(pk__in=[one.pk for one in asked])
    of_these.filter(due_at__lte=now).update(due_at=now + _HELD_FOR)
    mine = set(of_these.filter(due_at=now + _HELD_FOR).values_list("pk", flat=True))
    taken = [one for one in asked if one.pk in mine]
    for one in taken:
        one.due_at = now + _HELD_FOR
    return taken


def _read(client: jira.Client, request: jira.Request, taken: list[Confirmation], pace: Pace) -> bool:
    """Ask once and judge each by the answer. False when the site has to be left alone. Raises as `client.ask`."""
    for one in taken:
        one.url = request.url
    try:
        with jira.all_within(_READ_SECONDS):
            answer = client.ask(request)
    except jira.Unreachable as unreachable:
        for one in taken:
            _rest(one, findings.none_came(unreachable), unreachable.retry_after)
        return False
    pace.heed(answer)
    for one in taken:
        found = _judge(one, answer)
        if found.is_trouble:
            _rest(one, found, answer.retry_after)
        elif found.asks_for_patience and one.tries < len(PATIENCE):
            _once_more(one, found, PATIENCE[one.tries])
        else:
            _conclude(one, found)
    return answer.status != 429 and answer.status < 500


def _judge(asked: Confirmation, answer: jira.Answer) -> Finding:
    try:
        return findings.of_answer(asked.entry, answer)
    except Exception:
        log.exception("read-back %d stumbled", asked.pk)
        return findings.refused("Waybill could not handle what came back.")


def _held(asked: Confirmation) -> ConfirmationQuerySet:
    """The read-back, as long as it is still this worker's: whoever takes it over moves the due time."""
    return Confirmation.objects.unanswered().filter(pk=asked.pk, due_at=asked.due_at)


def _rest(asked: Confirmation, found: Finding, retry_after: float | None) -> None:
    """Leave the site alone for a while. A person who waits is told after a few tries; others wait until it is back."""
    is_limit = found.status == 429
    if asked.user_id is None or is_limit:
        pause = max(retry_after or 0.0, 1.0 if is_limit and retry_after else 0.0) or (
            _REST_AFTER_429 if is_limit else _REST_AFTER_FAILURE
        )
        _postpone(asked, found, pause, tries=asked.tries)
    elif asked.tries < len(PATIENCE):
        _once_more(asked, found, max(PATIENCE[asked.tries], retry_after or 0.0))
    else:
        _conclude(asked, findings.Finding(Confirmation.Result.NOT_TOLD, found.status, found.body, [], found.failure))


def _once_more(asked: Confirmation, found: Finding, pause: float) -> None:
    _postpone(asked, found, pause, tries=asked.tries + 1)


def _postpone(asked: Confirmation, found: Finding, pause: float, *, tries: int) -> None:
    """Keep what this read found, and read again after a pause."""
    due_at = timezone.now() + dt.timedelta(seconds=pause)
    _held(asked).update(tries=tries, due_at=due_at, url=asked.url, **found.facts)


@transaction.atomic
def _conclude(asked: Confirmation, found: Finding) -> None:
    now = timezone.now()
    facts = {**found.facts, "url": asked.url, "result": found.result, "differences": found.differences}
    if not _held(asked).update(tries=asked.tries + 1, answered_at=now, **facts):
        return
    # What is sent again under its sequence is the same version: what is found holds for both.
    same = Q(pk=asked.entry_id) | Q(
        pk=asked.entry.origin_id, sequence=asked.entry.sequence, outcome=Entry.Outcome.ACCEPTED
    )
    entries = Entry.objects.filter(same)
    if found.result == Confirmation.Result.NOT_TOLD:
        entries = entries.filter(read_back=Entry.ReadBack.NOT_READ)
    entries.update(read_back=str(found.result), read_back_at=now)
