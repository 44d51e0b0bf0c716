"""Planning an errand: which entries it is about, how many requests that takes, and how long at the site's pace."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from .. import audit, standing
from ..delivery import reading
from ..delivery.batch import LARGEST_BATCH, LARGEST_DEVINFO_BATCH
from ..kinds import KINDS
from ..models import Errand, Site, User
from ..models.current import CurrentQuerySet
from ..models.submission import EntryQuerySet

# Current rows by kind, or entries.
Chosen = Mapping[str, CurrentQuerySet[Any]] | EntryQuerySet

_LATEST = 100


class Nothing(Exception):
    """Nothing of what was chosen can be sent again or read back; the text says so."""


def plan_resend(
    site: Site,
    chosen: Chosen,
    user: User | None,
    what: str,
    now: dt.datetime,
    *,
    with_history: bool = False,
    with_deleted: bool = False,
) -> Errand:
    """Plan to send again what was chosen, as far as it is the site's and current. Raises `Nothing`.

    `what` says in a person's words what it is about. With history, of current rows all versions are sent, and of
    entries also those that are not current; with deleted, also what was deleted up to now.
    """
    errand = Errand(site=site, purpose=Errand.Purpose.RESEND, user=user, what=what[:1000], asked_at=now)
    errand.with_history, errand.with_deleted = with_history, with_deleted
    return _plan(errand, chosen)


def plan_verify(site: Site, chosen: Chosen, user: User | None, what: str, now: dt.datetime) -> Errand:
    """Plan to read back what was chosen, as far as it is the site's, current, and taken by Jira. Raises `Nothing`."""
    return _plan(Errand(site=site, purpose=Errand.Purpose.VERIFY, user=user, what=what[:1000], asked_at=now), chosen)


@transaction.atomic
def _plan(errand: Errand, chosen: Chosen) -> Errand:
    errand.save(force_insert=True)
    errand.total = _put_down(errand, chosen)
    if not errand.total:
        raise Nothing(
            "Nothing matches that could be sent again."
            if errand.purpose == Errand.Purpose.RESEND
            else "Nothing matches that Jira accepted and that is current."
        )
    errand.plan = _foresee(errand)
    errand.save(update_fields=["total", "plan"])
    audit.note("errand.planned", on=errand, after=_said(errand))
    return errand


def _said(errand: Errand) -> dict[str, Any]:
    ticks = {"with_history": errand.with_history, "with_deleted": errand.with_deleted}
    return {"what": errand.what, "entries": errand.total, **{name: True for name, is_on in ticks.items() if is_on}}


def _put_down(errand: Errand, chosen: Chosen) -> int:
    """Write down which entries the errand is about, in the order in which they came. Returns how many."""
    found, values = _ids(errand, chosen)
    if not found:
        return 0
    values |= {"errand": errand.pk, "site": errand.site_id, "asked_at": errand.asked_at}
    many = 0
    with connection.cursor() as cursor:
        if errand.with_deleted:
            cursor.execute(_HOMES.format(found=found), values)
            many += cursor.rowcount
        cursor.execute(
            f"""
            INSERT INTO errand_item (errand_id, entry_id)
            SELECT * FROM ({_items(errand, chosen, found)}) AS item (of, id)
            {_BUT_HOMES if many else ""} ORDER BY id""",  # noqa: S608 (texts of this project's own)
            values,
        )
        return many + int(cursor.rowcount)


# What lies in a repository brings it back as it came then. So where it was deleted it is sent again, too, and first.
_HOMES = """
INSERT INTO errand_item (errand_id, entry_id)
SELECT %(errand)s, home.entry_id FROM repository AS home
WHERE home.site_id = %(site)s AND home.deleted_at <= %(asked_at)s AND home.repository_id IN (
    SELECT entry.key::json ->> 0 FROM ({found}) AS chosen(id) JOIN entry ON entry.id = chosen.id
    WHERE entry.kind IN ('commit', 'branch', 'pull_request')
)
ORDER BY home.entry_id
"""
_BUT_HOMES = "WHERE id NOT IN (SELECT entry_id FROM errand_item WHERE errand_id = %(errand)s)"


def _items(errand: Errand, chosen: Chosen, found: str) -> str:
    """The statement that finds what the errand is about, among a million as among ten.

    With history that is more than stands in the end: each version is looked at once more when its turn comes.
    """
    are_current = isinstance(chosen, Mapping)
    if errand.with_history:
        versions = _VERSIONS if are_current else ""
        itself = "version.id" if are_current else standing.ITSELF
        return f"""
            SELECT DISTINCT %(errand)s::bigint, {itself} AS place
            FROM ({found}) AS chosen(id) JOIN entry ON entry.id = chosen.id {versions}
            WHERE {"version" if are_current else "entry"}.outcome NOT IN ('refused', 'out_of_order')
            ORDER BY place"""  # noqa: S608 (texts of this project's own, and what querysets say)
    if not are_current:
        condition = standing.stands(with_history=False, with_deleted=errand.with_deleted)
        return f"""
            SELECT %(errand)s, entry.id
            FROM (
                SELECT DISTINCT {standing.ITSELF} AS id FROM ({found}) AS named(id) JOIN entry USING (id)
            ) AS chosen JOIN entry ON entry.id = chosen.id {standing.held(with_history=False)}
            WHERE {condition} {_taken(errand)} ORDER BY entry.id"""  # noqa: S608 (texts of this project's own, and what querysets say)
    if errand.purpose == Errand.Purpose.VERIFY:
        return f"""
            SELECT %(errand)s, entry.id FROM ({found}) AS chosen(id) JOIN entry USING (id)
            WHERE true {_taken(errand)} ORDER BY entry.id"""  # noqa: S608 (texts of this project's own, and what querysets say)
    return f"SELECT %(errand)s, id FROM ({found}) AS chosen(id) ORDER BY id"  # noqa: S608 (texts of this project's own, and what querysets say)


def _taken(errand: Errand) -> str:
    return f"AND {standing.TAKEN}" if errand.purpose == Errand.Purpose.VERIFY else ""


# Those that an errand sent again are no versions.
_VERSIONS = """
            JOIN entry AS version
                ON version.site_id = entry.site_id AND version.kind = entry.kind AND version.key = entry.key
                AND (version.origin_id IS NULL OR EXISTS (
                    SELECT 1 FROM submission WHERE submission.id = version.submission_id AND errand_id IS NULL
                ))"""


def _ids(errand: Errand, chosen: Chosen) -> tuple[str, dict[str, Any]]:
    """The statement that finds the ids of the chosen entries, with its values; an empty one when nothing can match."""
    if isinstance(chosen, Mapping):
        current = [rows.filter(site=errand.site).order_by() for rows in chosen.values()]
        queries = [(rows if errand.with_deleted else rows.alive()).values("entry_id").query for rows in current]
    else:
        queries = [chosen.filter(site=errand.site).order_by().values("pk").query]
    parts, values = [], dict[str, Any]()
    for query in queries:
        try:
            text, given = query.sql_with_params()
        except EmptyResultSet:
            continue
        names = [f"given_{len(values) + position}" for position in range(len(given))]
        values |= dict(zip(names, given, strict=True))
        parts.append(text % tuple(f"%({name})s" for name in names))
    return " UNION ALL ".join(parts), values


def _foresee(errand: Errand) -> dict[str, Any]:
    """How many of which kind, in how many requests, and how many seconds these take at the site's pace."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_ENVELOPE, [errand.pk])
        counted: list[tuple[str, int, int]] = cursor.fetchall()
        if errand.purpose == Errand.Purpose.VERIFY:
            cursor.execute(_REPOSITORIES, [errand.pk])
            (repositories,) = cursor.fetchone()
            reads = sum(many for kind, _, many in counted if KINDS[kind].api != "devinfo")
            requests = reads + repositories
        else:
            requests = _requests(counted)
        cursor.execute(_PACE, [errand.site_id, _LATEST])
        (pace,) = cursor.fetchone()
    if errand.purpose == Errand.Purpose.VERIFY:
        # However soon Jira answers, a site is not read any faster.
        pace = max(pace or 0.0, 1 / reading.PER_SECOND)
    kinds = {name: sum(many for kind, _, many in counted if kind == name) for name in KINDS}
    return {
        "kinds": {name: many for name, many in kinds.items() if many},
        "requests": requests,
        "pace": pace,
        "seconds": None if pace is None else requests * pace,
    }


def _requests(counted: list[tuple[str, int, int]]) -> int:
    """How many requests carry so many entries: those of one API and one envelope leave together."""
    together: dict[tuple[str, int], int] = {}
    for kind, envelope, many in counted:
        place = KINDS[kind].api, envelope
        together[place] = together.get(place, 0) + many
    limits = {"devinfo": LARGEST_DEVINFO_BATCH}
    return sum(-(-many // limits.get(api, LARGEST_BATCH)) for (api, _), many in together.items())


_BY_ENVELOPE = """
SELECT entry.kind, entry.envelope_id, count(*) FROM errand_item JOIN entry ON entry.id = errand_item.entry_id
WHERE errand_item.errand_id = %s GROUP BY entry.kind, entry.envelope_id
"""

# One read of a repository tells of everything in it.
_REPOSITORIES = """
SELECT count(DISTINCT entry.key::json ->> 0) FROM errand_item JOIN entry ON entry.id = errand_item.entry_id
WHERE errand_item.errand_id = %s AND entry.kind IN ('repository', 'commit', 'branch', 'pull_request')
"""

# Seconds from a request to its answer, the median of the site's latest; nothing when there was none yet.
_PACE = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)) FROM (
    SELECT latest.* FROM lane CROSS JOIN LATERAL (
        SELECT id, started_at, finished_at FROM delivery
        WHERE lane_id = lane.id AND verdict = 'received' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 100
    ) AS latest
    WHERE lane.site_id = %s ORDER BY latest.id DESC LIMIT %s
) AS answered
"""
