"""The first step of a deletion: by properties, by a key, a person, or what a list shows. It deletes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from devops_sync.models import Cleanup, Deletion, Deployment, Grant, Site
from tests import builders

pytestmark = pytest.mark.django_db
NEW = "/deletions/new/"
ALL = ["deployments", "builds", "devinfo"]


def post(client: Client, **what: Any) -> Any:
    return client.post(NEW, {"by": "properties", "site": "retail", "api": ALL, **what})


def only() -> Cleanup:
    return Cleanup.objects.get()


def test_properties_become_a_preview_and_nothing_is_deleted(retail: Site, admin: Client) -> None:
    builders.deployment(retail, properties={"account": "a", "team": "x"})
    answer = post(admin, key=["account", "team"], value=["a", "x"], api=["deployments", "builds"])
    assert answer["Location"] == f"/deletions/{only().pk}/preview/"
    assert (only().properties, only().apis) == ({"account": "a", "team": "x"}, ["deployments", "builds"])
    assert (only().total, only().state, only().origin) == (1, "previewed", "page")
    assert only().user is not None
    assert not Deletion.objects.exists()
    assert not Deployment.objects.exclude(deleted_at=None).exists()


def test_more_rows_come_without_a_script_and_what_was_typed_stays(retail: Site, admin: Client) -> None:
    answer = post(admin, key="account", value="a", api="builds", more=1)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert (page.count('name="key"'), 'value="account"' in page, 'value="a"' in page) == (2, True, True)
    assert page.count(" checked") == 1
    assert 'name="more"' not in post(admin, key=["a"] * 4, value=[""] * 4, more=1).content.decode()
    assert not Cleanup.objects.exists()


def test_an_address_without_an_api_means_all_of_them(retail: Site, admin: Client) -> None:
    assert admin.get(f"{NEW}?key=team&value=x").content.decode().count(" checked") == 3
    answer = admin.post(NEW, {"by": "properties", "site": "retail", "key": "team", "value": "x"})
    assert (answer.status_code, b"Choose at least one of them." in answer.content) == (400, True)


@pytest.mark.parametrize(
    ("what", "field", "sentence"),
    [
        ({}, "key-1", "Give at least one property."),
        ({"key": "", "value": "a"}, "key-1", "Give the key of this value."),
        ({"key": ["a", "a"], "value": ["1", "2"]}, "key-2", "“a” is there twice"),
        ({"key": "a", "value": "1", "api": "melted"}, "api", "Choose at least one of them."),
        ({"key": "a", "value": "1", "site": "foreign"}, "site", "There is no site “foreign” on which you may delete."),
        ({"by": "key", "kind": "build", "pipeline_id": "web", "number": "x"}, "number", "“x” is no whole number."),
        ({"by": "key", "kind": "build", "number": "7"}, "pipeline_id", "This is part of its key, so it is needed."),
        ({"by": "person", "person": " "}, "person", "Give the name, user name or e-mail, whole."),
        ({"by": "person", "person": "Nobody <&>"}, "person", "No commit, branch or pull request of this site names"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    what: dict[str, Any], field: str, sentence: str, retail: Site, foreign: Site, admin: Client
) -> None:
    answer = post(admin, **what)
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (400, True)
    assert f'id="{field}-problem"' in page
    assert not Cleanup.objects.exists()


def test_where_there_are_several_sites_one_is_chosen(retail: Site, foreign: Site, client: Client) -> None:
    client.force_login(builders.user("admin"))
    answer = post(client, site="", key="a", value="1")
    assert (answer.status_code, "Choose the site." in answer.content.decode()) == (400, True)


def test_one_entity_is_chosen_by_its_key(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail, "web", "dev", number=7)
    post(admin, by="key", kind="deployment", pipeline_id="web", environment_id="dev", number="7")
    assert (only().total, only().what) == (1, "deployment web / dev / 7")
    assert only().parts.get().key == one.entry.key


@pytest.mark.parametrize("kind", ["deployment", "build", "repository", "commit", "branch", "pull_request"])
def test_every_kind_can_be_chosen_by_its_key(kind: str, retail: Site, admin: Client) -> None:
    assert admin.get(f"{NEW}?by=key&kind={kind}").status_code == 200
    parts = {"pipeline_id": "p", "environment_id": "e", "number": "1", "repository_id": "r", "ident": "i"}
    assert post(admin, by="key", kind=kind, **parts).status_code == 302
    assert only().parts.get().kind == kind


def test_a_person_is_forgotten_by_the_keys_of_what_names_them(retail: Site, admin: Client) -> None:
    builders.repository(retail, "r1")
    named = builders.commit(retail, author={"name": "Ada Lovelace", "email": "ada@example.com"})
    builders.commit(retail, author={"name": "Ben"})
    answer = post(admin, by="person", person="ADA@example.com")
    assert "ada" not in answer["Location"].lower()
    assert (only().person, only().total) == ("ADA@example.com", 1)
    assert only().parts.get().key == named.entry.key
    assert "it is redacted" in admin.get(answer["Location"]).content.decode()


def test_a_name_that_is_not_found_stays_typed_and_out_of_the_address(retail: Site, admin: Client) -> None:
    page = post(admin, by="person", person="Grace Hopper").content.decode()
    assert 'value="Grace Hopper"' in page
    assert "Grace+Hopper" not in page
    assert 'action="/deletions/new/" method="post"' in page


def test_keys_and_values_are_completed_from_what_there_is(retail: Site, foreign: Site, admin: Client) -> None:
    for number in range(2):
        builders.deployment(retail, properties={"accountId": "acct-7", "team": f"t{number}"})
    builders.deployment(foreign, properties={"secretKey": "x"})
    keys = admin.get(f"{NEW}complete?of=key&key=t").content.decode()
    assert '<option value="team">2 values</option>' in keys
    values = admin.get(f"{NEW}complete?of=value&key=accountId&value=acct").content.decode()
    assert values.strip() == '<option value="acct-7">2 entities</option>'
    assert "secretKey" not in admin.get(f"{NEW}complete?of=key&key=").content.decode()
    assert "acct-7" in admin.get(f"{NEW}?key=accountId&value=").content.decode()


def test_what_is_ticked_in_a_list_is_deleted_key_by_key(retail: Site, admin: Client) -> None:
    one, two, _ = (builders.deployment(retail) for _ in range(3))
    assert "Delete…" in admin.get("/deployments/").content.decode()
    answer = admin.post(NEW, {"list": "deployment", "query": "", "kind": "deployment", "id": [one.pk, two.pk]})
    assert answer["Location"] == f"/deletions/{only().pk}/preview/"
    assert (only().total, only().what) == (2, "2 deployments out of a list")
    assert not only().is_by_properties


def test_all_that_a_list_shows_is_deleted_key_by_key(retail: Site, admin: Client) -> None:
    for number in range(55):
        builders.deployment(retail, state="failed" if number % 2 else "successful")
    admin.post(NEW, {"list": "deployment", "query": "state=failed", "kind": "deployment", "all": 1})
    assert (only().total, only().parts.count()) == (27, 27)


def test_more_than_can_be_deleted_key_by_key_is_told(
    retail: Site, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.deletion_new.MOST_KEYS", 1)
    builders.deployment(retail), builders.deployment(retail)
    answer = admin.post(NEW, {"list": "deployment", "query": "", "kind": "deployment", "all": 1})
    assert (answer.status_code, "That is more than 1 entities" in answer.content.decode()) == (400, True)


def test_a_repository_goes_by_one_key_with_what_is_in_it(retail: Site, admin: Client) -> None:
    home = builders.repository(retail, "r1")
    builders.commit(retail)
    page = admin.get(f"/repositories/{home.pk}/").content.decode()
    assert 'action="/deletions/new/"' in page
    admin.post(NEW, {"kind": "repository", "id": home.pk, "with_contents": 1})
    assert (only().parts.count(), only().total) == (1, 2)


def test_what_is_gone_already_is_not_chosen(retail: Site, admin: Client) -> None:
    gone = builders.build(retail)
    builders.deletion(gone)
    assert 'id="delete"' not in admin.get(f"/builds/{gone.pk}/").content.decode()
    answer = admin.post(NEW, {"kind": "build", "id": gone.pk})
    assert (answer.status_code, "Nothing of that is there any more." in answer.content.decode()) == (409, True)


def test_a_selection_without_a_row_is_told(retail: Site, admin: Client) -> None:
    answer = admin.post(NEW, {"list": "deployment", "kind": "deployment", "query": ""})
    assert (answer.status_code, "No row was ticked." in answer.content.decode()) == (400, True)


def test_what_is_on_several_sites_becomes_one_for_each_where_one_may(
    retail: Site, foreign: Site, client: Client
) -> None:
    third = builders.site("third")
    user = builders.user("admin", of=retail)
    Grant.objects.create(user=user, role="admin", site=third)
    Grant.objects.create(user=user, role="release-manager", site=foreign)
    client.force_login(user)
    rows = [builders.build(one) for one in (retail, foreign, third)]
    answer = client.post(NEW, {"kind": "build", "id": [row.pk for row in rows]}, follow=True)
    said = answer.content.decode()
    assert {one.site for one in Cleanup.objects.all()} == {retail, third}
    assert "Left out, since you may not delete there: foreign." in said
    assert "None has begun." in said


@pytest.mark.parametrize("role", ["viewer", "release-manager", "auditor"])
def test_only_admins_choose(role: str, retail: Site, signed_in: Callable[..., Client]) -> None:
    one, client = builders.deployment(retail), signed_in(role)
    assert client.get(NEW).status_code == 403
    assert client.get(f"{NEW}complete?of=key").status_code == 403
    assert post(client, key="a", value="1").status_code == 403
    assert client.post(NEW, {"kind": "deployment", "id": one.pk}).status_code == 403
    for address in ("/deployments/", f"/deployments/{one.pk}/"):
        assert "/deletions/new/" not in client.get(address).content.decode()


def test_an_admin_of_another_site_deletes_nothing_here(retail: Site, foreign: Site, client: Client) -> None:
    user = builders.user("admin", of=foreign)
    Grant.objects.create(user=user, role="viewer", site=retail)
    client.force_login(user)
    one = builders.deployment(retail)
    assert post(client, key="a", value="1").status_code == 400
    assert client.post(NEW, {"kind": "deployment", "id": one.pk}).status_code == 403
    assert not Cleanup.objects.exists()


def test_what_it_asks_does_not_grow(retail: Site, admin: Client, django_assert_num_queries: Any) -> None:
    for number in range(2):
        builders.deployment(retail, properties={f"key-{number}": f"value-{number}"})
        with django_assert_num_queries(9):
            admin.get(f"{NEW}?key=key-0&value=")
