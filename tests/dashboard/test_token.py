"""Making a token, its page, rotating, limiting and revoking it. Secrets are shown by one answer and nothing else."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from devops_sync.models import Site, Token
from devops_sync.models.audit import AuditRow
from devops_sync.models.token import TokenMinute
from tests import builders

pytestmark = pytest.mark.django_db
GOOD = {"name": "ci-gitlab", "site": "retail", "scope": ["read", "write"], "days": "90", "rate": "120"}


def secrets_in(page: str) -> set[str]:
    return set(re.findall(r"wb[st]_[\w-]{40,}", page))


def make(admin: Client, **changes: Any) -> Any:
    return admin.post("/tokens/new/", GOOD | changes)


def test_an_admin_makes_one_and_sees_its_secrets_once(retail: Site, admin: Client) -> None:
    answer = make(admin)
    token = Token.objects.get()
    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (token.name, token.scopes, token.rate_limit) == ("ci-gitlab", ["read", "write"], 120)
    assert token.expires_at is not None
    assert 89 <= (token.expires_at - timezone.now()).days <= 90
    shown = secrets_in(page)
    assert (len(shown), token.client_id in page) == (2, True)
    assert token.generation_of(next(one for one in shown if one.startswith("wbs_")), timezone.now()) == 1
    for address in ("/tokens/", f"/tokens/{token.pk}/", "/sites/retail/", "/"):
        assert not secrets_in(admin.get(address).content.decode())


def test_the_secrets_are_nowhere_else(retail: Site, admin: Client, caplog: pytest.LogCaptureFixture) -> None:
    shown = secrets_in(make(admin).content.decode())
    kept = "".join(
        [
            *(str(one.get_decoded()) for one in Session.objects.all()),
            *(f"{row.before}{row.after}{row.subject}" for row in AuditRow.objects.all()),
            str(admin.cookies),
            caplog.text,
        ]
    )
    assert not [one for one in shown if one in kept or one[4:] in kept]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"site": ""}, "site"),
        ({"site": "foreign"}, "site"),
        ({"scope": []}, "scopes"),
        ({"scope": ["admin"]}, "scopes"),
        ({"days": "0"}, "days"),
        ({"days": "soon"}, "days"),
        ({"days": "9" * 30}, "days"),
        ({"days": "36501"}, "days"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"rate": "²"}, "rate"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    change: dict[str, Any], field: str, retail: Site, foreign: Site, admin: Client
) -> None:
    answer = make(admin, **change)
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.content.decode()
    assert not Token.objects.exists()


def test_two_of_one_name_are_refused(retail: Site, admin: Client) -> None:
    make(admin)
    answer = make(admin)
    assert (answer.status_code, "already" in answer.content.decode()) == (400, True)
    assert Token.objects.count() == 1


def test_rotating_shows_new_secrets_once_and_lets_the_old_ones_go_on(retail: Site, admin: Client) -> None:
    old = secrets_in(make(admin).content.decode())
    token = Token.objects.get()
    answer = admin.post(f"/tokens/{token.pk}/rotate", {"overlap": "24", "generation": "1"})
    token.refresh_from_db()
    assert (answer["Cache-Control"], len(secrets_in(answer.content.decode()) - old)) == ("no-store", 2)
    assert token.state(timezone.now()) == "rotating"
    page = admin.get(f"/tokens/{token.pk}/").content.decode()
    assert "It is being rotated" in page
    assert not secrets_in(page)


def test_loading_that_answer_again_does_not_rotate_again(retail: Site, admin: Client) -> None:
    token = builders.token(retail)
    for _ in range(2):
        answer = admin.post(f"/tokens/{token.pk}/rotate", {"overlap": "0", "generation": "1"})
    token.refresh_from_db()
    assert (answer.status_code, "rotated meanwhile" in answer.content.decode(), token.generation) == (400, True, 2)


@pytest.mark.parametrize(
    "posted", [{}, {"overlap": "24"}, {"overlap": "x", "generation": "1"}, {"overlap": "9999", "generation": "1"}]
)
def test_a_rotation_that_cannot_be_changes_nothing(posted: dict[str, str], retail: Site, admin: Client) -> None:
    token = builders.token(retail)
    assert admin.post(f"/tokens/{token.pk}/rotate", posted).status_code == 400
    token.refresh_from_db()
    assert token.generation == 1


def test_revoking_ends_it_for_good(retail: Site, admin: Client) -> None:
    token = builders.token(retail)
    page = admin.post(f"/tokens/{token.pk}/revoke", follow=True).content.decode()
    token.refresh_from_db()
    assert token.state(timezone.now()) == "revoked"
    assert "nothing of it is taken any more" in page
    assert 'id="rotate"' not in page
    assert admin.post(f"/tokens/{token.pk}/revoke").status_code == 400
    assert admin.post(f"/tokens/{token.pk}/limits", {"rate": "1"}).status_code == 400


def test_its_limits_can_be_changed_and_taken_away(retail: Site, admin: Client) -> None:
    token = builders.token(retail)
    day = (timezone.now() + dt.timedelta(days=40)).date()
    assert admin.post(f"/tokens/{token.pk}/limits", {"rate": "1,000", "ends": str(day)}).status_code == 302
    token.refresh_from_db()
    assert token.expires_at is not None
    assert (token.rate_limit, token.expires_at.date()) == (1000, day)
    admin.post(f"/tokens/{token.pk}/limits", {"rate": "", "ends": ""})
    token.refresh_from_db()
    assert (token.rate_limit, token.expires_at) == (None, None)


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"rate": "many"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"ends": "2020-01-01"}, "ends"),
        ({"ends": "never"}, "ends"),
        ({"ends": "9999-12-31T"}, "ends"),
    ],
)
def test_limits_that_cannot_be_are_said_beside_their_field(
    posted: dict[str, str], field: str, retail: Site, admin: Client
) -> None:
    token = builders.token(retail)
    answer = admin.post(f"/tokens/{token.pk}/limits", posted)
    assert (answer.status_code, f'id="{field}-problem"' in answer.content.decode()) == (400, True)


def test_what_was_turned_away_is_a_figure_on_its_page(retail: Site, admin: Client) -> None:
    token = Token.create("ci", retail, ["write"], timezone.now(), rate_limit=60)[0]
    now = timezone.now()
    TokenMinute.objects.create(token=token, minute=now - dt.timedelta(hours=2), requests=1500, refused=1440)
    TokenMinute.objects.create(token=token, minute=now - dt.timedelta(hours=30), requests=9, refused=7)
    page = admin.get(f"/tokens/{token.pk}/").content.decode()
    assert "<strong>1,440</strong> of 1,500 requests in the last 24 hours" in page


def test_its_last_submissions_are_there(retail: Site, admin: Client) -> None:
    sent = builders.submission(retail)
    page = admin.get(f"/tokens/{sent.token_id}/").content.decode()
    assert f"/submissions/{sent.pk}/" in page
    assert "192.0.2.7" in page


@pytest.mark.parametrize("role", ["viewer", "release-manager", "auditor"])
def test_nobody_but_admins_may(role: str, retail: Site, signed_in: Callable[..., Client]) -> None:
    token, client = builders.token(retail), signed_in(role)
    paths = ("/tokens/new/", *(f"/tokens/{token.pk}/{act}" for act in ("rotate", "revoke", "limits")))
    assert {client.post(path, GOOD | {"generation": "1", "overlap": "0"}).status_code for path in paths} == {403}
    assert client.get(f"/tokens/{token.pk}/").status_code == 403
    token.refresh_from_db()
    assert (Token.objects.count(), token.generation) == (1, 1)


def test_each_act_is_noted_with_who_did_it(retail: Site, admin: Client) -> None:
    make(admin)
    pk = Token.objects.get().pk
    admin.post(f"/tokens/{pk}/limits", {"rate": "5"})
    admin.post(f"/tokens/{pk}/rotate", {"overlap": "0", "generation": "1"})
    admin.post(f"/tokens/{pk}/revoke")
    noted = AuditRow.objects.filter(act__startswith="token.").order_by("pk")
    assert [one.act for one in noted] == ["token.created", "token.changed", "token.rotated", "token.revoked"]
    assert {one.actor_kind for one in noted} == {"user"}
    assert {(one.subject, one.site) for one in noted} == {("ci-gitlab", "retail")}
