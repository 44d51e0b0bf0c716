"""The forms about tokens: what was typed, and what it means."""

import datetime as dt
from dataclasses import dataclass, field

from django.http import QueryDict

from devops_sync import digits
from devops_sync.models import Site, Token
from devops_sync.tokens import MOST_A_MINUTE
from devops_sync.wrong import Unusable

from . import zone
from .fields import Field

LONGEST_DAYS = 36_500
SCOPES = (
    ("read", "Read what the ledger holds, and gates"),
    ("write", "Submit deployments, builds and development information"),
    ("delete", "Delete, by key and by properties"),
)


@dataclass
class Form:
    """A new token, as it was typed."""

    sites: list[Site]
    site: Site | None = None
    scopes: list[str] = field(default_factory=lambda: ["read", "write"])
    given: dict[str, str] = field(default_factory=lambda: dict.fromkeys(("name", "days", "rate"), ""))
    about: str = ""
    problem: str = ""

    @classmethod
    def read(cls, posted: QueryDict, sites: list[Site]) -> "Form":
        slug = posted.get("site", "")
        site = next((one for one in sites if one.slug == slug), None)
        given = {name: posted.get(name, "").strip() for name in ("name", "days", "rate")}
        return cls(sites, site, [scope for scope in Token.SCOPES if scope in posted.getlist("scope")], given)

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        return [(value, word, value in self.scopes) for value, word in SCOPES]

    @property
    def fields(self) -> dict[str, Field]:
        """Name, days and rate, with what is wrong with them."""
        return {
            "name": self._field("name", "Name", "Who sends with it, such as ci-gitlab. It shows as the sender.", 100),
            "days": self._field("days", "Expires after", "Days from now. Empty: never.", 7, is_required=False),
            "rate": rate(self.given["rate"], self.problem if self.about == "rate_limit" else ""),
        }

    def _field(self, name: str, label: str, hint: str, most: int, *, is_required: bool = True) -> Field:
        is_wrong = self.about == name
        has_focus = is_wrong or (name == "name" and not self.about)
        problem = self.problem if is_wrong else ""
        return Field(
            name, label, hint, self.given[name], problem, most=most, is_required=is_required, has_focus=has_focus
        )

    def expires_at(self, now: dt.datetime) -> dt.datetime | None:
        """When it ends; None for never. Raises `Unusable`."""
        days = number(self.given["days"], LONGEST_DAYS, "days", "The days")
        return None if days is None else now + dt.timedelta(days=days)

    def rate_limit(self) -> int | None:
        """How many requests a minute; None for as many as come. Raises `Unusable`."""
        return number(self.given["rate"], MOST_A_MINUTE, "rate_limit", "The limit")


def rate(value: str, problem: str = "") -> Field:
    """How many requests a minute."""
    return Field(
        "rate",
        "Requests a minute",
        "Beyond it senders get 429, as from Jira, and try again. Empty: as many as come.",
        value,
        problem,
        most=9,
        is_required=False,
        has_focus=bool(problem),
    )


def ends(value: str, problem: str = "") -> Field:
    """The last day of a token."""
    return Field(
        "ends", "Last day", "Empty: it has no end.", value, problem, "date", is_required=False, has_focus=bool(problem)
    )


def number(text: str, most: int, about: str, what: str) -> int | None:
    """A whole number from 1, None for nothing. Raises `Unusable`."""
    text = text.replace(",", "")
    if not text:
        return None
    if not digits.only(text, 9) or not 0 < int(text) <= most:
        raise Unusable(f"{what} must be a whole number from 1 to {most:,}, or empty.", about)
    return int(text)


def end_of(text: str, token: Token, now: dt.datetime) -> dt.datetime | None:
    """The end of a day where the reader is; that of the token where its day stays. Raises `Unusable`."""
    if not text:
        return None
    if token.expires_at is not None and text == day_of(token):
        return token.expires_at
    try:
        day = dt.date.fromisoformat(text)
        found = zone.local(now).replace(year=day.year, month=day.month, day=day.day)
        end = found.replace(hour=23, minute=59, second=59, microsecond=0).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Unusable("The last day must be a day, such as 2027-01-31, or empty.", "ends") from None
    if end <= now:
        raise Unusable("The last day is over. To end it now, revoke it.", "ends")
    return end


def day_of(token: Token) -> str:
    """The last day of a token as a form has it."""
    return f"{zone.local(token.expires_at):%Y-%m-%d}" if token.expires_at else ""
