"""Where somebody is signed in. Django's sessions in the database, kept in a table that says whose each is.

Whatever ends a session takes its row away, so the browser is signed out at its next request, in every process.
"""

import datetime as dt
import hashlib
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from devops_sync.models import Session, User

# How long ago a session was seen is written at most so often: reading a page writes nothing.
SEEN_EVERY = dt.timedelta(minutes=5)
FACTS = "signed_in"


class SessionStore(db.SessionStore):
    """Django's own store of sessions in the database, over our table."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie may say it, and PostgreSQL cannot be asked for it.
        return "\0" not in (key or "") and bool(super()._validate_session_key(key))  # type: ignore[misc]

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        facts = data.get(FACTS, {})
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.address, row.browser = facts.get("address"), facts.get("browser", "")
        if "at" in facts:
            row.started_at = dt.datetime.fromisoformat(facts["at"])
        return row

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]  # the stubs lack it
        now = timezone.now()
        if row is not None and row.user_id and now - row.seen_at > SEEN_EVERY:
            Session.objects.filter(pk=row.pk).update(seen_at=now)
        return row


def facts(address: str | None, browser: str, now: dt.datetime) -> dict[str, str | None]:
    """What is kept of a sign-in beside the session."""
    return {"address": address, "browser": browser.replace("\0", "")[:300], "at": now.isoformat()}


def of(user: User) -> list[Session]:
    """Where the person is signed in, the latest seen first."""
    return list(Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at", "-started_at"))


def is_of_somebody(session_key: str) -> bool:
    """Whether somebody is signed in with this key."""
    if not session_key or "\0" in session_key:
        return False
    return Session.objects.filter(pk=session_key, user__is_active=True, expire_date__gt=timezone.now()).exists()


def name(session_key: str) -> str:
    """What a session is called on pages: its key would let anybody in."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:24]


def end(user: User, named: str) -> bool:
    """End one session of the person; False where there is none of that name any more."""
    keys = [session.pk for session in of(user) if name(session.pk) == named]
    return bool(Session.objects.filter(pk__in=keys).delete()[0])


def end_all(user: User, *, but: str | None = None) -> int:
    """End all sessions of the person, save the one with this key; says how many."""
    return Session.objects.filter(user=user).exclude(pk=but or "").delete()[0]


def forget_expired(now: dt.datetime) -> None:
    """Remove what nobody can be signed in with any more."""
    Session.objects.filter(expire_date__lt=now).delete()
