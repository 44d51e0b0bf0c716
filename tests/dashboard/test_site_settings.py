"""A site's settings: how much is read back by itself, when older versions are left out, which deletions take two."""

import pytest
from django.test import Client

from devops_sync.models import Site

pytestmark = pytest.mark.django_db
ADDRESS = "/sites/retail/settings"
GOOD = {"sample_one_in": "7", "superseding": "never", "approval_above": "500"}


def test_an_admin_changes_them_on_the_sites_page(retail: Site, admin: Client) -> None:
    answer = admin.post(ADDRESS, GOOD, follow=True)
    retail.refresh_from_db()
    assert (retail.sample_one_in, retail.superseding, retail.approval_above) == (7, "never", 500)
    page = answer.content.decode()
    assert 'value="7"' in page
    assert '<option value="never" selected>' in page


@pytest.mark.parametrize(
    "bad", [{"sample_one_in": word} for word in ("", "-1", "1.5", "32768", "9" * 50, "²")] + [{"superseding": "now"}]
)
def test_what_cannot_be_is_said_and_changes_nothing(bad: dict[str, str], retail: Site, admin: Client) -> None:
    answer = admin.post(ADDRESS, GOOD | bad)
    assert answer.status_code == 400
    assert 'id="sample_one_in-problem"' in answer.content.decode()
    retail.refresh_from_db()
    assert (retail.sample_one_in, retail.superseding) == (20, "when_many")


@pytest.mark.parametrize("word", ["-1", "many", "1.5", "9" * 12])
def test_what_is_no_number_of_entities_is_said_beside_its_field(word: str, retail: Site, admin: Client) -> None:
    answer = admin.post(ADDRESS, GOOD | {"approval_above": word})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert ('id="approval_above-problem"' in page, f'value="{word}"' in page) == (True, True)
    retail.refresh_from_db()
    assert (retail.sample_one_in, retail.approval_above) == (20, 10_000)


def test_nobody_else_sees_or_changes_them(retail: Site, viewer: Client) -> None:
    assert "sample_one_in" not in viewer.get("/sites/retail/").content.decode()
    assert viewer.post(ADDRESS, GOOD).status_code == 403
