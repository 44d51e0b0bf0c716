"""How many sign-ins may fail from one address before nobody signs in from there for a while, by whatever names.

A name at an address is held off after five, so whoever tries one password on very many names never meets that. Counted
in the database, for all processes, and before the password is looked at, so that many at once are no more than one
after the other; whatever was no wrong guess is given back.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F

from devops_sync import prepared
from devops_sync.models import Guesses
from devops_sync.wrong import Wrong

# As many as ten people of an office make who are all held off by their own names in one quarter of an hour. Whoever
# guesses has 4,800 a day of it, where the least password has 12 characters.
MOST = 50
WINDOW = dt.timedelta(minutes=15)

# Nothing comes back where there were too many: then nothing is written, either.
_COUNT = """
INSERT INTO guesses AS known (address, since, number) VALUES (%(address)s, %(now)s, 1)
ON CONFLICT (address) DO UPDATE SET
    since = CASE WHEN known.since > %(over)s THEN known.since ELSE excluded.since END,
    number = CASE WHEN known.since > %(over)s THEN known.number + 1 ELSE 1 END
WHERE known.since <= %(over)s OR known.number < %(most)s
RETURNING since, number
"""


class TooMany(Wrong):
    """Too many sign-ins failed from the address: none is looked at until `until`."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__("There were too many failures from your address.")
        self.until = until


@dataclass(frozen=True)
class Guess:
    """A guess that counts, as the `number`th since `since`; at no address it counts for nothing."""

    address: str | None
    since: dt.datetime
    number: int

    @property
    def is_last(self) -> bool:
        """Whether nobody is let in from there after it."""
        return self.number >= MOST

    def give_back(self) -> None:
        """Count it no more: it was right, or was not looked at."""
        if self.address:
            Guesses.objects.filter(address=self.address, since=self.since, number__gt=0).update(number=F("number") - 1)


def count(address: str | None, now: dt.datetime) -> Guess:
    """Count a guess that is about to be looked at. Raises `TooMany`.

    Whose address nobody knows, behind a proxy that does not say it, is not counted: all of them would be one.
    """
    if address is None:
        return Guess(None, now, 0)
    row = prepared.run(_COUNT, {"address": address, "now": now, "over": now - WINDOW, "most": MOST}).fetchone()
    if row is None:
        known = Guesses.objects.filter(address=address).first()
        raise TooMany(known.since + WINDOW if known else now)
    return Guess(address, *row)


def forget(now: dt.datetime) -> None:
    """Remove what counts no more."""
    Guesses.objects.filter(since__lte=now - WINDOW).delete()
