"""Signing in and out, whatever it was that proved who somebody is; and being held off after wrong passwords.

django-axes counts failures by user name and address together, so that a stranger can lock nobody out elsewhere;
`guesses` counts them by address, whatever the names were.
"""

import datetime as dt

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from devops_sync import audit, remote
from devops_sync.allowances import Allowance
from devops_sync.models import User

from . import guesses, second_factor, sessions

_BACKEND = "django.contrib.auth.backends.ModelBackend"
# Of somebody whose password was right and who has not shown the second factor yet.
_HALF_WAY = "half_way"
# Each name is held off for itself, so that whoever makes names up is held off by nothing but this.
_of_unknown = Allowance()
_HALF_WAY_LASTS = dt.timedelta(minutes=10)


def enter(request: HttpRequest, user: User, how: str) -> None:
    """Sign the person in, with a new key for the session. `how`: what proved who they are, for the audit log."""
    now = timezone.now()
    sessions.forget_expired(now)
    guesses.forget(now)
    auth.login(request, user, backend=_BACKEND)
    request.session.pop(_HALF_WAY, None)
    address = remote.address_of(request)
    request.session[sessions.FACTS] = sessions.facts(address, request.META.get("HTTP_USER_AGENT", ""), now)
    request.session.set_expiry(now + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE))
    audit.acting.become(audit.acting.user(user, address))
    audit.note("session.opened", on=user, after={"with": how})


def leave(request: HttpRequest) -> None:
    """Sign out."""
    if isinstance(request.user, User):
        audit.note("session.ended", on=request.user, after={"by": "signing out"})
    auth.logout(request)


def wait_for_second_factor(request: HttpRequest, user: User) -> None:
    """Remember for ten minutes whose password was right."""
    until = (timezone.now() + _HALF_WAY_LASTS).isoformat()
    request.session[_HALF_WAY] = {"user": user.pk, "hash": user.get_session_auth_hash(), "until": until}
    # A key from before the password must not see what comes after it.
    request.session.cycle_key()
    request.session.set_expiry(_HALF_WAY_LASTS)


def half_way(request: HttpRequest) -> User | None:
    """Whose password was right a while ago in this browser, if it still is and they are still let in."""
    found = request.session.get(_HALF_WAY)
    if not found or dt.datetime.fromisoformat(found["until"]) < timezone.now():
        return None
    user = User.objects.filter(pk=found["user"], is_active=True).first()
    return user if user and constant_time_compare(user.get_session_auth_hash(), found["hash"]) else None


def needs_second_factor(user: User) -> bool:
    """Whether a right password is not enough for this person."""
    return second_factor.is_on(user) or second_factor.is_required(user)


def count(request: HttpRequest) -> guesses.Guess:
    """Count a guess at a password or a code before it is looked at. Raises `guesses.TooMany`."""
    return guesses.count(remote.network_of(request), timezone.now())


def was_looked_at(request: HttpRequest) -> bool:
    """Whether a password that was not let in was looked at; it is not while its name is held off from there."""
    is_locked = getattr(request, "axes_locked_out", False)
    return not is_locked or getattr(request, "axes_failures_since_start", None) is not None


def refuse(request: HttpRequest, name: str) -> None:
    """Count a failure that Django's own sign-in does not see, such as a wrong code."""
    user_login_failed.send(sender=__name__, credentials={"username": name}, request=request)


def note_refused(request: HttpRequest, name: str, why: str) -> None:
    """Note a failed sign-in. A name that nobody has may be a password in the wrong field: it is not kept.

    Nothing is noted of whoever is held off already and goes on trying, and of names that nobody has only up to an
    allowance: they would fill the log.
    """
    if not was_looked_at(request):
        return
    user = User.objects.filter(username=name).first() if "\0" not in name else None
    if user is None and not _of_unknown.take():
        return
    subject = user or ("user", "", "somebody unknown")
    with audit.acting.by(audit.acting.stranger(remote.address_of(request))):
        audit.note("session.refused", on=subject, after={"why": why})
        if getattr(request, "axes_locked_out", False):
            audit.note("session.locked_out", on=subject)


def note_held_off(guess: guesses.Guess) -> None:
    """Note that nobody is let in from an address for a while, once, with the guess that brought it about."""
    if guess.is_last and guess.address:
        with audit.acting.by(audit.acting.stranger(guess.address)):
            audit.note("address.locked_out", on=("address", "", guess.address), after={"failures": guess.number})


def locked_until(request: HttpRequest, name: str) -> dt.datetime | None:
    """Until when nobody of this name is let in from this address, after too many failures; None if they are."""
    if not AxesProxyHandler.is_locked(request, {"username": name}):
        return None
    latest = AccessAttempt.objects.filter(username=name, ip_address=remote.network_of(request)).order_by(
        "-attempt_time"
    )
    failed_at = latest.values_list("attempt_time", flat=True).first()
    return (failed_at or timezone.now()) + settings.AXES_COOLOFF_TIME
