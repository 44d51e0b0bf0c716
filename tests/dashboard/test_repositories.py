import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devops_sync.models import Repository, Site
from tests import builders

from .test_live import beat

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(retail: Site) -> Repository:
    return builders.repository(retail)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def shown(client: Client, address: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="go-(\d+)"', text(client, address))]


def test_the_list_counts_what_is_in_each(retail: Site, home: Repository, viewer: Client) -> None:
    for _ in range(3):
        builders.commit(retail)
    builders.branch(retail)
    builders.pull_request(retail, repository_id="another")
    builders.deletion(builders.commit(retail))
    page = text(viewer, "/repositories/")
    assert '3 <span class="narrow-word">commits</span>' in page
    assert '1 <span class="narrow-word">branch</span>' in page
    assert '0 <span class="narrow-word">pull requests</span>' in page


@pytest.mark.parametrize("query", ["q=PAYMENTS", "property=team%3Dpay", "site=retail&q=payments"])
def test_each_filter_finds_what_it_names(query: str, retail: Site, home: Repository, viewer: Client) -> None:
    wanted = builders.repository(retail, "r2", name="Payments", properties={"team": "pay"})
    assert shown(viewer, f"/repositories/?{query}") == [wanted.pk]


def test_an_empty_list_teaches_with_a_repository(retail: Site, viewer: Client) -> None:
    page = text(viewer, "/repositories/")
    assert "Send the first repository" in page
    assert f"/jira/devinfo/0.1/cloud/{retail.cloud_id}/bulk" in page


def test_only_web_addresses_become_links(retail: Site, viewer: Client) -> None:
    one = builders.repository(retail, columns={"url": "javascript:alert(1)"})
    for page in ("/repositories/", f"/repositories/{one.pk}/"):
        assert 'href="javascript:' not in text(viewer, page)


def test_what_the_list_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    for count, queries in ((5, 10), (55, 12)):
        for _ in range(count):
            builders.repository(retail, f"r{Repository.objects.count()}")
        cache.clear()
        with django_assert_num_queries(queries):
            text(viewer, "/repositories/")


@pytest.mark.parametrize(("show", "kind"), [("commits", "commit"), ("branches", "branch")])
def test_each_tab_shows_its_kind_and_pages(
    show: str, kind: str, retail: Site, home: Repository, viewer: Client
) -> None:
    moment = timezone.now() - dt.timedelta(hours=1)
    made = [getattr(builders, kind)(retail, at=moment + dt.timedelta(seconds=number // 20)).pk for number in range(60)]
    getattr(builders, kind)(retail, repository_id="another")
    address = f"/repositories/{home.pk}/?show={show}"
    first = shown(viewer, address)
    found = re.search(r'href="([^"]*)" rel="next"', viewer.get(address).content.decode())
    assert found
    assert first + shown(viewer, address.split("?")[0] + found[1].replace("&amp;", "&")) == made[::-1]


def test_pull_requests_tell_their_status(retail: Site, home: Repository, viewer: Client) -> None:
    one = builders.pull_request(retail, status="MERGED")
    page = text(viewer, f"/repositories/{home.pk}/?show=pull_requests")
    assert f'href="/pull-requests/{one.pk}/"' in page
    assert "</svg>Merged</span>" in page


def test_the_first_tab_that_has_something_is_shown(retail: Site, home: Repository, viewer: Client) -> None:
    one = builders.pull_request(retail)
    assert shown(viewer, f"/repositories/{home.pk}/") == [one.pk]
    assert shown(viewer, f"/repositories/{home.pk}/?show=nonsense&after=rubbish&before=%00") == [one.pk]


def test_what_is_in_a_foreign_repository_of_the_same_name_stays_there(
    foreign: Site, home: Repository, viewer: Client
) -> None:
    builders.commit(foreign, message="secret")
    assert "secret" not in text(viewer, f"/repositories/{home.pk}/")


def test_what_is_inside_is_followed(retail: Site, home: Repository, viewer: Client) -> None:
    page = viewer.get(f"/repositories/{home.pk}/?show=branches").content.decode()
    one = builders.branch(retail, "fresh")
    answer: Any = beat(viewer, page)
    assert f'id="go-{one.pk}"' in answer.content.decode()


def test_a_commit_shows_its_whole_message_and_leads_home(retail: Site, home: Repository, viewer: Client) -> None:
    one = builders.commit(retail, message="SHOP-1 Mend\n\nBecause it was broken.")
    page = viewer.get(f"/commits/{one.pk}/").content.decode()
    assert "SHOP-1 Mend\n\nBecause it was broken.</p>" in page
    assert f'href="/repositories/{home.pk}/?show=commits"' in page


def test_a_branch_leads_to_its_last_commit_where_that_is_known(retail: Site, home: Repository, viewer: Client) -> None:
    one = builders.branch(retail)
    assert 'href="/commits/' not in text(viewer, f"/branches/{one.pk}/")
    last = builders.commit(retail, one.last_commit_id)
    assert f'href="/commits/{last.pk}/"' in text(viewer, f"/branches/{one.pk}/")


def test_without_its_repository_one_still_has_a_page(retail: Site, viewer: Client) -> None:
    one = builders.pull_request(retail, repository_id="never-came")
    assert "never-came" in text(viewer, f"/pull-requests/{one.pk}/")
