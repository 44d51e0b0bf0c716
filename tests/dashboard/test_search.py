"""Where the search of the header leads."""

import pytest
from django.test import Client

from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db
HASH = "9f2c1b7d4e6a80c3" + "0" * 24


def to(client: Client, q: str, **more: str) -> str:
    return client.get("/search/", {"q": q, **more})["Location"]


def test_an_issue_key_leads_to_its_timeline(retail: Site, viewer: Client) -> None:
    assert to(viewer, "shop-12", site="retail") == "/issues/SHOP-12/?site=retail"


def test_a_submission_leads_to_itself(retail: Site, viewer: Client) -> None:
    came = builders.submission(retail)
    assert to(viewer, str(came.pk)) == f"/submissions/{came.pk}/"


@pytest.mark.parametrize("q", [HASH, HASH[:7], HASH[:12].upper()])
def test_the_hash_of_a_commit_leads_to_it(q: str, retail: Site, viewer: Client) -> None:
    one = builders.commit(retail, HASH)
    assert to(viewer, q) == f"/commits/{one.pk}/"


@pytest.mark.parametrize("q", [HASH[:6], "0000000", "9f2c1b7%"])
def test_what_is_no_commit_is_looked_for_among_deployments(q: str, retail: Site, viewer: Client) -> None:
    builders.commit(retail, HASH)
    assert to(viewer, q).startswith("/deployments/?q=")


def test_a_commit_of_a_foreign_site_is_not_found(retail: Site, foreign: Site, viewer: Client) -> None:
    builders.commit(foreign, HASH)
    assert to(viewer, HASH) == f"/deployments/?q={HASH}"


def test_a_number_leads_to_builds_where_only_they_have_it(retail: Site, viewer: Client) -> None:
    builders.build(retail, 777)
    assert to(viewer, "#777") == "/builds/?q=%23777"
    builders.deployment(retail, number=777)
    assert to(viewer, "#777") == "/deployments/?q=%23777"


def test_nothing_leads_to_all_deployments(retail: Site, viewer: Client) -> None:
    assert to(viewer, " ") == "/deployments/"
