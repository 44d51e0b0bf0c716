"""Who used to report and has stopped is shown, and somebody can say that nothing is expected of them."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devops_sync.models import Retirement, Site, Token
from devops_sync.models.submission import first_id_at
from tests import builders

pytestmark = pytest.mark.django_db
EVERY_THIRD_DAY = (17, 14, 11, 8, 5)


def text(client: Client, address: str = "/quiet/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return " ".join(answer.content.decode().split())


def reported(site: Site, pipeline: str = "checkout-api", days_ago: tuple[int, ...] = EVERY_THIRD_DAY) -> None:
    for days in days_ago:
        builders.deployment(site, pipeline, at=timezone.now() - dt.timedelta(days=days, hours=1))


def used(site: Site, name: str = "ci-old", days_ago: tuple[int, ...] = EVERY_THIRD_DAY) -> Token:
    """A token with submissions on these days: their ids begin with the time."""
    token = builders.token(site, name)
    for days in days_ago:
        then = timezone.now() - dt.timedelta(days=days, hours=1)
        builders.submission(site, at=then, id=first_id_at(then), token=token, entry_count=0)
    return token


def retire(client: Client, ident: str = "checkout-api", what: str = "pipeline") -> int:
    return client.post("/quiet/retire", {"site": "retail", "what": what, "ident": ident}).status_code


@pytest.mark.parametrize("address", ["/", "/quiet/"])
def test_a_pipeline_and_a_token_that_stopped_are_shown_with_their_rhythm(
    address: str, retail: Site, viewer: Client
) -> None:
    reported(retail)
    used(retail)
    page = text(viewer, address)
    assert '<a href="/deployments/?site=retail&amp;pipeline=checkout-api"' in page
    assert '<a href="/sites/retail/" class="wrap-anywhere" id="quiet-' in page
    assert page.count("at least every 3 days") == 2


def test_while_all_keep_their_rhythm_the_overview_says_nothing(retail: Site, viewer: Client) -> None:
    reported(retail, days_ago=(12, 9, 6, 3, 0))
    assert "Gone quiet" not in text(viewer, "/")
    assert "Nobody has gone quiet" in text(viewer)


def test_what_is_silent_elsewhere_is_not_told(foreign: Site, viewer: Client) -> None:
    reported(foreign, "secret-pipeline")
    assert "secret-pipeline" not in text(viewer, "/") + text(viewer)


def test_the_overview_shows_the_latest_and_leads_to_the_rest(retail: Site, viewer: Client) -> None:
    for number in range(10):
        reported(retail, f"pipeline-{number}")
    page = text(viewer, "/")
    assert page.count('id="quiet-') == 8 + len(["quiet-title"])
    assert '<a class="push" href="/quiet/">2 more</a>' in page


class TestARetirement:
    def test_it_is_quiet_about_the_one_and_tells_who_said_so(self, retail: Site, admin: Client) -> None:
        reported(retail)
        assert retire(admin) == 302
        assert "Gone quiet" not in text(admin, "/")
        page = text(admin)
        assert "Nobody has gone quiet" in page
        assert "by admin-" in page.split("Not expected any more</h2>")[1]

    def test_a_token_can_be_retired_too(self, retail: Site, admin: Client) -> None:
        token = used(retail)
        assert retire(admin, str(token.pk), "token") == 302
        assert "Nobody has gone quiet" in text(admin)

    def test_it_can_be_taken_back(self, retail: Site, admin: Client) -> None:
        reported(retail)
        retire(admin)
        assert admin.post(f"/quiet/{Retirement.objects.get().pk}/expect").status_code == 302
        assert "Gone quiet" in text(admin, "/")

    def test_it_ends_when_the_one_reports_again(self, retail: Site, admin: Client) -> None:
        reported(retail)
        retire(admin)
        Retirement.objects.update(retired_at=timezone.now() - dt.timedelta(days=6))
        cache.clear()
        assert "Gone quiet" in text(admin, "/")

    @pytest.mark.parametrize("role", ["viewer", "auditor", "release-manager"])
    def test_it_is_for_admins(self, role: str, retail: Site, signed_in: Callable[..., Client]) -> None:
        reported(retail)
        client = signed_in(role)
        assert "Not expected any more" not in text(client)
        assert retire(client) == 403
        said = Retirement.objects.create(site=retail, what="pipeline", ident="x", retired_at=timezone.now())
        assert client.post(f"/quiet/{said.pk}/expect").status_code == 403

    def test_only_what_is_silent_can_be_retired(self, retail: Site, foreign: Site, admin: Client) -> None:
        reported(foreign, "secret-pipeline")
        assert retire(admin, "secret-pipeline") == 404
        assert retire(admin, "nothing\0", "nonsense") == 404
        assert admin.post("/quiet/retire", {"site": "foreign", "what": "pipeline", "ident": "x"}).status_code == 404
        theirs = Retirement.objects.create(site=foreign, what="pipeline", ident="x", retired_at=timezone.now())
        assert admin.post(f"/quiet/{theirs.pk}/expect").status_code == 404
