"""A deletion as it runs: what Jira answered to each request, what is still to come and when, what was read back."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Sum

from devops_sync import spans
from devops_sync.kinds import APIS, of_api
from devops_sync.models import Cleanup, CleanupPart, Deletion, Delivery, Lane, ProofReading

from . import health

State = Cleanup.State
Result = ProofReading.Result
WORDS = {"deployments": "Deployments", "builds": "Builds", "devinfo": "Development information"}
MOST_NAMED = 10  # Requests that Jira rejected; the report has all of them.
_MOST_COUNTED = 10_000
_MOVING = (State.RUNNING, State.PROVING, State.DELAYED)


@dataclass(frozen=True)
class ReadBack:
    """What Jira said to the questions about one API."""

    counts: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0
    next_at: dt.datetime | None = None
    last_at: dt.datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def gone(self) -> int:
        return self.counts[Result.GONE]

    @property
    def newer(self) -> int:
        return self.counts[Result.NEWER]

    @property
    def there(self) -> int:
        return self.counts[Result.THERE]

    @property
    def not_told(self) -> int:
        return self.counts[Result.NOT_TOLD]

    @property
    def open(self) -> int:
        return self.counts[Result.UNANSWERED]


@dataclass(frozen=True)
class Ahead:
    """What stands before a deletion in its lane. `entries` and `submissions` were counted to a number."""

    submissions: int
    entries: int
    soon: str = ""

    @property
    def is_more(self) -> bool:
        return self.entries >= _MOST_COUNTED


@dataclass
class Row:
    """The requests of one deletion to one API: one by properties, or one for each key."""

    api: str
    requests: int = 0
    previewed: int = 0
    marked: int = 0
    withdrawn: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    part: CleanupPart | None = None
    delivery: Delivery | None = None
    ahead: Ahead | None = None
    read: ReadBack = field(default_factory=ReadBack)

    @property
    def word(self) -> str:
        return WORDS.get(self.api, self.api)

    @property
    def accepted(self) -> int:
        return self.outcomes[Deletion.Outcome.ACCEPTED]

    @property
    def rejected(self) -> int:
        return self.outcomes[Deletion.Outcome.REJECTED]

    @property
    def waiting(self) -> int:
        """Those that stand in the lane without an answer."""
        return self.outcomes[Deletion.Outcome.WAITING]

    @property
    def cancelled(self) -> int:
        return self.states[CleanupPart.State.CANCELLED]

    @property
    def is_marking(self) -> bool:
        return bool(self.states[CleanupPart.State.MARKING])

    @property
    def answered(self) -> int:
        return self.accepted + self.rejected

    @property
    def is_answered(self) -> bool:
        return self.answered + self.cancelled == self.requests and self.answered > 0

    @property
    def most(self) -> int:
        """What the bar is full at: what came in the meantime without matching before may be marked, too."""
        return max(self.previewed, self.marked, 1)


@dataclass(frozen=True)
class Run:
    """A deletion with how far it is."""

    cleanup: Cleanup
    rows: list[Row]
    rejected: list[CleanupPart]
    lanes: health.Lanes

    @property
    def asked(self) -> list[Row]:
        """The APIs of which Jira has answered everything."""
        return [row for row in self.rows if row.is_answered]

    @property
    def to_come(self) -> list[Row]:
        return [row for row in self.rows if not row.is_answered and row.cancelled < row.requests]

    @property
    def marked(self) -> int:
        return sum(row.marked for row in self.rows)

    @property
    def withdrawn(self) -> int:
        return sum(row.withdrawn for row in self.rows)

    @property
    def requests(self) -> int:
        return sum(row.requests for row in self.rows)

    @property
    def answered(self) -> int:
        return sum(row.answered for row in self.rows)

    @property
    def many_rejected(self) -> int:
        return sum(row.rejected for row in self.rows)

    @property
    def was_looked_at(self) -> bool:
        """Whether it was seen that no more match than the preview showed."""
        one = self.cleanup
        return (
            one.is_by_properties
            and one.origin != Cleanup.Origin.GATEWAY
            and any(row.part is not None and row.part.seen_to is not None for row in self.rows)
        )

    @property
    def has_begun(self) -> bool:
        return self.cleanup.started_at is not None

    @property
    def can_be_paused(self) -> bool:
        return self.cleanup.state == State.RUNNING and not self.cleanup.stopped_for and bool(self.to_come)

    @property
    def can_go_on(self) -> bool:
        return self.cleanup.state == State.PAUSED

    @property
    def can_be_cancelled(self) -> bool:
        return self.can_be_paused or self.cleanup.state in (State.PAUSED, State.DELAYED, State.AWAITING)

    @property
    def took(self) -> dt.timedelta | None:
        started, finished = self.cleanup.started_at, self.cleanup.finished_at
        return finished - started if started and finished else None

    @property
    def follows_every(self) -> float | None:
        """How often its page should ask again."""
        if self.cleanup.state in _MOVING:
            return 2
        return None if self.cleanup.is_over else 5


def show(cleanup: Cleanup, now: dt.datetime) -> Run:
    """A deletion with how far it is, in as many queries whatever its size."""
    rows = _by_properties(cleanup) if cleanup.is_by_properties else _by_keys(cleanup)
    for api, read in read_back(cleanup).items():
        if api in rows:
            rows[api].read = read
    lanes = _lanes(cleanup, rows, now) if cleanup.state in _MOVING else health.Lanes([])
    if cleanup.state == State.RUNNING:
        _look_ahead(cleanup, rows, lanes)
    ordered = [rows[api] for api in APIS if api in rows]
    rejected = _rejected(cleanup) if any(row.rejected for row in ordered) else []
    return Run(cleanup, ordered, rejected, lanes)


def _by_properties(cleanup: Cleanup) -> dict[str, Row]:
    """A row for each part: they are three at most."""
    rows = {}
    for part in cleanup.parts.select_related("deletion").order_by("position"):
        row = rows[part.api] = Row(part.api, 1, _matching(cleanup, part.api), part.marked, part.withdrawn, part=part)
        row.states[part.state] += 1
        if part.deletion is not None:
            row.outcomes[part.deletion.outcome] += 1
            row.last_at = part.deletion.outcome_at
    requests = Delivery.objects.filter(deletion__part__cleanup=cleanup).order_by("id").select_related("deletion")
    for delivery in requests.defer("request_body", "request_headers", "response_body"):
        assert delivery.deletion is not None
        rows[delivery.deletion.api].delivery = delivery
    return rows


def _matching(cleanup: Cleanup, api: str) -> int:
    """How many entities of an API the preview found in the ledger."""
    kinds = cleanup.preview.get("kinds", {})
    return sum(kinds[kind.name]["matching"] for kind in of_api(api) if kind.name in kinds)


def _by_keys(cleanup: Cleanup) -> dict[str, Row]:
    """The parts summed: there may be thousands."""
    rows: dict[str, Row] = {}
    counted = cleanup.parts.order_by().values_list("api", "state", "deletion__outcome")
    for api, state, outcome, many, marked, withdrawn, first, last in counted.annotate(
        Count("pk"), Sum("marked"), Sum("withdrawn"), Min("deletion__outcome_at"), Max("deletion__outcome_at")
    ):
        row = rows.setdefault(api, Row(api))
        row.requests += many
        row.previewed = _matching(cleanup, api)
        row.marked += marked
        row.withdrawn += withdrawn
        row.states[state] += many
        if outcome:
            row.outcomes[outcome] += many
        row.first_at = min(filter(None, (row.first_at, first)), default=None)
        row.last_at = max(filter(None, (row.last_at, last)), default=None)
    return rows


def read_back(cleanup: Cleanup) -> dict[str, ReadBack]:
    """What Jira said to the questions, by API."""
    found: dict[str, dict[str, Any]] = {}
    counted = cleanup.readings.order_by().values_list("api", "result", "tries")
    for api, result, tries, many, due, answered in counted.annotate(Count("pk"), Min("due_at"), Max("answered_at")):
        one = found.setdefault(api, {"counts": Counter(), "asked_again": 0, "next_at": None, "last_at": None})
        one["counts"][result] += many
        one["asked_again"] += many if tries > 1 else 0
        if result == Result.UNANSWERED:
            one["next_at"] = min(filter(None, (one["next_at"], due)), default=None)
        one["last_at"] = max(filter(None, (one["last_at"], answered)), default=None)
    return {api: ReadBack(**one) for api, one in found.items()}


def _lanes(cleanup: Cleanup, rows: Iterable[str], now: dt.datetime) -> health.Lanes:
    apis = set(rows)
    found = health.lanes_of([cleanup.site], now)
    live = [one for one in found if one.lane.priority == Lane.Priority.LIVE and one.lane.api in apis]
    return health.Lanes(health.with_flow(live))


def _look_ahead(cleanup: Cleanup, rows: dict[str, Row], lanes: health.Lanes) -> None:
    """Count what stands in the lanes before the first of each API's deletions that has no answer yet."""
    waiting = Deletion.objects.waiting().filter(part__cleanup=cleanup).order_by()
    first = list(waiting.values_list("api", "lane").annotate(Min("pk")))
    flows = {stretch.lane.pk: stretch for stretch in lanes.lanes}
    for (api, lane, _), ahead in zip(first, _before([(lane, pk) for _, lane, pk in first]), strict=True):
        if api in rows:
            rows[api].ahead = Ahead(*ahead, soon=_soon(flows.get(lane), ahead[1]))


def _before(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of how many submissions how many entries wait in a lane before a number."""
    if not places:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT ahead.submissions, ahead.entries
            FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS place(lane, number, position)
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT submission_id), count(*) FROM (
                    SELECT submission_id FROM entry
                    WHERE lane_id = place.lane AND outcome = 'waiting' AND id < place.number LIMIT %s
                ) AS counted
            ) AS ahead (submissions, entries)
            ORDER BY place.position
            """,
            [*(list(one) for one in zip(*places, strict=True)), _MOST_COUNTED],
        )
        return [(submissions, entries) for submissions, entries in cursor.fetchall()]


def _soon(stretch: health.Stretch | None, entries: int) -> str:
    """How long so many take at the rate of the last minutes; nothing when nobody knows."""
    if stretch is None or stretch.is_held or stretch.is_asleep or not entries or not stretch.flow.leaves:
        return ""
    return spans.about(dt.timedelta(minutes=entries / stretch.flow.leaves))


def _rejected(cleanup: Cleanup) -> list[CleanupPart]:
    """The first that Jira rejected, with what it said."""
    found = cleanup.parts.filter(deletion__outcome=Deletion.Outcome.REJECTED).select_related("deletion")
    return list(found.order_by("position")[:MOST_NAMED])


@dataclass(frozen=True)
class Line:
    """What somebody did with a deletion, and when."""

    at: dt.datetime
    by: str
    what: str

    @property
    def icon(self) -> str:
        """Its drawing: who did it, or what it was."""
        icons = {"stopped": "prevented", "paused": "pause", "cancelled": "cancelled", "ended": "confirmed"}
        if self.what.startswith("ended it: not"):
            return "different"
        return icons.get(self.what.partition(" ")[0], {"Jira": "accepted", "Waybill": "waybill"}.get(self.by, "user"))

    @property
    def tone(self) -> str:
        begins = self.what.partition(" ")[0]
        if begins == "stopped" or self.what.startswith("ended it: not"):
            return "bad"
        return "warn" if begins in ("paused", "cancelled") else "good"

    @property
    def is_reason_given(self) -> bool:
        return self.what == "confirmed it"


def history(cleanup: Cleanup) -> list[Line]:
    """What was done with a deletion, the first thing first."""
    return [Line(dt.datetime.fromisoformat(one["at"]), one["by"], one["what"]) for one in cleanup.history]
