"""Signing in through an OpenID provider, which is a process of its own."""

from contextlib import ExitStack

import pytest
from django.test import Client

from devops_sync.models import Grant, Session, Site, User
from devops_sync.models.audit import AuditRow
from devops_sync.people import openid

from .conftest import Told, is_in, through_provider, way_back, with_password

pytestmark = pytest.mark.django_db


def roles_of(name: str) -> set[tuple[str, str | None]]:
    return {(grant.role, grant.site and grant.site.slug) for grant in Grant.objects.filter(user__username=name)}


def test_groups_give_roles_at_each_sign_in(retail: Site, told: Told) -> None:
    told(groups=["ops", "dev", "another"], name="grace")
    answer = through_provider(Client(), "/deployments/?state=failed")
    assert (answer.status_code, answer["Location"]) == (302, "/deployments/?state=failed")
    assert roles_of("grace") == {("admin", None), ("release-manager", "retail")}
    Grant.objects.create(user=User.objects.get(username="grace"), role="auditor")
    told(groups=["dev"], name="grace-has-married")
    client = Client()
    through_provider(client)
    assert is_in(client)
    assert roles_of("grace") == {("auditor", None), ("release-manager", "retail")}
    assert User.objects.count() == 1


def test_the_way_is_on_the_sign_in_page_where_there_is_a_provider(told: Told, client: Client) -> None:
    page = client.get("/login/?next=/builds/").content.decode()
    assert "Sign in with 127.0.0.1" in page
    assert 'href="/login/oidc/?next=%2Fbuilds%2F"' in page


def test_without_a_provider_there_is_no_way(client: Client) -> None:
    assert "Sign in with" not in client.get("/login/").content.decode()
    assert client.get("/login/oidc/").status_code == 404
    assert client.get("/login/oidc/callback/?code=x&state=x").status_code == 404


def test_groups_are_asked_for_where_the_token_does_not_say(retail: Site, told: Told) -> None:
    told(groups=["ops"], name="grace", groups_in_userinfo=True)
    assert through_provider(Client()).status_code == 302
    told(groups=["ops"], name="grace", groups_in_userinfo=True, fault="userinfo")
    assert through_provider(Client()).status_code == 403


@pytest.mark.parametrize(
    "fault",
    [
        *("signature", "none", "hs256", "kid"),
        *("nonce", "no-nonce"),
        *("audience", "azp", "issuer", "expired"),
        *("redirect", "huge", "cancelled"),
    ],
)
def test_what_cannot_be_trusted_signs_nobody_in(fault: str, retail: Site, told: Told) -> None:
    told(groups=["ops"], name="grace", fault=fault)
    client = Client()
    answer = through_provider(client)
    assert answer.status_code == 403
    assert "obody was signed in" in answer.content.decode()
    assert not is_in(client)
    assert not User.objects.exists()
    assert AuditRow.objects.get().act == "session.refused"


def test_a_provider_that_is_another_is_not_gone_to(told: Told, client: Client) -> None:
    told(fault="discovery")
    answer = client.get("/login/oidc/")
    assert answer.status_code == 502
    assert "could not be reached" in answer.content.decode()


def test_a_provider_at_a_private_address_is_not_asked(told: Told, client: Client, settings: object) -> None:
    settings.ALLOW_PRIVATE_UPSTREAM = False  # type: ignore[attr-defined]
    assert client.get("/login/oidc/").status_code == 502


def test_an_answer_works_once_and_in_the_browser_that_asked_only(retail: Site, told: Told) -> None:
    told(groups=["ops"], name="grace")
    mine, theirs = Client(), Client()
    back = way_back(mine)
    assert theirs.get(back).status_code == 403
    assert not is_in(theirs)
    assert mine.get(back).status_code == 302
    mine.post("/logout/")
    assert mine.get(back).status_code == 403


@pytest.mark.parametrize("state", ["", "&state=", "&state=forged", "&state=%00"])
def test_a_forged_state_signs_nobody_in(state: str, told: Told, client: Client) -> None:
    told(groups=["ops"])
    client.get("/login/oidc/")
    assert client.get(f"/login/oidc/callback/?code=x{state}").status_code == 403
    # Whoever makes addresses up fills no log.
    assert not AuditRow.objects.exists()


def test_strangers_who_have_the_provider_asked_take_a_few_threads_only(retail: Site, told: Told) -> None:
    told(groups=["dev"])
    browser = Client()
    back = way_back(browser)
    kept = Session.objects.count()
    with ExitStack() as asking:
        for _ in range(openid.ASKING_AT_ONCE):
            asking.enter_context(openid._few_at_once())
        stranger = Client().get("/login/oidc/")
        assert (stranger.status_code, "Try again in a moment" in stranger.content.decode()) == (502, True)
        assert browser.get(back).status_code == 403
        assert Session.objects.count() == kept
        assert not AuditRow.objects.filter(act="session.refused").exists()
    assert browser.get(back).status_code == 302
    assert is_in(browser)


def test_an_account_is_never_taken_over_by_its_name_or_address(retail: Site, told: Told) -> None:
    local = with_password("admin", "ada")
    local.email = "ada@example.com"
    local.save()
    told(groups=["dev"], name="ada", email="ada@example.com")
    assert through_provider(Client()).status_code == 302
    other = User.objects.exclude(pk=local.pk).get()
    assert other.username.startswith("ada-")
    assert not other.has_usable_password()
    assert roles_of("ada") == {("admin", None)}


def test_the_same_name_of_another_subject_is_another_person(retail: Site, told: Told) -> None:
    for subject in ("s-1", "s-2"):
        told(subject, groups=["ops"], name="grace")
        assert through_provider(Client()).status_code == 302
    assert User.objects.count() == 2


def test_a_name_that_cannot_be_one_is_replaced(retail: Site, told: Told) -> None:
    told(groups=["ops"], name="<script>\u0000")
    assert through_provider(Client()).status_code == 302
    assert User.objects.get().username.startswith("person-")


def test_who_is_in_no_mapped_group_is_refused_and_loses_what_groups_gave(retail: Site, told: Told) -> None:
    told(groups=["ops"], name="grace")
    before = Client()
    through_provider(before)
    told(groups=["another"], name="grace")
    answer = through_provider(Client())
    assert answer.status_code == 403
    assert "None of the groups" in answer.content.decode()
    assert roles_of("grace") == set()
    assert not is_in(before)


def test_who_is_deactivated_is_refused(retail: Site, told: Told) -> None:
    told(groups=["ops"], name="grace")
    through_provider(Client())
    User.objects.update(is_active=False)
    assert through_provider(Client()).status_code == 403
    assert AuditRow.objects.filter(act="session.refused").count() == 1


def test_the_key_of_the_session_changes(retail: Site, told: Told) -> None:
    told(groups=["ops"], name="grace")
    client = Client()
    back = way_back(client)
    before = client.cookies["sessionid"].value
    client.get(back)
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(pk=before).exists()
