"""Asking for less approval: it waits a day or for another admin, and more of it holds at once."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from devops_sync import approvals, audit, cleanups
from devops_sync.models import AuditRow, Site, User
from devops_sync.people import giving
from devops_sync.wrong import Wrong
from tests import builders

pytestmark = pytest.mark.django_db
AT = "/sites/retail/"
BEFORE = 10_000


@pytest.fixture
def ada(retail: Site) -> User:
    return builders.user("admin", of=retail, name="ada")


@pytest.fixture
def bea(retail: Site) -> User:
    return builders.user("admin", of=retail, name="bea")


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(user: User, above: str) -> None:
    signed(user).post(f"{AT}settings", {"sample_one_in": "20", "superseding": "when_many", "approval_above": above})


def page(user: User) -> str:
    return " ".join(signed(user).get(AT).content.decode().split())


def above(retail: Site, later: dt.timedelta = dt.timedelta(0)) -> int | None:
    retail.refresh_from_db()
    return retail.approves_above(timezone.now() + later)


def agree(user: User, retail: Site) -> str:
    retail.refresh_from_db()
    answer = signed(user).post(f"{AT}approval/agree", {"seen": approvals.seen_as(retail)}, follow=True)
    return answer.content.decode()


@pytest.mark.parametrize(("wanted", "then"), [("", None), ("20000", 20_000)])
def test_less_approval_holds_a_day_later(wanted: str, then: int | None, retail: Site, ada: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        ask(ada, wanted)
        assert above(retail, dt.timedelta(hours=23, minutes=59)) == BEFORE
        assert above(retail, dt.timedelta(days=1)) == then
    said = page(ada)
    assert 'value="10000"' in said
    assert "<strong>Less approval waits.</strong> ada asked that" in said
    assert "You asked for it, so you cannot agree to it." in said
    assert 'id="agree"' not in said


def test_once_it_holds_the_page_says_nothing_more_of_it(retail: Site, ada: User) -> None:
    with time_machine.travel(timezone.now() - approvals.LOOSENS_AFTER):
        ask(ada, "20000")
    said = page(ada)
    assert 'value="20000"' in said
    assert "Less approval waits" not in said


def test_more_approval_holds_at_once_and_ends_what_waits(retail: Site, ada: User, bea: User) -> None:
    ask(ada, "")
    ask(bea, "5")
    assert (above(retail), above(retail, dt.timedelta(days=2))) == (5, 5)


def test_from_what_has_come_to_hold_less_waits_again(retail: Site, ada: User) -> None:
    with time_machine.travel(timezone.now() - approvals.LOOSENS_AFTER):
        ask(ada, "20000")
    ask(ada, "")
    assert (above(retail), above(retail, dt.timedelta(days=1))) == (20_000, None)


@pytest.mark.parametrize("again", ["10000", "20000"])
def test_saving_other_settings_neither_ends_it_nor_begins_it_anew(again: str, retail: Site, ada: User) -> None:
    ask(ada, "20000")
    retail.refresh_from_db()
    began = retail.loosens_at
    ask(ada, again)
    retail.refresh_from_db()
    assert (retail.loosens_at, retail.loosens_to) == (began, 20_000)


def test_another_admin_agrees_and_it_holds(retail: Site, ada: User, bea: User) -> None:
    ask(ada, "")
    assert 'id="agree"' in page(bea)
    assert "You agreed: it holds from now on." in agree(bea, retail)
    assert above(retail) is None


def test_nobody_agrees_to_their_own(retail: Site, ada: User) -> None:
    ask(ada, "")
    assert "Nobody agrees to what they asked for" in agree(ada, retail)
    assert above(retail) == BEFORE


def test_an_account_that_was_made_for_it_does_not_agree(retail: Site, ada: User) -> None:
    with audit.acting.by(audit.acting.user(ada)):
        puppet = giving.make("puppet", [("admin", None)], None)
    ask(ada, "")
    assert "The account puppet was given the role of an admin by ada less than a day ago" in page(puppet)
    assert "counts as a second pair of eyes from" in agree(puppet, retail)
    assert above(retail) == BEFORE


def test_nor_does_the_one_who_made_the_account_that_asks(retail: Site, ada: User) -> None:
    with audit.acting.by(audit.acting.user(ada)):
        puppet = giving.make("puppet", [("admin", None)], None)
    ask(puppet, "")
    assert "The account puppet was given the role of an admin by ada" in agree(ada, retail)
    assert above(retail) == BEFORE


def test_what_was_asked_for_since_is_not_agreed_to(retail: Site, ada: User, bea: User) -> None:
    ask(ada, "20000")
    retail.refresh_from_db()
    seen = approvals.seen_as(retail)
    ask(ada, "")
    answer = signed(bea).post(f"{AT}approval/agree", {"seen": seen}, follow=True)
    assert b"Something else was asked for meanwhile." in answer.content
    assert above(retail) == BEFORE


def test_any_admin_keeps_it_as_it_is(retail: Site, ada: User, bea: User) -> None:
    ask(ada, "")
    signed(bea).post(f"{AT}approval/keep")
    assert above(retail, dt.timedelta(days=2)) == BEFORE
    answer = signed(bea).post(f"{AT}approval/keep", follow=True)
    assert b"Nobody asks for less approval any more." in answer.content


def test_nobody_else_agrees_or_keeps(retail: Site, ada: User, viewer: Client) -> None:
    ask(ada, "")
    assert "Less approval waits" not in viewer.get(AT).content.decode()
    assert [viewer.post(f"{AT}approval/{step}").status_code for step in ("agree", "keep")] == [403, 403]


def test_a_command_changes_it_at_once(retail: Site) -> None:
    with transaction.atomic():
        approvals.change(approvals.hold(retail), None, None, timezone.now())
    assert above(retail) is None


def test_each_step_is_noted_with_what_holds_when(retail: Site, ada: User, bea: User) -> None:
    ask(ada, "20000")
    agree(bea, retail)
    ask(ada, "")
    signed(ada).post(f"{AT}approval/keep")
    rows = AuditRow.objects.filter(act__startswith="site.").order_by("pk")
    retail.refresh_from_db()
    assert [(row.act, row.actor) for row in rows] == [
        ("site.approval.loosening", "ada"),
        ("site.approval.agreed", "bea"),
        ("site.approval.loosening", "ada"),
        ("site.approval.kept", "ada"),
    ]
    assert '"approval_above":20000,"holds_from":"20' in rows[0].after
    assert rows[1].before == '{"approval_above":10000}'


def test_what_holds_is_asked_when_a_deletion_is_confirmed(retail: Site, ada: User) -> None:
    """Not what held when the page was opened, nor what waits."""
    found = builders.cleanup(retail, ada, total=7)
    Site.objects.update(approval_above=5)
    cleanups.confirm(found, ada, 7, "Closed", 0, timezone.now())
    assert found.state == "awaiting"
    other = builders.cleanup(retail, ada, total=7)
    ask(ada, "")
    cleanups.confirm(other, ada, 7, "Closed", 0, timezone.now())
    assert other.state == "awaiting"


@pytest.mark.django_db(transaction=True)
def test_of_those_who_agree_and_keep_at_once_one_is_first(retail: Site, ada: User, bea: User) -> None:
    with transaction.atomic():
        approvals.change(approvals.hold(retail), None, ada, timezone.now())
    retail.refresh_from_db()
    seen = approvals.seen_as(retail)

    def agrees() -> bool:
        return _went_well(lambda: approvals.agree(retail, bea, seen, timezone.now()))

    def keeps() -> bool:
        return _went_well(lambda: approvals.keep(retail, timezone.now()))

    with ThreadPoolExecutor(2) as two:
        agreed, kept = two.submit(agrees), two.submit(keeps)
    assert agreed.result() is not kept.result()
    assert (above(retail) is None) is agreed.result()


def _went_well(act: Callable[[], None]) -> bool:
    try:
        act()
    except Wrong:
        return False
    finally:
        connection.close()
    return True
