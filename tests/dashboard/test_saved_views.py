"""Saved views: a list's filters under a name, one's own or shared."""

from collections.abc import Callable

import pytest
from django.test import Client

from devops_sync.models import SavedView, Site, User
from tests import builders

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def save(client: Client, name: str = "Failed", query: str = "state=failed", **more: str) -> int:
    return client.post("/views/", {"list": "deployment", "name": name, "query": query, **more}).status_code


def offered(client: Client, address: str = "/deployments/") -> str:
    page = client.get(address).content.decode()
    return page.split('id="pick-views"')[1].split("</details>")[0]


@pytest.fixture(autouse=True)
def one(retail: Site) -> None:
    builders.deployment(retail)


def test_a_view_leads_to_the_list_with_its_filters_and_order(viewer: Client) -> None:
    assert save(viewer, query="state=failed&sort=oldest&after=x&selected=1") == 302
    found = SavedView.objects.get()
    assert f'href="/views/{found.pk}/"' in offered(viewer)
    assert viewer.get(f"/views/{found.pk}/")["Location"] == "/deployments/?state=failed&sort=oldest"
    assert 'aria-current="true"' in offered(viewer, "/deployments/?sort=oldest&state=failed")


def test_the_same_name_replaces_it(viewer: Client) -> None:
    save(viewer)
    save(viewer, query="state=successful")
    assert SavedView.objects.get().query == "state=successful"


def test_one_s_own_is_nobody_else_s(signed_in: SignIn) -> None:
    save(signed_in("admin"))
    other, found = signed_in("admin"), SavedView.objects.get()
    assert "Failed" not in offered(other)
    assert other.get(f"/views/{found.pk}/").status_code == 404
    assert other.post(f"/views/{found.pk}/delete").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("auditor", 403), ("release-manager", 302)])
def test_sharing_takes_a_release_manager(role: str, status: int, signed_in: SignIn, viewer: Client) -> None:
    assert save(signed_in(role), query="site=retail", shared="1") == status
    assert ("Failed" in offered(viewer)) is (status == 302)


def test_who_manages_one_site_shares_with_that_site_alone(retail: Site, foreign: Site, signed_in: SignIn) -> None:
    manager = signed_in("release-manager")
    assert save(manager, shared="1") == 302
    assert not SavedView.objects.exists()
    assert "Pick one of your sites first" in manager.get("/deployments/").content.decode()
    save(manager, query="site=retail", shared="1")
    stranger = Client()
    stranger.force_login(builders.user("viewer", of=foreign))
    builders.deployment(foreign)
    assert "Failed" not in offered(stranger)
    assert stranger.get(f"/views/{SavedView.objects.get().pk}/").status_code == 404


def test_who_manages_all_shares_with_everybody(signed_in: SignIn, viewer: Client) -> None:
    save(signed_in("release-manager", everywhere=True), shared="1")
    assert "Failed" in offered(viewer)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("release-manager", 302)])
def test_a_shared_one_is_deleted_by_who_may_share(role: str, status: int, signed_in: SignIn) -> None:
    save(signed_in("release-manager"), query="site=retail", shared="1")
    assert signed_in(role).post(f"/views/{SavedView.objects.get().pk}/delete").status_code == status
    assert SavedView.objects.exists() is (status == 403)


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"name": "  "}, "Give the view a name."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"query": f"q={'x' * 4001}"}, "too long to be saved"),
    ],
)
def test_what_cannot_be_saved_is_said(posted: dict[str, str], sentence: str, viewer: Client) -> None:
    assert save(viewer, **posted) == 302
    assert sentence in viewer.get("/deployments/").content.decode()
    assert not SavedView.objects.exists()


def test_a_list_that_there_is_not_is_said(viewer: Client) -> None:
    assert save(viewer, list="nonsense") == 400


@pytest.mark.parametrize(
    "address", ["/builds/", "/repositories/", "/submissions/", "/deliveries/", "/deliveries/drift/", "/errands/"]
)
def test_every_list_has_them(address: str, retail: Site, viewer: Client) -> None:
    builders.build(retail)
    builders.repository(retail)
    assert 'action="/views/"' in offered(viewer, address)


def test_names_are_texts(viewer: Client) -> None:
    save(viewer, name="<script>\0x")
    assert SavedView.objects.get().name == "<script>x"
    assert "&lt;script&gt;x" in offered(viewer)
    assert User.objects.count() == 1
