"""What Jira rejected, by cause: how much of it still stands, since when, and by whom.

A rejection stands while its entry is its key's current version. What an errand sends again stands for its origin, so
that a key counts once: with its latest answer, be that of the resend. Every read here is bounded: the newest are
counted.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Q
from django.db.models.expressions import RawSQL

from .jira import causes
from .kinds import KINDS
from .models import Entry, Site, Submission
from .models.submission import EntryQuerySet, first_id_at

# How many of a site's newest rejections are counted.
MOST = 10_000
# How many of the newest submissions are looked at for what was refused.
LOOKED_AT = 5000
DAYS = 14


@dataclass(frozen=True)
class Scope:
    """Which rejections are asked for: the sites that may be seen, since when, of which kind, by which sender."""

    sites: Sequence[int]
    since: dt.datetime | None = None
    kind: str = ""
    sender: str = ""

    def entries(self, cause: int) -> EntryQuerySet:
        """The rejections of a cause that stand, newest first."""
        found = Entry.objects.filter(cause=cause, outcome=Entry.Outcome.REJECTED, site__in=self.sites)
        found = found.filter(outcome_at__gte=self.since) if self.since else found
        found = found.filter(kind=self.kind) if self.kind else found
        if self.sender:
            first_sent = Q(submission__errand=None, submission__token__name=self.sender)
            found = found.filter(first_sent | Q(origin__submission__token__name=self.sender))
        # Found by their time, then sorted: read from the newest on, those of all times would be looked at for a few.
        return standing(found).order_by((F("pk") + 0).desc() if self.since else F("pk").desc())


@dataclass
class Group:
    """The rejections of one cause, as far as they were counted."""

    cause: int
    text: str
    first_at: dt.datetime
    last_at: dt.datetime | None = None
    standing: int = 0
    mended: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    tokens: Counter[int] = field(default_factory=Counter)
    users: Counter[int] = field(default_factory=Counter)
    per_day: Counter[dt.date] = field(default_factory=Counter)


def standing(rows: EntryQuerySet) -> EntryQuerySet:
    """Those that are what Jira last said of their key's current version, which was not deleted.

    Written out: put together from parts it takes longer to write than to answer.
    """
    return rows.filter(RawSQL(_stands("entry", _ITSELF), (), BooleanField()))  # noqa: S611 (names of our own)


def themselves(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, with the origin in place of what an errand sent again: that is what can be corrected."""
    copies = [entry.pk for entry in entries if entry.origin_id is not None]
    origins = {
        copy.pk: copy.origin
        for copy in Entry.objects.filter(pk__in=copies, submission__errand__isnull=False).select_related("origin")
    }
    return [origins.get(entry.pk) or entry for entry in entries]


def count_standing(sites: Sequence[int], since: dt.datetime) -> tuple[int, int]:
    """How many were rejected since and stand, and for how many causes: what `groups` finds of all kinds and senders."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"sites": list(sites), "from": since, "kind": "", "sender": "", "most": MOST})
        many, of_causes = cursor.fetchone()
    return many, of_causes


def groups(scope: Scope, now: dt.datetime) -> list[Group]:
    """The causes of what was rejected, those that most suffer from first.

    The days are those of the last two weeks, each as it begins in the zone of `now`.
    """
    days = [
        dt.datetime.combine(now.date() - dt.timedelta(days=DAYS - 1 - number), dt.time(), now.tzinfo)
        for number in range(DAYS)
    ]
    since = scope.since or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    values: dict[str, Any] = {
        "sites": list(scope.sites),
        "since": since,
        "from": min(since, days[0]),
        "days": days,
        "kind": scope.kind,
        "sender": scope.sender,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, values)
        rows = cursor.fetchall()
    found: dict[int, Group] = {}
    for cause, text, first_at, kind, token, user, day, is_counted, stands, came_again, many, last_at in rows:
        group = found.setdefault(cause, Group(cause, text, first_at))
        if day:
            group.per_day[days[day - 1].date()] += many
        if not is_counted or came_again:
            continue
        if not stands:
            group.mended += many
            continue
        group.standing += many
        group.last_at = max(group.last_at or last_at, last_at)
        group.kinds[kind] += many
        if token or user:
            (group.tokens if token else group.users)[token or user] += many
    return sorted(found.values(), key=lambda group: (-group.standing, -group.first_at.timestamp()))


_ITSELF = """CASE WHEN entry.origin_id IS NOT NULL AND EXISTS (
    SELECT FROM submission AS came WHERE came.id = entry.submission_id AND came.errand_id IS NOT NULL
) THEN entry.origin_id ELSE entry.id END"""


def _again(entry: str, itself: str, outcomes: str) -> str:
    """Whether it was sent once more after that, to one of these ends."""
    return (
        f"EXISTS (SELECT FROM entry AS again WHERE again.origin_id = {itself} AND again.id > {entry}.id"
        f" AND again.outcome IN ({outcomes}))"
    )


def _stands(entry: str, itself: str) -> str:
    """Whether it does. The kind first: PostgreSQL asks in the order that is written, and looking a row up is dear."""
    current = " ".join(
        f"WHEN '{kind.name}' THEN EXISTS (SELECT FROM {kind.model._meta.db_table} AS held"
        f" WHERE held.entry_id = {itself} AND held.deleted_at IS NULL)"
        for kind in KINDS.values()
    )
    later = _again(entry, itself, "'accepted', 'rejected'")
    return f"(CASE {entry}.kind {current} END AND NOT {later})"


# The sender of what an errand sent again is that of its origin.
_LATE = """
late AS MATERIALIZED (
    SELECT newest.* FROM unnest(%(sites)s::bigint[]) AS site (id) CROSS JOIN LATERAL (
        SELECT entry.id, entry.cause_id, entry.kind, entry.outcome_at, coalesce(origin.id, entry.id) AS itself,
            CASE WHEN origin.id IS NULL THEN submission.token_id ELSE origin.token_id END AS token_id,
            CASE WHEN origin.id IS NULL THEN submission.user_id ELSE origin.user_id END AS user_id
        FROM entry JOIN submission ON submission.id = entry.submission_id
        LEFT JOIN LATERAL (
            SELECT said.id, came.token_id, came.user_id FROM entry AS said JOIN submission AS came
                ON came.id = said.submission_id
            WHERE said.id = entry.origin_id AND submission.errand_id IS NOT NULL
        ) AS origin ON true
        WHERE entry.site_id = site.id AND entry.outcome = 'rejected' AND entry.outcome_at >= %(from)s
          AND (%(kind)s = '' OR entry.kind = %(kind)s)
          AND (%(sender)s = '' OR CASE WHEN origin.id IS NULL THEN submission.token_id ELSE origin.token_id END
              IN (SELECT id FROM token WHERE name = %(sender)s))
        ORDER BY entry.outcome_at DESC LIMIT %(most)s
    ) AS newest
)"""
_STANDS = _stands("late", "late.itself")
_COUNT = f"""
WITH {_LATE}
SELECT count(*), count(DISTINCT late.cause_id) FROM late WHERE late.cause_id IS NOT NULL AND {_STANDS}
"""  # noqa: S608 (names of this project's own)
_GROUPS = f"""
WITH {_LATE}, counted AS (
    SELECT late.cause_id, late.kind, late.token_id, late.user_id,
        width_bucket(late.outcome_at, %(days)s::timestamptz[]) AS day,
        late.outcome_at >= %(since)s AS is_counted, {_STANDS} AS stands,
        {_again("late", "late.itself", "'rejected'")} AS came_again, count(*) AS many, max(late.outcome_at) AS last_at
    FROM late WHERE late.cause_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
)
SELECT counted.cause_id, cause.text, first.outcome_at, counted.kind, counted.token_id, counted.user_id, counted.day,
    counted.is_counted, counted.stands, counted.came_again, counted.many, counted.last_at
FROM counted JOIN cause ON cause.id = counted.cause_id
JOIN (
    SELECT met.cause_id, oldest.outcome_at FROM (SELECT DISTINCT cause_id FROM counted) AS met CROSS JOIN LATERAL (
        SELECT outcome_at FROM entry
        WHERE entry.cause_id = met.cause_id AND entry.outcome = 'rejected' AND entry.site_id = ANY(%(sites)s)
        ORDER BY entry.id LIMIT 1
    ) AS oldest
) AS first ON first.cause_id = counted.cause_id
"""  # noqa: S608 (names of this project's own)


@dataclass(frozen=True)
class Refusal:
    """Why our own door refused: the sentence with what varies folded, the sender, and how often."""

    text: str
    sender: str
    many: int


def refusals(sites: Sequence[Site], since: dt.datetime | None, *, and_of_none: bool) -> list[Refusal]:
    """What was refused before it came as far as Jira, most often first: whole submissions and single entities."""
    rows = Submission.objects.of(sites, and_of_none=and_of_none)
    # Ids grow with time, and unlike the time they have an index.
    rows = rows.filter(received_at__gte=since, pk__gte=first_id_at(since)) if since else rows
    few = rows.select_related("token", "user").defer("raw").newest_first()
    whole = [(one.refusal, one.sender) for one in few.filter(status__gte=400)[:LOOKED_AT]]
    with_refused = _refused_in(few.values_list("pk", "refused_count")[:LOOKED_AT])
    single = Entry.objects.filter(submission__in=with_refused, outcome=Entry.Outcome.REFUSED)
    inside = [
        (" ".join(entry.messages[:1]), entry.submission.sender)
        for entry in single.select_related("submission__token", "submission__user")
        .defer("payload", "submission__raw")
        .order_by("-pk")[:LOOKED_AT]
    ]
    found = Counter((causes.fold(text), sender) for text, sender in (*whole, *inside))
    return [Refusal(text, sender, many) for (text, sender), many in found.most_common()]


def _refused_in(latest: Any) -> list[Any]:
    """Those of the submissions in which something was refused: of thousands there are few."""
    rows, values = latest.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({rows}) AS latest (id, refused) WHERE refused > 0", values)  # noqa: S608 (ours)
        return [pk for (pk,) in cursor.fetchall()]


def issues_lately(sites: Iterable[Site], most: int = 1000) -> tuple[Counter[str], Counter[str]]:
    """The issues that Jira knows and those that it does not, as it said of the newest that it accepted."""
    known, unknown = Counter[str](), Counter[str]()
    for site in sites:
        for kind in KINDS.values():
            if "issue_keys" not in kind.columns or kind.name == "repository":
                continue
            newest = kind.model._default_manager.filter(site=site).order_by("-changed_at", "-id")
            rows = newest.values_list("issue_keys", "entry__unknown_issues", "entry__outcome")[:most]
            for issues, not_known, outcome in rows:
                if outcome == Entry.Outcome.ACCEPTED:
                    unknown.update(not_known)
                    known.update(set(issues) - {key.upper() for key in not_known})
    return known, unknown
