"""Where the search of the header leads."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db
HASH = "9f2c1b7d4e6a80c3" + "0" * 24


def to(client: Client, q: str, **more: str) -> str:
    answer = client.get("/search/", {"q": q, **more})
    return answer.get("Location", "") or answer.content.decode()


def test_an_issue_key_leads_to_its_timeline(retail: Site, viewer: Client) -> None:
    assert to(viewer, "shop-12", site="retail") == "/issues/SHOP-12/?site=retail"


@pytest.mark.parametrize("cut", [36, 13, 8])
def test_a_submission_is_found_by_how_its_id_begins(cut: int, retail: Site, viewer: Client) -> None:
    came = builders.submission(retail)
    assert to(viewer, str(came.pk)[:cut]) == f"/submissions/{came.pk}/"


def test_an_id_as_lists_shorten_it_leads_to_the_submission(retail: Site, viewer: Client) -> None:
    came = builders.submission(retail)
    assert to(viewer, f"{str(came.pk)[:13]}…{str(came.pk)[-4:]}") == f"/submissions/{came.pk}/"


def test_a_submission_of_a_foreign_site_is_not_found(retail: Site, foreign: Site, viewer: Client) -> None:
    assert "Nothing is called so." in to(viewer, str(builders.submission(foreign).pk))


@pytest.mark.parametrize("q", [HASH, HASH[:7], HASH[:12].upper()])
def test_the_hash_of_a_commit_leads_to_it(q: str, retail: Site, viewer: Client) -> None:
    one = builders.commit(retail, HASH)
    assert to(viewer, q) == f"/commits/{one.pk}/"


@pytest.mark.parametrize("q", [HASH[:6], "0000000", "9f2c1b7%", "a\0b\0c", "…", "#", "x" * 5000, "((", "%%%"])
def test_what_names_nothing_is_told_what_can_be_searched(q: str, retail: Site, viewer: Client) -> None:
    builders.commit(retail, HASH)
    assert "What can be searched" in to(viewer, q)


def test_a_commit_of_a_foreign_site_is_not_found(retail: Site, foreign: Site, viewer: Client) -> None:
    builders.commit(foreign, HASH)
    assert "What can be searched" in to(viewer, HASH)


def test_a_number_leads_to_the_build_that_alone_has_it(retail: Site, viewer: Client) -> None:
    one = builders.build(retail, 77777)
    assert to(viewer, "#77777") == to(viewer, "77777") == f"/builds/{one.pk}/"


def test_a_number_that_several_have_shows_them_by_kind(retail: Site, viewer: Client) -> None:
    build, deployment = builders.build(retail, 77777), builders.deployment(retail, number=77777)
    page = to(viewer, "#77777")
    assert f'href="/builds/{build.pk}/"' in page
    assert f'href="/deployments/{deployment.pk}/"' in page


def test_the_number_of_a_delivery_leads_to_it(retail: Site, viewer: Client) -> None:
    one = builders.delivery([builders.deployment(retail, number=3).entry])
    assert to(viewer, f"#{one.pk}") == f"/deliveries/{one.pk}/"


def test_a_label_that_went_to_one_place_leads_there_and_else_to_all(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, "shop", "dev", label="v4.18.3")
    assert to(viewer, "v4.18.3") == f"/deployments/{one.pk}/"
    builders.deployment(retail, "shop", "test", label="v4.18.3")
    assert "It names more than one thing" in to(viewer, "v4.18.3")


def test_a_label_is_found_however_many_newer_ones_begin_like_it(
    retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.hits.LOOKED_AT", 3)
    long_ago = timezone.now() - dt.timedelta(days=90)
    one = builders.deployment(retail, label="v4.18", at=long_ago)
    for number in range(2, 7):
        builders.deployment(retail, label=f"v4.18.{number}", number=900 + number)
    assert to(viewer, "v4.18") == f"/deployments/{one.pk}/"


def test_a_label_goes_before_others_that_begin_like_it(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, label="v4.18")
    builders.deployment(retail, label="v4.18.3")
    assert to(viewer, "v4.18") == f"/deployments/{one.pk}/"


def test_the_name_of_a_pipeline_leads_to_it(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, "checkout-api")
    builders.deployment(retail, "checkout-api", "test")
    builders.deployment(retail, "checkout-worker")
    assert "checkout-api" in to(viewer, "Checkout-API").split("?")[-1]
    page = to(viewer, "checkout")
    assert "Pipelines" in page
    assert "checkout-worker" in page


def test_the_questions_do_not_grow_with_what_is_found(
    retail: Site, viewer: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(100, 112):
        builders.deployment(retail, "checkout-api", f"env-{number}", number=number, label="v1.2.3")
    with django_assert_max_num_queries(17):  # type: ignore[operator]
        assert "All deployments that match" in to(viewer, "v1.2.3")


def test_nothing_leads_to_all_deployments(retail: Site, viewer: Client) -> None:
    assert to(viewer, " ") == "/deployments/"
