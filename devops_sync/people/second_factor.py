"""Two-factor: an app's codes, codes on paper for when the app is gone, and how wrong ones are held off."""

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from devops_sync import audit, roles, vault
from devops_sync.models import RecoveryCode, SecondFactor, User
from devops_sync.wrong import Wrong

from . import totp

CODES = 10
# Whoever tries codes knows the password already. A guess hits with 3 in a million: ten in a row, then a rest, which is
# twice as long each time. So a day has 80 guesses at first and 10 from then on, where it had 960.
MOST_WRONG = 10
REST = dt.timedelta(minutes=15)
LONGEST_REST = dt.timedelta(days=1)
_DOUBLINGS = 7  # From there on it is the longest.
_CHANGED = "user.second_factor.changed"
# Without letters and digits that are taken for one another.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


class Removed(Wrong):
    """There is no second factor any more. Nothing was guessed, so that nothing counts it."""

    def __init__(self) -> None:
        super().__init__("Two-factor was reset meanwhile. Sign in again from the beginning.", "code")


class Resting(Wrong):
    """Too many wrong codes: none is looked at until `until`."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__("Too many wrong codes.", "code")
        self.until = until


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user).exists()


def find(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user).first()


def is_required(user: User) -> bool:
    """Whether the settings ask the person for two-factor when they sign in with a password."""
    required = settings.REQUIRE_TWO_FACTOR
    return required == "everyone" or (required == "admins" and roles.may(user, "users"))


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user).count()


@transaction.atomic
def turn_on(user: User, secret: str, code: str) -> list[str]:
    """Take the app that shows this code. Returns the recovery codes, which nobody can read again. Raises `Wrong`."""
    step = totp.step_of(secret, _typed(code), after=0)
    if step is None:
        raise Wrong("This is not the code that the app shows now. Check that the clock of the device is right.", "code")
    # Of two set-ups at once the later one waits here, and replaces what the earlier one made.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    SecondFactor.objects.filter(user=user).delete()
    SecondFactor.objects.create(user=user, sealed_secret=vault.seal(secret), last_step=step)
    audit.note(_CHANGED, on=user, before={"on": False}, after={"on": True})
    return _new_codes(user)


@transaction.atomic
def turn_off(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    audit.note(_CHANGED, on=user, before={"on": True}, after={"on": False})


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten new codes in place of those that there were. Returns them: only their digests are kept."""
    audit.note(_CHANGED, on=user, after={"new codes on paper": CODES})
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    codes = ["-".join("".join(secrets.choice(_SIGNS) for _ in range(5)) for _ in range(3)) for _ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return codes


def take(user: User, given: str) -> str:
    """Take a code of the app or a recovery code, once. Returns which it was: `app` or `recovery`.

    Raises `Wrong` where it is neither, or was taken before, `Resting` where there were too many of those, and `Removed`
    where there is no second factor any more.
    """
    with transaction.atomic():
        # The row is held, so that of two who show one code at once only one gets in.
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None:
            raise Removed
        taken = _take(factor, given, timezone.now())
    if not taken:
        raise Wrong("This code is not right, or was used before.", "code")
    return taken


def _take(factor: SecondFactor, given: str, now: dt.datetime) -> str:
    if factor.rests_until and factor.rests_until > now:
        raise Resting(factor.rests_until)
    step = _step_of(factor, given)
    taken = "app" if step else "recovery" if _take_recovery_code(factor.user_id, given) else ""
    factor.last_step = step or factor.last_step
    factor.wrong_codes = 0 if taken else factor.wrong_codes + 1
    factor.rests = 0 if taken else factor.rests
    if factor.wrong_codes >= MOST_WRONG:
        factor.rests_until = now + min(REST * 2**factor.rests, LONGEST_REST)
        factor.wrong_codes, factor.rests = 0, min(factor.rests + 1, _DOUBLINGS)
    factor.save(update_fields=["last_step", "wrong_codes", "rests_until", "rests"])
    return taken


def end_rest(user: User) -> None:
    """Look at codes again: whoever tried wrong ones knows the password, and it is another now."""
    SecondFactor.objects.filter(user=user).update(wrong_codes=0, rests=0, rests_until=None)


def _step_of(factor: SecondFactor, given: str) -> int | None:
    """The half minute that a code of the app is of; none where the key that sealed its secret is gone."""
    try:
        return totp.step_of(factor.secret, _typed(given), after=factor.last_step)
    except vault.CannotOpen:
        return None


def _take_recovery_code(user_id: int, given: str) -> bool:
    return bool(RecoveryCode.objects.filter(user_id=user_id, digest=_digest(given)).delete()[0])


def _typed(given: str) -> str:
    """A code as apps show it has a gap in the middle."""
    return given.replace(" ", "")


def _digest(code: str) -> bytes:
    """74 random bits need no slow hash."""
    plain = "".join(sign for sign in code.lower() if sign in _SIGNS)
    return hashlib.sha256(plain.encode()).digest()
