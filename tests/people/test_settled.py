"""Who acts as two: an account that another let in within the last day is no second pair of eyes."""

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.utils import timezone

from devops_sync import audit
from devops_sync.models import Site, User
from devops_sync.people import giving, second_factor, settled, totp
from tests import builders

from .conftest import code_of, with_password

pytestmark = pytest.mark.django_db
PASSWORD = "an other battery of staples"


@pytest.fixture
def bea(retail: Site) -> User:
    """An admin of long standing."""
    return with_password("admin", "bea")


def _make(bea: User, retail: Site) -> User:
    return giving.make("puppet", [], PASSWORD)


def _give(bea: User, retail: Site) -> User:
    ben = builders.user("viewer", name="ben")
    giving.give(ben, "admin", retail)
    return ben


def _change_password(bea: User, retail: Site) -> User:
    giving.change_password(bea, PASSWORD)
    return bea


def _reset_second_factor(bea: User, retail: Site) -> User:
    giving.reset_second_factor(bea)
    return bea


def _activate(bea: User, retail: Site) -> User:
    giving.activate(bea)
    return bea


Act = Callable[[User, Site], User]
ACTS = {
    "was made": _make,
    "was given the role of an admin": _give,
    "was given a password": _change_password,
    "had its second factor reset": _reset_second_factor,
    "was activated": _activate,
}


def by(name: str) -> audit.acting.Actor:
    return audit.acting.user(builders.user("admin", name=name))


@pytest.mark.parametrize("said", ACTS)
def test_what_somebody_did_to_let_them_in_counts_against_them_for_a_day(said: str, bea: User, retail: Site) -> None:
    now = timezone.now().replace(microsecond=0)
    with time_machine.travel(now, tick=False), audit.acting.by(by("ada")):
        person = ACTS[said](bea, retail)
    problem = settled.problem(person, retail, now + dt.timedelta(hours=23, minutes=59))
    assert f"The account {person.username} {said} by ada less than a day ago" in problem
    assert f"from {now + settled.DAY:%-d %B, %H:%M} UTC on" in problem
    assert settled.problem(person, retail, now + settled.DAY) == ""


@pytest.mark.parametrize("said", ACTS)
def test_what_a_command_did_counts_for_nothing(said: str, bea: User, retail: Site) -> None:
    """So a new installation has two admins who can act at once, and the operator helps whenever it is pressing."""
    with audit.acting.by(audit.acting.command("create_user")):
        person = ACTS[said](bea, retail)
    assert settled.problem(person, retail, timezone.now()) == ""


def test_what_the_provider_says_counts_for_nothing(bea: User, retail: Site) -> None:
    with audit.acting.by(audit.acting.stranger("192.0.2.1")):
        giving.replace_groups(bea, {("admin", retail.pk)})
    assert settled.problem(bea, retail, timezone.now()) == ""


def test_what_they_did_themselves_counts_for_nothing(bea: User, retail: Site) -> None:
    with audit.acting.by(audit.acting.user(bea)):
        giving.change_password(bea, PASSWORD)
        second_factor.turn_on(bea, secret := totp.new_secret(), code_of(secret))
        second_factor.turn_off(bea)
    assert settled.problem(bea, retail, timezone.now()) == ""


@pytest.mark.parametrize(("role", "elsewhere"), [("viewer", False), ("auditor", False), ("admin", True)])
def test_a_role_that_gives_no_say_there_counts_for_nothing(role: str, elsewhere: bool, bea: User, retail: Site) -> None:
    with audit.acting.by(by("ada")):
        giving.give(bea, role, builders.site("wholesale") if elsewhere else retail)
        giving.deactivate(bea, by=builders.user("admin"))
    assert settled.problem(bea, retail, timezone.now()) == ""


def test_the_command_line_counts(retail: Site) -> None:
    assert settled.problem(None, retail, timezone.now()) == ""
