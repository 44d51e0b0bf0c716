"""A repository's tabs are lists as others are."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync.models import Errand, Repository, SavedView, Site, User
from tests import builders

from .test_live import pulse

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def home(retail: Site) -> Repository:
    return builders.repository(retail)


@pytest.fixture
def manager(signed_in: Callable[..., Client]) -> Client:
    return signed_in("release-manager")


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def shown(client: Client, address: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="go-(\d+)"', text(client, address))]


def post(client: Client, address: str, **fields: Any) -> Any:
    return client.post(address, fields)


@pytest.mark.parametrize(
    "query",
    ["q=ODD+NUT", "q=f00dcafe", "issue=ODD-1", "jira=rejected", "property=team%3Dpay", "q=Otto&issue=ODD-1"],
)
def test_each_filter_finds_what_it_names(query: str, retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail)
    wanted = builders.commit(
        retail,
        "f00dcafe",
        message="Turn the odd nut",
        columns={"author_name": "Otto"},
        issueKeys=["ODD-1"],
        outcome="rejected",
        properties={"team": "pay"},
    )
    assert shown(viewer, f"/repositories/{home.pk}/?show=commits&{query}") == [wanted.pk]


def test_pull_requests_are_found_by_their_state(retail: Site, home: Repository, viewer: Client) -> None:
    builders.pull_request(retail, status="OPEN")
    merged = builders.pull_request(retail, status="MERGED")
    assert shown(viewer, f"/repositories/{home.pk}/?show=pull_requests&state=MERGED") == [merged.pk]


def test_days_narrow_and_the_oldest_can_stand_first(retail: Site, home: Repository, viewer: Client) -> None:
    old, new = (builders.branch(retail, at=NOW - dt.timedelta(days=days)) for days in (9, 1))
    address = f"/repositories/{home.pk}/?show=branches"
    assert shown(viewer, f"{address}&sort=oldest") == [old.pk, new.pk]
    assert shown(viewer, f"{address}&from={NOW - dt.timedelta(days=3):%Y-%m-%d}") == [new.pk]


def test_what_was_deleted_is_shown_where_it_is_asked_for(retail: Site, home: Repository, viewer: Client) -> None:
    alive, gone = builders.commit(retail), builders.commit(retail)
    builders.deletion(gone)
    address = f"/repositories/{home.pk}/?show=commits"
    assert shown(viewer, address) == [alive.pk]
    assert set(shown(viewer, f"{address}&deleted=1")) == {alive.pk, gone.pk}
    assert shown(viewer, f"{address}&deleted=only") == [gone.pk]


def test_one_that_was_deleted_shows_what_was_deleted_with_it(retail: Site, home: Repository, viewer: Client) -> None:
    gone = builders.commit(retail)
    for one in (gone, home):
        builders.deletion(one)
    assert shown(viewer, f"/repositories/{home.pk}/") == [gone.pk]
    page = viewer.get(f"/repositories/{home.pk}/").content.decode()
    assert 'Commits<span class="count">1</span>' in page
    assert page.count("Deleted</span>") > 1


def test_filters_stay_within_the_repository(retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail, repository_id="another", message="odd")
    assert shown(viewer, f"/repositories/{home.pk}/?show=commits&q=odd") == []


@pytest.mark.parametrize("wrong", ["jira=melted", "issue=nonsense", "property=x", "from=soon", "sort=sideways"])
def test_a_wrong_filter_is_a_sentence(wrong: str, retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail)
    answer = viewer.get(f"/repositories/{home.pk}/?show=commits&{wrong}")
    assert answer.status_code == 400
    assert f"“{wrong.partition('=')[2]}” is no " in answer.content.decode()


def test_columns_are_hidden_on_the_page_and_in_files(retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail, message="Turn the nut")
    at = f"/repositories/{home.pk}/?show=commits&jira=accepted"
    fields = {"list": "commit", "within": home.pk, "query": "show=commits&jira=accepted", "column": ["jira", "when"]}
    answer = viewer.post("/columns/", fields)
    assert answer["Location"] == at
    page = text(viewer, at)
    assert "Turn the nut" not in page
    assert "Read back</th>" not in page
    (line,) = csv.DictReader(io.StringIO(viewer.get(f"{at}&format=csv").getvalue().decode("utf-8-sig")))
    assert "jira" in line
    assert "message" not in line
    assert User.objects.get(username__contains="viewer").hidden_columns["commit"]


@pytest.mark.parametrize("within", ["", "x", "1" * 40])
def test_a_list_within_nothing_is_none(within: str, viewer: Client) -> None:
    for address in ("/columns/", "/selection/"):
        assert viewer.post(address, {"list": "commit", "within": within}).status_code == 400


def test_a_file_has_what_the_tab_is_narrowed_to(retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail, message="even")
    odd = builders.commit(retail, message="odd")
    found = json.loads(viewer.get(f"/repositories/{home.pk}/?show=commits&q=odd&format=json").getvalue())
    assert [row["id"] for row in found] == [odd.pk]


def test_rows_are_selected_and_go_on_over_pages(retail: Site, home: Repository, manager: Client) -> None:
    rows = [builders.commit(retail, at=NOW - dt.timedelta(minutes=number)) for number in range(60)]
    address = f"/repositories/{home.pk}/?show=commits"
    page = text(manager, address)
    after = re.search(r'name="go" value="(after=[^"]*)"', page)
    assert after
    fields = {"list": "commit", "within": home.pk, "query": "show=commits", "go": after[1], "id": [rows[0].pk]}
    answer = manager.post("/selection/", fields)
    second = text(manager, answer["Location"])
    assert f'name="id" value="{rows[0].pk}" data-carried' in second
    assert "1 on other pages" in second
    assert f'id="go-{rows[55].pk}"' in second


def test_what_is_ticked_is_planned(retail: Site, home: Repository, manager: Client) -> None:
    rows = [builders.branch(retail) for _ in range(3)]
    manager.post("/errands/plan/", {"kind": "branch", "id": [row.pk for row in rows[:2]], "do": "resend"})
    assert Errand.objects.get().what == "2 branches out of a list"


def test_all_that_matches_is_planned_within_the_repository(retail: Site, home: Repository, manager: Client) -> None:
    for status in ("OPEN", "MERGED", "MERGED"):
        builders.pull_request(retail, status=status)
    builders.pull_request(retail, status="MERGED", repository_id="another")
    fields = {"kind": "pull_request", "all": "1", "within": home.pk, "query": "state=MERGED", "do": "verify"}
    manager.post("/errands/plan/", fields)
    errand = Errand.objects.get()
    assert errand.what == f"pull requests of {home.name} that match state Merged"
    assert errand.total == 2


def test_nobody_plans_within_a_foreign_repository(foreign: Site, home: Repository, manager: Client) -> None:
    other = builders.repository(foreign, "secret")
    for within in (other.pk, "x"):
        answer = post(manager, "/errands/plan/", kind="commit", all="1", within=within, do="resend")
        assert answer.status_code == 400
        assert "It names no repository that you may see." in answer.content.decode()


def test_who_may_do_nothing_has_nothing_to_tick(retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail)
    assert "tick-cell" not in text(viewer, f"/repositories/{home.pk}/?show=commits")


def test_a_pulse_keeps_what_the_tab_is_narrowed_to(retail: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail, message="odd", outcome="waiting")
    page = viewer.get(f"/repositories/{home.pk}/?show=commits&q=odd&selected=1.2").content.decode()
    other, more = builders.commit(retail, message="even"), builders.commit(retail, message="odd again")
    where, headers, values = pulse(viewer, page)
    assert "selected" not in where
    answer = viewer.get(f"{where}&{urlencode(values)}", headers=headers)
    assert f'id="go-{more.pk}"' in answer.content.decode()
    assert f'id="go-{other.pk}"' not in answer.content.decode()


def test_properties_are_found_as_one_writes(retail: Site, foreign: Site, home: Repository, viewer: Client) -> None:
    builders.commit(retail, properties={"team": "pay"})

    builders.deployment(foreign, properties={"tribe": "secret"})
    page = text(viewer, f"/repositories/{home.pk}/?show=commits&jira=accepted")
    asks = re.search(r'hx-get="(/pick/commit/property/[^"]*)"', page)
    assert asks is not None
    assert unescape(asks[1]) == f"/pick/commit/property/?show=commits&jira=accepted&within={home.pk}"
    keys = text(viewer, f"/pick/commit/property/?within={home.pk}&find=t")
    assert re.findall(r'<span class="wrap-anywhere">(.*?)<', keys) == ["team"]
    page = text(viewer, f"/pick/commit/property/?within={home.pk}&show=commits&find=team%3D")
    assert 'value="team=pay"' in page
    assert f'action="/repositories/{home.pk}/" method="get"> <input type="hidden" name="show" value="commits">' in page


@pytest.mark.parametrize("of", ["commit", "branch", "pull_request"])
def test_properties_are_found_in_no_repository_but_one_that_one_sees(of: str, foreign: Site, viewer: Client) -> None:
    other = builders.repository(foreign)
    for within in ("", "x", str(other.pk), "9" * 18):
        assert viewer.get(f"/pick/{of}/property/?within={within}").status_code == 404


def view_menu(client: Client, address: str) -> str:
    return text(client, address).split('id="pick-views"')[1].split("</details>")[0]


def test_a_view_of_a_tab_holds_in_every_repository(retail: Site, home: Repository, viewer: Client) -> None:
    other = builders.repository(retail, "other")
    builders.pull_request(retail)
    builders.pull_request(retail, columns={"repository_id": other.repository_id})
    here = f"/repositories/{home.pk}/?show=pull_requests&state=OPEN"
    saved = re.search(r'name="query" value="([^"]*)"', view_menu(viewer, here))
    assert saved is not None
    fields = {"list": "pull_request", "within": home.pk, "name": "Open", "query": unescape(saved[1])}
    assert post(viewer, "/views/", **fields)["Location"] == here
    view = SavedView.objects.get()
    assert 'aria-current="true"' in view_menu(viewer, here)
    there = f"/repositories/{other.pk}/?show=pull_requests"
    assert f'href="/views/{view.pk}/?within={other.pk}"' in view_menu(viewer, there)
    assert viewer.get(f"/views/{view.pk}/?within={other.pk}")["Location"] == f"{there}&state=OPEN"
    assert viewer.get(f"/views/{view.pk}/")["Location"] == "/repositories/"
    assert post(viewer, f"/views/{view.pk}/delete", within=other.pk)["Location"] == f"{there}&state=OPEN"
    assert not SavedView.objects.exists()


def test_a_view_of_the_tab_that_comes_first_names_it(retail: Site, home: Repository, viewer: Client) -> None:
    builders.branch(retail)
    assert 'name="query" value="show=branches"' in view_menu(viewer, f"/repositories/{home.pk}/")


def test_a_view_of_a_tab_is_shared_with_the_people_of_its_site(home: Repository, manager: Client) -> None:
    fields = {"list": "commit", "name": "Mine", "query": "show=commits", "shared": "1"}
    assert post(manager, "/views/", **fields, within=home.pk).status_code == 302
    assert SavedView.objects.get().site == home.site


def test_nothing_is_saved_within_a_foreign_repository(foreign: Site, viewer: Client) -> None:
    other = builders.repository(foreign)
    for within in ("", "x", str(other.pk)):
        assert post(viewer, "/views/", list="commit", name="x", query="", within=within).status_code == 400
    assert not SavedView.objects.exists()
