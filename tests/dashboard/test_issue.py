"""An issue's timeline: what touched it, how far it has come, what waits."""

import datetime as dt
import html
import json
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync.models import Gate, Site
from devops_sync.models import issue as touching
from tests import builders

pytestmark = pytest.mark.django_db
KEY = "SHOP-1"


def text(client: Client, address: str = f"/issues/{KEY}/") -> str:
    got = client.get(address)
    assert got.status_code == 200, got.content.decode()
    return got.content.decode()


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def answer(page: str) -> str:
    """The sentence that says where it has got to."""
    return words(page.split('<p class="answer">')[1].split("</p>")[0])


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def everything(site: Site) -> None:
    builders.branch(site, name="shop-1-split", at=ago(hours=9), columns={"changed_at": ago(hours=9)})
    builders.commit(site, "a" * 40, columns={"changed_at": ago(hours=8)})
    builders.pull_request(site, status="MERGED", title="Split the costs", columns={"changed_at": ago(hours=7)})
    builders.build(site, 77, columns={"changed_at": ago(hours=6)})
    builders.deployment(site, environment="dev", label="v9", at=ago(hours=5))


def test_everything_that_touched_it_is_listed_newest_first(retail: Site, viewer: Client) -> None:
    everything(retail)
    page = words(text(viewer).split('id="part-events"')[1])
    told = [
        "checkout-api v9 reached dev",
        "Build checkout-api #77",
        "merged: Split the costs",
        "Commit aaaaaaa",
        "Branch shop-1",
    ]
    places = [page.index(one) for one in told]
    assert places == sorted(places)
    assert "5 events" in page


def test_the_furthest_environment_stands_on_top(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="production", label="v1", at=ago(minutes=5))
    builders.deployment(retail, environment="dev", label="v2")
    assert answer(text(viewer)).startswith("It has reached production with checkout-api v1 , 5 min ago")


def test_it_says_that_production_lacks_it(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="production", label="v0", issues=["OTHER-1"])
    builders.deployment(retail, environment="staging", label="v2")
    page = text(viewer)
    assert "Production does not have it." in answer(page)
    assert "not yet, runs v0" in page


def test_another_pipelines_part_that_lags_is_said(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="production")
    builders.deployment(retail, "web", "staging")
    builders.deployment(retail, "worker", "dev", state="failed", label="v7")
    said = answer(text(viewer))
    assert "web's part has come as far as staging." in said
    assert "worker v7 failed on dev." in said
    assert "worker's part has reached no environment." in said


def furthest(client: Client) -> str:
    """Where the list of issues says that it is."""
    row = text(client, "/issues/").split(f">{KEY}</a>")[1]
    return words(row.split('<td class="environment-cell">')[1].split("</td>")[0])


@pytest.mark.parametrize("label", ["v1", "v2"])
def test_what_was_rolled_back_has_not_reached_it(label: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="v0", issues=["OTHER-1"])
    builders.deployment(retail, number=2, label="v1", state="successful" if label == "v1" else "failed")
    builders.deployment(retail, number=3, label=label, state="rolled_back")
    page = text(viewer)
    assert "It has not reached any environment yet." in answer(page)
    assert "was rolled back on production." in answer(page)
    assert furthest(viewer) == "nowhere yet"


def test_the_only_success_that_was_rolled_back_under_another_number_is_none(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="v1")
    builders.deployment(retail, number=2, label="v1", state="rolled_back")
    assert "It has not reached any environment yet." in answer(text(viewer))
    assert furthest(viewer) == "nowhere yet"


def test_what_an_environment_is_back_on_has_reached_it(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="v1", at=ago(minutes=5))
    builders.deployment(retail, number=2, label="v2", state="rolled_back")
    page = text(viewer)
    assert answer(page).startswith("It has reached production with checkout-api v1 , 5 min ago")
    assert "v1 there since" in words(page)
    assert furthest(viewer) == "production"


def test_an_older_label_deployed_again_takes_it_away(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="dev", number=1, label="v2", at=ago(hours=6))
    builders.deployment(retail, number=1, label="v1", issues=["OTHER-1"], at=ago(hours=5))
    builders.deployment(retail, number=2, label="v2", at=ago(hours=4))
    builders.deployment(retail, number=3, label="v1", issues=["OTHER-1"], at=ago(hours=1))
    page = text(viewer)
    assert answer(page).startswith("It has reached dev with checkout-api v2")
    assert "Production does not have it." in answer(page)
    assert "production went back to checkout-api v1 , which was there before it." in answer(page)
    assert "whose label was not there before it" in page
    assert furthest(viewer) == "dev"
    assert len(re.findall(r'span--good" x1="[0-9.]+" x2="1000.0"', page)) == 1


@pytest.mark.parametrize("label", ["v3", "", "v2"])
def test_what_came_after_it_still_has_it(label: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="v1", issues=["OTHER-1"])
    builders.deployment(retail, number=2, label="v2")
    builders.deployment(retail, number=3, label=label, issues=["OTHER-2"])
    assert answer(text(viewer)).startswith("It has reached production")
    assert furthest(viewer) == "production"


def test_one_label_for_everything_tells_nothing(retail: Site, viewer: Client) -> None:
    for number, issue in enumerate(("OTHER-1", KEY, "OTHER-2"), 1):
        builders.deployment(retail, number=number, label="main", issues=[issue])
    assert answer(text(viewer)).startswith("It has reached production")


def test_an_issue_that_was_not_deployed_says_so(retail: Site, viewer: Client) -> None:
    builders.commit(retail)
    assert "It has not been deployed yet." in answer(text(viewer))


def test_a_gate_is_said_with_its_change(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, state="pending", gated=True)
    facts = {"asked_at": timezone.now(), "due_at": timezone.now(), "status": "awaiting"}
    change = {"issueKey": "CHG-9", "issueLink": "https://retail.example/browse/CHG-9"}
    Gate.objects.create(site=retail, key=one.key, entry=one.entry, details=[change], **facts)
    page = text(viewer)
    assert "production waits at a gate for CHG-9" in answer(page)
    assert "Gate: awaiting approval" in page
    assert '<a href="https://retail.example/browse/CHG-9"' in page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"{KEY}: Split the costs", "Split the costs"),
        (f"[{KEY.lower()}] Split the costs", "Split the costs"),
        (f"{KEY}7 is another", f"{KEY}7 is another"),
        (KEY, KEY),
    ],
)
def test_a_title_that_begins_with_the_key_does_not_say_it_twice(retail: Site, said: str, shown: str) -> None:
    builders.pull_request(retail, title=said)
    found = touching.title([retail.pk], KEY)
    assert found is not None
    assert found[1] == shown


def test_the_title_is_that_of_the_latest_pull_request(retail: Site, viewer: Client) -> None:
    builders.pull_request(retail, title="The older", columns={"changed_at": ago(days=2)})
    builders.pull_request(retail, title="The newer", columns={"changed_at": ago(days=1)})
    page = text(viewer)
    assert "The newer" in page.split("<h1")[1].split("</h1>")[0]
    assert "of its latest" in page


def test_it_links_to_jira_by_https_only(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    assert 'href="https://retail.example/browse/SHOP-1"' in text(viewer)
    Site.objects.filter(pk=retail.pk).update(url="http://retail.example")
    assert "/browse/SHOP-1" not in text(viewer)


def test_what_waits_and_what_was_rejected_is_said_with_links(retail: Site, viewer: Client) -> None:
    for _ in range(2):
        builders.deployment(retail, outcome="waiting")
    rejected = builders.build(retail, outcome="rejected")
    page = text(viewer)
    assert '<a href="/deployments/?issue=SHOP-1&amp;jira=waiting">2 deployments</a> wait to be sent' in page
    assert f'<strong>Jira rejected</strong> <a href="/builds/{rejected.pk}/">1 build</a>' in page


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ([False, False], "Yes, in every answer"),
        ([True, True], "No, in no answer"),
        ([False, True], "Not in the latest answer, though before"),
        ([True, False], "Yes, though not in every answer"),
    ],
)
def test_whether_jira_knows_it_is_said(unknown: list[bool], said: str, retail: Site, viewer: Client) -> None:
    for number, is_unknown in enumerate(unknown):
        facts = {"unknown_issues": ["SHOP-1" if is_unknown else "SHOP-2"]}
        builders.deployment(retail, at=ago(hours=5 - number), entry_facts=facts)
    assert said in text(viewer)


def test_the_deleted_are_hidden_until_asked_for(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, label="stays")
    builders.deletion(builders.deployment(retail, environment="dev", label="gone"))
    page = text(viewer)
    assert ">checkout-api gone</a>" not in page
    assert "1 more was deleted and is hidden." in page
    assert ">checkout-api gone</a>" in text(viewer, f"/issues/{KEY}/?deleted=1")


def test_pages_of_events_join_without_gap_or_repeat(
    retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.issue.SIZE", 3)
    at = ago(hours=1)
    for number in range(4):
        builders.deployment(retail, at=at)
        builders.build(retail, number + 1, columns={"changed_at": at})
    seen: list[str] = []
    address = f"/issues/{KEY}/"
    for _ in range(3):
        page = text(viewer, address)
        seen += re.findall(r'id="(go-(?:deployment|build)-\d+)"', page)
        older = re.search(r'href="(\?[^"]*after=[^"]*)" rel="next"', page)
        address = f"/issues/{KEY}/{older[1]}" if older else address
    assert len(seen) == len(set(seen)) == 8
    newer = re.search(r'href="(\?[^"]*before=[^"]*)" rel="prev"', page)
    assert newer
    back = re.findall(r'id="(go-(?:deployment|build)-\d+)"', text(viewer, f"/issues/{KEY}/{newer[1]}"))
    assert back == seen[3:6]


def test_what_lies_close_together_is_one_dot_with_a_count(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, at=ago(days=5))
    for hours in (1, 2.5, 2.5):
        builders.build(retail, columns={"changed_at": ago(hours=hours)})
    drawing = text(viewer).split('<svg class="timeline__drawing"')[1].split("</svg>")[0]
    assert drawing.count('<circle class="dot"') == 2
    assert re.search(r'<text class="many"[^>]*>3</text>', drawing)


def test_several_sites_are_told_apart_and_one_can_be_picked(retail: Site, foreign: Site) -> None:
    client = Client()
    client.force_login(builders.user("viewer"))
    builders.deployment(retail, "ours")
    builders.deployment(foreign, "theirs")
    page = text(client)
    assert "ours" in page
    assert "theirs" in page
    assert "theirs" not in text(client, f"/issues/{KEY}/?site=retail").split("<main")[1]


def test_a_foreign_sites_events_are_not_there(foreign: Site, viewer: Client) -> None:
    builders.deployment(foreign, label="secret-label")
    found = viewer.get(f"/issues/{KEY}/")
    assert found.status_code == 404
    assert b"Nothing has touched SHOP-1." in found.content


def test_lower_case_leads_to_the_key(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    assert viewer.get("/issues/shop-1/?site=retail")["Location"] == "/issues/SHOP-1/?site=retail"


@pytest.mark.parametrize(
    "key",
    [
        "NOPE-1",
        "A" * 300 + "-1",
        "%00",
        "%E6%97%A5%E6%9C%AC-1",
        "A%2FB-1",
        "%FF%FE",
        "<SCRIPT>",
        "%0A",
        "%DF-1",
        "..%2F..",
    ],
)
def test_no_key_is_too_odd(key: str, retail: Site, viewer: Client) -> None:
    found = viewer.get(f"/issues/{key}/", follow=True)
    assert found.status_code == 404
    assert b"<SCRIPT>" not in found.content


@pytest.mark.parametrize("query", ["after=x", "after=2026-01-01T00:00:00Z,moon,1", "site=nowhere", "before=,,"])
def test_a_wrong_address_gets_a_sentence(query: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    assert viewer.get(f"/issues/{KEY}/?{query}").status_code == 400


def test_it_follows_what_happens(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, environment="dev")
    with time_machine.travel(timezone.now(), tick=False):
        _follow(retail, viewer)


def _follow(retail: Site, viewer: Client) -> None:
    page = text(viewer)
    pulse = re.search(r"hx-headers='([^']+)'", page)
    assert pulse
    headers = json.loads(html.unescape(pulse[1]))
    assert viewer.get(f"/issues/{KEY}/", headers=headers).status_code == 204
    builders.deployment(retail)
    changed = viewer.get(f"/issues/{KEY}/", headers=headers)
    assert "It has reached production" in changed.content.decode()


def test_what_it_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    everything(retail)
    text(viewer)
    with CaptureQueriesContext(connection) as few:
        text(viewer)
    for number in range(12):
        builders.deployment(retail, f"p{number}", "staging")
        builders.commit(retail)
    with django_assert_num_queries(len(few)):
        text(viewer)
    assert len(few) <= 22


def many(rows: int) -> None:
    """As many more of the only row of each kind, each of an issue of its own, and planned for as they lie."""
    with connection.cursor() as cursor:
        # They have no entries, and none is asked for.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in touching.KINDS:
            own = "'number', 1000000 + n" if table in ("deployment", "build") else "'ident', n::text || 'x'"
            cursor.execute(
                f"""INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object(
                    'id', 1000000 + n, 'entry_id', -n, 'issue_keys', ARRAY['MANY-' || n], {own}))).*
                FROM {table} AS one, generate_series(1, %s) AS n""",
                [rows],
            )
            cursor.execute(f"ANALYZE {table}")


def test_each_kinds_rows_are_found_by_their_index(retail: Site) -> None:
    everything(retail)
    many(3000)
    with CaptureQueriesContext(connection) as asked:
        touching.touched([retail.pk], KEY, 100)
        touching.title([retail.pk], KEY)
    plans = []
    with connection.cursor() as cursor:
        for one in asked.captured_queries:
            cursor.execute("EXPLAIN " + one["sql"])
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    found = [{table for table in touching.KINDS if f"on {table}_of_issue" in plan} for plan in plans]
    assert found == [set(touching.KINDS), {"pull_request"}]
