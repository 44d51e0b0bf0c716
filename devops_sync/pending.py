"""What has yet to leave and what awaits a second admin: the figures beside every page, in one statement."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection


class Pending(NamedTuple):
    """Versions and deletions that wait to be sent, and deletions that await their approval."""

    waiting: int
    awaiting: int


def read(sites: Sequence[int], audited: Sequence[int], most: int) -> Pending:
    """What waits for these sites, counted no further than `most`, and what awaits an admin of the audited ones."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"sites": list(sites), "audited": list(audited), "most": most})
        versions, deletions, awaiting = cursor.fetchone()
    return Pending(min(most, versions + deletions), awaiting)


_READ = """
SELECT
    (SELECT count(*) FROM (
        SELECT FROM entry JOIN lane ON lane.id = entry.lane_id
        WHERE entry.outcome = 'waiting' AND lane.site_id = ANY(%(sites)s::bigint[]) LIMIT %(most)s
    ) AS counted),
    (SELECT count(*) FROM (
        SELECT FROM deletion WHERE outcome = 'waiting' AND site_id = ANY(%(sites)s::bigint[]) LIMIT %(most)s
    ) AS counted),
    (SELECT count(*) FROM cleanup WHERE state = 'awaiting' AND site_id = ANY(%(audited)s::bigint[]))
"""
