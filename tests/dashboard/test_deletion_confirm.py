"""Confirming a deletion: a reason, the number typed in, a delay, and a second admin where the site asks for one."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from devops_sync import audit
from devops_sync.models import Cleanup, Deletion, Deployment, Site, User
from devops_sync.people import giving
from tests import builders

pytestmark = pytest.mark.django_db
GOOD = {"reason": "The account is closed.", "typed": "2", "delay": "300"}


@pytest.fixture
def ada(retail: Site) -> User:
    return builders.user("admin", of=retail, name="ada")


@pytest.fixture
def as_ada(ada: User) -> Client:
    return signed(ada)


@pytest.fixture
def previewed(retail: Site, ada: User) -> Cleanup:
    """Two deployments that would go."""
    for _ in range(2):
        builders.deployment(retail, properties={"team": "checkout"})
    return builders.cleanup(retail, ada)


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def confirm(client: Client, cleanup: Cleanup, **what: str) -> Any:
    answer = client.post(f"/deletions/{cleanup.pk}/confirm/", GOOD | what)
    cleanup.refresh_from_db()
    return answer


def page(client: Client, cleanup: Cleanup) -> str:
    return " ".join(client.get(f"/deletions/{cleanup.pk}/confirm/").content.decode().split())


def test_looking_deletes_nothing(previewed: Cleanup, as_ada: Client) -> None:
    for step in ("", "preview/", "confirm/", "entities.csv"):
        as_ada.get(f"/deletions/{previewed.pk}/{step}", follow=True)
    previewed.refresh_from_db()
    assert previewed.state == "previewed"
    assert not Deletion.objects.exists()
    assert not Deployment.objects.exclude(deleted_at=None).exists()


def test_with_a_reason_and_the_number_it_starts_after_the_delay(previewed: Cleanup, ada: User, as_ada: Client) -> None:
    answer = confirm(as_ada, previewed)
    assert answer["Location"] == f"/deletions/{previewed.pk}/confirm/"
    assert (previewed.state, previewed.reason, previewed.confirmed_by) == ("delayed", GOOD["reason"], ada)
    assert previewed.starts_at
    assert previewed.confirmed_at
    assert previewed.starts_at - previewed.confirmed_at == dt.timedelta(minutes=5)
    assert "It starts <time data-until" in page(as_ada, previewed)
    assert not Deployment.objects.exclude(deleted_at=None).exists()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({"delay": "0"}, 0), ({"delay": "86400"}, 86400), ({"delay": "other", "minutes": "90"}, 5400)],
)
def test_the_delay_is_chosen(given: dict[str, str], seconds: int, previewed: Cleanup, as_ada: Client) -> None:
    confirm(as_ada, previewed, **given)
    assert (previewed.state, previewed.delay) == ("delayed", seconds)


def test_five_minutes_are_chosen_beforehand(previewed: Cleanup, as_ada: Client) -> None:
    assert 'value="300" checked' in page(as_ada, previewed)


def test_the_number_may_be_typed_as_it_is_shown(retail: Site, ada: User, as_ada: Client) -> None:
    large = builders.cleanup(retail, ada, total=1204)
    confirm(as_ada, large, typed="1,204")
    assert large.state == "delayed"


@pytest.mark.parametrize(
    ("bad", "field", "sentence"),
    [
        ({"reason": "  "}, "reason", "A reason is needed: it stands in the report."),
        ({"typed": ""}, "typed", "The preview shows 2 entities: type that number."),
        ({"typed": "3"}, "typed", "The preview shows 2 entities"),
        ({"typed": "two"}, "typed", "The preview shows 2 entities"),
        ({"typed": "²"}, "typed", "The preview shows 2 entities"),
        ({"delay": "melted"}, "delay", "The delay has to be between none and seven days."),
        ({"delay": "300", "minutes": "90"}, "delay", "Choose “Another” for the minutes that you typed"),
        ({"delay": "other", "minutes": "-5"}, "delay", "The delay has to be between none and seven days."),
        ({"delay": "other", "minutes": "999999"}, "delay", "The delay has to be between none and seven days."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    bad: dict[str, str], field: str, sentence: str, previewed: Cleanup, as_ada: Client
) -> None:
    answer = confirm(as_ada, previewed, **{"reason": "Closed <&>", **bad})
    said = answer.content.decode()
    assert (answer.status_code, sentence in said) == (400, True)
    assert f'id="{field}-problem"' in said
    assert field == "reason" or "Closed &lt;&amp;&gt;</textarea>" in said
    assert previewed.state == "previewed"


def test_what_is_confirmed_already_is_not_confirmed_again(previewed: Cleanup, as_ada: Client) -> None:
    confirm(as_ada, previewed)
    answer = confirm(as_ada, previewed)
    assert answer.status_code == 409
    assert "so it cannot be confirmed" in answer.content.decode()


def test_before_the_delay_ends_it_is_cancelled(previewed: Cleanup, as_ada: Client) -> None:
    confirm(as_ada, previewed)
    as_ada.post(f"/deletions/{previewed.pk}/cancel")
    previewed.refresh_from_db()
    assert previewed.state == "cancelled"
    assert "It was cancelled" in page(as_ada, previewed)
    answer = as_ada.post(f"/deletions/{previewed.pk}/cancel")
    assert (answer.status_code, b"so it cannot be cancelled" in answer.content) == (409, True)


def test_above_a_number_another_admin_approves(retail: Site, previewed: Cleanup, as_ada: Client) -> None:
    Site.objects.update(approval_above=1)
    assert "Ask for approval to delete 2 entities" in page(as_ada, previewed)
    confirm(as_ada, previewed)
    assert previewed.state == "awaiting"
    assert "You asked for it, so you cannot approve it." in page(as_ada, previewed)
    answer = as_ada.post(f"/deletions/{previewed.pk}/approve")
    assert (answer.status_code, b"Nobody approves their own deletion" in answer.content) == (409, True)
    ben = builders.user("admin", of=retail)
    seen = page(signed(ben), previewed)
    assert "ada confirmed it" in seen
    assert GOOD["reason"] in seen
    signed(ben).post(f"/deletions/{previewed.pk}/approve")
    previewed.refresh_from_db()
    assert (previewed.state, previewed.approved_by) == ("delayed", ben)


def test_an_account_that_was_made_for_it_approves_nothing(previewed: Cleanup, ada: User, as_ada: Client) -> None:
    Site.objects.update(approval_above=1)
    with audit.acting.by(audit.acting.user(ada)):
        puppet = giving.make("puppet", [("admin", None)], None)
    confirm(as_ada, previewed)
    seen = page(signed(puppet), previewed)
    assert "The account puppet was given the role of an admin by ada less than a day ago" in seen
    assert 'id="approve"' not in seen
    answer = signed(puppet).post(f"/deletions/{previewed.pk}/approve")
    assert (answer.status_code, b"The account puppet was given the role of an admin by ada" in answer.content) == (
        409,
        True,
    )
    with time_machine.travel(timezone.now() + dt.timedelta(days=1, minutes=1)):
        signed(puppet).post(f"/deletions/{previewed.pk}/approve")
    previewed.refresh_from_db()
    assert previewed.state == "delayed"


def test_nor_does_whoever_made_the_account_that_asks(retail: Site, previewed: Cleanup, ada: User) -> None:
    Site.objects.update(approval_above=1)
    with audit.acting.by(audit.acting.user(ada)):
        puppet = giving.make("puppet", [("admin", None)], None)
    own = builders.cleanup(retail, puppet, total=2)
    confirm(signed(puppet), own)
    answer = signed(ada).post(f"/deletions/{own.pk}/approve")
    assert (answer.status_code, b"The account puppet was given the role of an admin by ada" in answer.content) == (
        409,
        True,
    )


@pytest.mark.parametrize("role", ["viewer", "release-manager", "auditor"])
def test_nobody_but_an_admin_decides(
    role: str, previewed: Cleanup, signed_in: Callable[..., Client], as_ada: Client
) -> None:
    client = signed_in(role)
    assert confirm(client, previewed).status_code == 403
    Site.objects.update(approval_above=1)
    confirm(as_ada, previewed)
    assert client.post(f"/deletions/{previewed.pk}/approve").status_code == 403
    assert client.post(f"/deletions/{previewed.pk}/cancel").status_code == 403
    previewed.refresh_from_db()
    assert previewed.state == "awaiting"


def test_the_red_button_is_here_and_nowhere_else(previewed: Cleanup, as_ada: Client) -> None:
    for address in (f"/deletions/{previewed.pk}/preview/", "/deletions/", "/deletions/new/"):
        assert "button--danger" not in as_ada.get(address).content.decode()
    assert page(as_ada, previewed).count("button--danger") == 1


def test_an_auditor_sees_that_nobody_has_confirmed(previewed: Cleanup, signed_in: Callable[..., Client]) -> None:
    seen = page(signed_in("auditor"), previewed)
    assert "Nobody has confirmed it." in seen
    assert 'name="typed"' not in seen


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        ({}, "preview"),
        ({"state": "awaiting", "confirmed_at": "now"}, "confirm"),
        ({"state": "delayed", "confirmed_at": "now"}, "confirm"),
        ({"state": "cancelled", "confirmed_at": "now"}, "confirm"),
        ({"state": "cancelled"}, "preview"),
        ({"state": "running", "started_at": "now", "confirmed_at": "now"}, "run"),
        ({"state": "delayed", "started_at": "now", "confirmed_at": "now"}, "run"),
        ({"state": "proving", "started_at": "now"}, "proof"),
        ({"state": "stopped", "started_at": "now", "report_sha256": b"x" * 32}, "proof"),
    ],
)
def test_its_address_leads_to_the_step_it_is_at(facts: dict[str, Any], step: str, retail: Site, as_ada: Client) -> None:
    one = builders.cleanup(retail, **{name: timezone.now() if what == "now" else what for name, what in facts.items()})
    assert as_ada.get(f"/deletions/{one.pk}/")["Location"] == f"/deletions/{one.pk}/{step}/"


def test_the_page_follows_until_it_has_begun(previewed: Cleanup, as_ada: Client) -> None:
    confirm(as_ada, previewed)
    Cleanup.objects.update(state="running", started_at=timezone.now())
    answer = as_ada.get(f"/deletions/{previewed.pk}/confirm/", headers={"Waybill-Seen": "none"})
    assert b"See how far it is" in answer.content


def test_what_it_asks_is_little(previewed: Cleanup, as_ada: Client, django_assert_num_queries: Any) -> None:
    page(as_ada, previewed)
    with django_assert_num_queries(7):
        page(as_ada, previewed)
