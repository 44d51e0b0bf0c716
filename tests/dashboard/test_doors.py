"""Who gets into which page: everybody with a role, nobody else, and never into another site's things."""

from collections.abc import Callable

import pytest
from django.test import Client

from devops_sync.models import Deployment, Site
from tests import builders

from .conftest import ROLES

pytestmark = pytest.mark.django_db


def pages(one: Deployment) -> list[str]:
    errand = one.site.errands.first() or builders.errand(one)
    return [
        "/",
        f"/pipelines/{one.site.slug}/{one.pipeline_id}/",
        "/quiet/",
        "/issues/",
        f"/issues/{one.issue_keys[0]}/",
        "/deployments/",
        f"/deployments/{one.pk}/",
        "/submissions/",
        f"/submissions/{one.entry.submission_id}/",
        "/deliveries/",
        "/deliveries/drift/",
        f"/deliveries/{one.entry.delivery_id}/",
        "/deliveries/rejected/",
        "/errands/",
        f"/errands/{errand.pk}/",
        "/sites/",
        f"/sites/{one.site.slug}/",
    ]


def raw_bytes(one: Deployment) -> list[str]:
    return [
        f"/submissions/{one.entry.submission_id}/bytes",
        f"/deliveries/{one.entry.delivery_id}/request",
        f"/deliveries/{one.entry.delivery_id}/answer",
    ]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_every_page(role: str, retail: Site, signed_in: Callable[..., Client]) -> None:
    one = builders.deployment(retail)
    client = signed_in(role)
    assert {page: client.get(page).status_code for page in pages(one)} == dict.fromkeys(pages(one), 200)


def test_a_stranger_is_sent_to_the_sign_in_page(retail: Site, client: Client) -> None:
    one = builders.deployment(retail)
    for page in pages(one) + raw_bytes(one):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer["Location"] == f"/login/?next={page}"


def test_somebody_without_a_role_is_told_so(signed_in: Callable[..., Client]) -> None:
    answer = signed_in(None).get("/")
    assert answer.status_code == 403
    assert b"Your account has no role yet" in answer.content


@pytest.mark.parametrize("role", ROLES)
def test_the_things_of_a_foreign_site_are_not_there(role: str, foreign: Site, signed_in: Callable[..., Client]) -> None:
    one = builders.deployment(foreign, label="secret-label")
    client = signed_in(role)
    own = {
        "/",
        "/quiet/",
        "/issues/",
        "/deployments/",
        "/submissions/",
        "/deliveries/",
        "/deliveries/drift/",
        "/deliveries/rejected/",
        "/errands/",
        "/sites/",
    }
    for page in pages(one) + raw_bytes(one):
        answer = client.get(page)
        assert answer.status_code == (200 if page in own else 404)
        assert b"secret-label" not in answer.content
    assert client.get("/deployments/?site=foreign").status_code == 400
    assert client.post(f"/deployments/{one.pk}/read-back").status_code == 404
    assert client.post(f"/lanes/{one.entry.lane_id}/try-now").status_code == 404
    assert client.post("/sites/foreign/test").status_code == 404
    token = builders.token(foreign)
    assert {client.get(f"/tokens/{token.pk}/").status_code, client.get("/sites/foreign/remove/").status_code} == {404}
    assert client.post(f"/tokens/{token.pk}/revoke").status_code == 404
    assert client.post("/sites/foreign/pause").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("release-manager", 403), ("auditor", 200), ("admin", 200)]
)
def test_only_auditors_and_admins_get_raw_bytes(
    role: str, status: int, retail: Site, signed_in: Callable[..., Client]
) -> None:
    one = builders.deployment(retail)
    client = signed_in(role)
    for page in raw_bytes(one):
        answer = client.get(page)
        assert answer.status_code == status
        if status == 200:
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Content-Disposition"].startswith("attachment")
            assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_downloaded_bytes_are_those_that_came(retail: Site, admin: Client) -> None:
    raw = b'{"deployments":  [ ] }\xff'
    came = builders.submission(retail, body=raw)
    assert admin.get(f"/submissions/{came.pk}/bytes").content == raw


@pytest.mark.parametrize(
    ("role", "sees"), [("viewer", False), ("release-manager", False), ("auditor", True), ("admin", True)]
)
def test_payloads_are_on_the_page_for_those_who_may(
    role: str, sees: bool, retail: Site, signed_in: Callable[..., Client]
) -> None:
    one = builders.deployment(retail)
    client = signed_in(role)
    for page in (f"/deployments/{one.pk}/", f"/deliveries/{one.entry.delivery_id}/"):
        assert (b"deploymentSequenceNumber" in client.get(page).content) is sees


def test_a_submission_of_no_site_is_for_those_who_see_all(signed_in: Callable[..., Client]) -> None:
    lost = builders.refused(None, "No site has this cloud id.", 404)
    page = f"/submissions/{lost.pk}/"
    assert signed_in("admin").get(page).status_code == 404
    assert signed_in("viewer", everywhere=True).get(page).status_code == 200


def test_a_page_takes_its_own_method_only(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    posted = admin.post("/deployments/")
    assert (posted.status_code, posted["Allow"]) == (405, "GET, HEAD")
    assert b"It takes GET or HEAD only" in posted.content
    assert admin.get(f"/deployments/{one.pk}/read-back").status_code == 405


def test_an_address_that_is_nothing_says_what_to_do(viewer: Client) -> None:
    answer = viewer.get("/nothing-here/")
    assert answer.status_code == 404
    assert b"There is nothing at this address" in answer.content


def test_a_form_without_its_token_is_refused_in_plain_words(retail: Site) -> None:
    one = builders.deployment(retail)
    client = Client(enforce_csrf_checks=True)
    client.force_login(builders.user("admin"))
    answer = client.post(f"/deployments/{one.pk}/read-back")
    assert answer.status_code == 403
    assert b"This form has expired" in answer.content


def test_a_mistake_of_ours_shows_a_page_that_needs_nothing(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.places.latest_by_place", lambda sites: 1 / 0)
    admin.raise_request_exception = False
    answer = admin.get("/")
    assert answer.status_code == 500
    assert b"Waybill made a mistake" in answer.content
