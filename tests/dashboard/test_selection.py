"""Rows that are selected go along from page to page; and lists that are turned round."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from dashboard import selection
from devops_sync.models import Deployment, ErrandItem, Site
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(signed_in: Callable[..., Client]) -> Client:
    return signed_in("release-manager")


@pytest.fixture
def many(retail: Site) -> list[Deployment]:
    """Newest first, on two pages."""
    return [builders.deployment(retail) for _ in range(52)][::-1]


def rows(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="go-(\d+)"', page)]


def onward(page: str, rel: str) -> str:
    found = re.search(rf'value="([^"]*)" data-go="{rel}"', page)
    assert found
    return found[1]


def test_what_is_ticked_on_one_page_is_selected_on_the_next(many: list[Deployment], manager: Client) -> None:
    first = manager.get("/deployments/?state=successful").content.decode()
    ticked = [str(many[0].pk), str(many[3].pk)]
    posted = {"list": "deployment", "query": "state=successful", "go": onward(first, "next"), "id": ticked}
    address = manager.post("/selection/", posted)["Location"]
    second = manager.get(address).content.decode()
    assert rows(second) == [one.pk for one in many[50:]]
    assert "2 selected" in second
    assert re.findall(r'name="id" value="(\d+)" data-carried', second) == ticked
    back = posted | {"go": onward(second, "prev"), "id": [*ticked, str(many[51].pk)]}
    again = manager.get(manager.post("/selection/", back)["Location"]).content.decode()
    assert "3 selected" in again
    assert re.findall(r'value="(\d+)" id="tick-\d+" aria-labelledby="select go-\d+" checked', again) == ticked


def test_more_rows_than_a_page_holds_can_be_planned(many: list[Deployment], manager: Client) -> None:
    posted = {"kind": "deployment", "do": "verify", "id": [one.pk for one in many]}
    assert manager.post("/errands/plan/", posted).status_code == 302
    assert ErrandItem.objects.count() == 52


@pytest.mark.parametrize("name", ["submission", "delivery"])
def test_what_is_in_submissions_and_deliveries_can_be_planned(
    name: str, many: list[Deployment], manager: Client
) -> None:
    page = manager.get(f"/{'submissions' if name == 'submission' else 'deliveries'}/").content.decode()
    assert f'type="checkbox" name="{name}"' in page
    chosen = [getattr(one.entry, f"{name}_id") for one in many[:3]]
    assert manager.post("/errands/plan/", {name: chosen, "do": "resend"}).status_code == 302
    assert set(ErrandItem.objects.values_list("entry", flat=True)) == {one.entry_id for one in many[:3]}


def test_nobody_selects_who_may_do_nothing(many: list[Deployment], viewer: Client) -> None:
    for address in ("/deployments/", "/submissions/", "/deliveries/"):
        assert 'class="bulk' not in viewer.get(f"{address}?selected=1").content.decode()


def test_what_finds_no_room_is_said(many: list[Deployment], manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "LONGEST", len(f"{many[0].pk}"))
    posted = {"list": "deployment", "query": "", "go": "", "id": [many[0].pk, many[1].pk]}
    page = manager.get(manager.post("/selection/", posted)["Location"]).content.decode()
    assert "1 row is no longer selected" in page


def test_what_is_no_id_selects_nothing(many: list[Deployment], manager: Client) -> None:
    page = manager.get("/deployments/?selected=x.-1.%00.99999999999999999999.<b>").content.decode()
    assert "data-carried" not in page
    assert manager.post("/selection/", {"list": "nonsense"}).status_code == 400


@pytest.mark.parametrize("address", ["/deployments/", "/builds/", "/repositories/", "/submissions/", "/deliveries/"])
def test_the_oldest_first_is_the_same_list_turned_round(address: str, retail: Site, viewer: Client) -> None:
    for number in range(52):
        builders.deployment(retail)
        builders.build(retail)
        builders.repository(retail, f"r{number}")
    links = r'id="go-([^"]+)"'

    def walk(start: str) -> list[str]:
        found: list[str] = []
        while start:
            page = viewer.get(start).content.decode()
            found += re.findall(links, page)
            onward = re.search(r'href="([^"]*)" rel="next"', page)
            start = f"{address}{onward[1]}".replace("&amp;", "&") if onward else ""
        return found

    newest, oldest = walk(address), walk(f"{address}?sort=oldest")
    assert oldest == newest[::-1]
    assert len(set(oldest)) == len(oldest) >= 52


@pytest.mark.parametrize("address", ["/deployments/", "/submissions/", "/deliveries/drift/", "/errands/"])
def test_an_order_that_there_is_not_is_said(address: str, many: list[Deployment], viewer: Client) -> None:
    answer = viewer.get(f"{address}?sort=best")
    assert answer.status_code == 400
    assert "“best” is no order." in answer.content.decode()


@pytest.mark.parametrize("address", ["/submissions/", "/deliveries/"])
def test_a_page_of_fifty_stays_small_and_says_how_many_there_are(
    address: str, many: list[Deployment], manager: Client
) -> None:
    page = manager.get(address).content
    assert len(page) < 100_000
    assert b"<strong>52</strong>" in page
