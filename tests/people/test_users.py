"""`/users/`: people and their roles, for admins of all sites."""

import io
import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from devops_sync.management.asking import Asking
from devops_sync.models import Grant, Site, User
from devops_sync.models.audit import AuditRow
from devops_sync.people import second_factor

from .conftest import is_in, sign_in, with_password

pytestmark = pytest.mark.django_db
Act = Callable[..., int]


@pytest.fixture
def root(retail: Site) -> User:
    return with_password("admin", "root")


@pytest.fixture
def admin(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def acts(client: Client, user: User, step: str, **body: object) -> int:
    return client.post(f"/users/{user.pk}/{step}", body).status_code


def shown_password(page: str) -> str:
    found = re.search(r'id="password">([^<]+)<', page)
    assert found
    return found[1]


def test_a_new_account_gets_a_password_that_is_shown_once(admin: Client) -> None:
    answer = admin.post("/users/new/", {"username": "grace", "role": "auditor", "site": "retail"})
    password = shown_password(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert sign_in(Client(), "grace", password).status_code == 302
    grant = Grant.objects.get(user__username="grace")
    assert (grant.role, grant.site and grant.site.slug, grant.origin) == ("auditor", "retail", "hand")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"username": "root"}, "There is a user with the name &#x27;root&#x27; already."),
        ({"username": "a b"}, "letters, digits"),
        ({"username": ""}, "letters, digits"),
        ({"username": "a\0b"}, "letters, digits"),
        ({"username": "x" * 200}, "150 at most"),
        ({"role": "boss"}, "The role must be one of"),
        ({"site": "elsewhere"}, "There is no site of this name."),
    ],
)
def test_a_wrong_account_is_not_made(body: dict[str, str], sentence: str, admin: Client) -> None:
    answer = admin.post("/users/new/", {"username": "grace", "role": "viewer", "site": "", **body})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert User.objects.count() == 1


def test_roles_are_given_and_taken(admin: Client, ada: User, retail: Site) -> None:
    assert acts(admin, ada, "give", role="auditor", site="retail") == 302
    assert acts(admin, ada, "give", role="auditor", site="retail") == 302
    grant = ada.grants.get(role="auditor")
    assert acts(admin, ada, "take", grant=grant.pk) == 302
    assert acts(admin, ada, "take", grant=grant.pk) == 400
    assert acts(admin, ada, "take", grant="x") == 400
    noted = AuditRow.objects.filter(subject="ada").order_by("pk").values_list("act", flat=True)
    assert list(noted) == ["grant.given", "grant.taken"]


def test_the_roles_of_others_are_not_taken_by_a_wrong_address(admin: Client, ada: User, root: User) -> None:
    assert acts(admin, ada, "take", grant=root.grants.get().pk) == 400
    assert root.grants.exists()


def test_the_last_admin_stays_one(admin: Client, root: User) -> None:
    assert acts(admin, root, "take", grant=root.grants.get().pk) == 400
    gone = with_password("admin", "gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert acts(admin, root, "take", grant=root.grants.get().pk) == 400
    with_password("admin", "second")
    assert acts(admin, root, "take", grant=root.grants.get().pk) == 302
    assert admin.get("/users/").status_code == 403


def test_nobody_deactivates_themselves(admin: Client, root: User) -> None:
    with_password("admin", "second")
    assert acts(admin, root, "deactivate") == 400
    assert is_in(admin)


def test_who_is_deactivated_is_out_at_once_and_stays_out(admin: Client, ada: User) -> None:
    theirs = Client()
    sign_in(theirs)
    assert acts(admin, ada, "deactivate") == 302
    assert not is_in(theirs)
    assert sign_in(theirs).status_code == 200
    assert acts(admin, ada, "activate") == 302
    assert sign_in(theirs).status_code == 302


def test_a_reset_password_is_shown_once_and_ends_the_sessions(admin: Client, ada: User) -> None:
    theirs = Client()
    sign_in(theirs)
    answer = admin.post(f"/users/{ada.pk}/reset-password")
    assert not is_in(theirs)
    assert sign_in(theirs, password=shown_password(answer.content.decode())).status_code == 302


def test_a_person_of_the_provider_gets_no_password(admin: Client, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    assert acts(admin, ada, "reset-password") == 400


def test_a_lost_second_factor_is_reset(admin: Client, ada: User, secret: str) -> None:
    assert acts(admin, ada, "reset-two-factor") == 302
    assert not second_factor.is_on(ada)
    assert sign_in(Client())["Location"] == "/"


def test_an_admin_of_one_site_manages_nobody(retail: Site, ada: User, client: Client) -> None:
    grant = with_password(None, "local").grants.create(role="admin", site=retail)
    client.force_login(grant.user)
    assert client.get("/users/").status_code == 403
    assert acts(client, ada, "deactivate") == 403
    assert acts(client, grant.user, "give", role="admin", site="") == 403


def test_who_becomes_admin_sets_two_factor_up_where_admins_must(admin: Client, ada: User, settings: object) -> None:
    settings.REQUIRE_TWO_FACTOR = "admins"  # type: ignore[attr-defined]
    theirs = Client()
    sign_in(theirs)
    acts(admin, ada, "give", role="admin", site="")
    assert not is_in(theirs)
    assert sign_in(theirs)["Location"] == "/login/code/"


def test_the_command_gives_a_role_on_one_site(retail: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asking, "stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        call_command("create_user", "grace", "--role", "auditor", "--site", "elsewhere")
    assert ended.value.code == 1
    call_command("create_user", "grace", "--role", "auditor", "--site", "retail", "--json")
    assert Grant.objects.get().site == retail
    assert AuditRow.objects.filter(act="user.created").count() == 1
