"""The balance: everything received is refused, out of order, superseded, withdrawn, rejected, accepted or waiting."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from .submission import Entry

# In the order in which the sum is written.
TERMS = (
    Entry.Outcome.REFUSED,
    Entry.Outcome.OUT_OF_ORDER,
    Entry.Outcome.SUPERSEDED,
    Entry.Outcome.WITHDRAWN,
    Entry.Outcome.REJECTED,
    Entry.Outcome.ACCEPTED,
    Entry.Outcome.WAITING,
)


@dataclass(frozen=True)
class Balance:
    """What was received against what became of it, read in one statement and so at one moment.

    A sum of balances keeps its parts: what one site lacks is not made up for by what another has too many.
    """

    received: int
    by_outcome: Mapping[str, int]
    parts: "tuple[Balance, ...]" = ()

    @property
    def terms(self) -> list[tuple[Entry.Outcome, int]]:
        """Every outcome with how many entries have it, also where there are none."""
        return [(outcome, self.by_outcome.get(outcome, 0)) for outcome in TERMS]

    @property
    def accounted(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def missing(self) -> int:
        """Zero, or something was lost. Below zero: there are entries that nobody is known to have sent.

        Of a sum, how many are missing or too many in its parts.
        """
        if self.parts:
            return sum(abs(part.missing) for part in self.parts)
        return self.received - self.accounted


def balance(sites: Sequence[int]) -> Balance:
    """Count every entry of the sites. It reads them all."""
    return together(balances(sites).values())


def balances(sites: Sequence[int] | None = None) -> dict[int, Balance]:
    """The balance of each of the sites, or of every site there is. It reads all their entries."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, {"sites": None if sites is None else list(sites)})
        return {site: Balance(int(received), by_outcome) for site, received, by_outcome in cursor.fetchall()}


def together(found: Iterable[Balance]) -> Balance:
    """The sum of several balances."""
    parts, by_outcome = tuple(found), Counter[str]()
    for one in parts:
        by_outcome.update(one.by_outcome)
    return Balance(sum(one.received for one in parts), dict(by_outcome), parts)


def off_balance(sites: Sequence[int], limit: int) -> list[UUID]:
    """The newest submissions whose entries are not as many as were counted at their receipt."""
    with connection.cursor() as cursor:
        cursor.execute(_OFF_BALANCE, {"sites": list(sites), "limit": limit})
        return [pk for (pk,) in cursor.fetchall()]


_BALANCES = """
SELECT site.id, coalesce(submitted.many, 0), coalesce(counted.by_outcome, '{}')
FROM site
LEFT JOIN (
    SELECT site_id, sum(entry_count) AS many FROM submission
    WHERE %(sites)s::bigint[] IS NULL OR site_id = ANY(%(sites)s) GROUP BY site_id
) AS submitted ON submitted.site_id = site.id
LEFT JOIN (
    SELECT site_id, json_object_agg(outcome, many) AS by_outcome FROM (
        SELECT site_id, outcome, count(*) AS many FROM entry
        WHERE %(sites)s::bigint[] IS NULL OR site_id = ANY(%(sites)s) GROUP BY site_id, outcome
    ) AS by_site GROUP BY site_id
) AS counted ON counted.site_id = site.id
WHERE %(sites)s::bigint[] IS NULL OR site.id = ANY(%(sites)s)
"""

_OFF_BALANCE = """
SELECT submission.id
FROM submission LEFT JOIN (
    SELECT submission_id, count(*) AS many FROM entry WHERE site_id = ANY(%(sites)s) GROUP BY submission_id
) AS counted ON counted.submission_id = submission.id
WHERE submission.site_id = ANY(%(sites)s) AND submission.entry_count <> coalesce(counted.many, 0)
ORDER BY submission.id DESC LIMIT %(limit)s
"""
