import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard import counting
from devops_sync.models import Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db


def shown(client: Client, address: str = "/deployments/") -> list[int]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return [int(pk) for pk in re.findall(r'<tr class="row" id="row-(\d+)">', answer.content.decode())]


def test_the_newest_stands_first(retail: Site, viewer: Client) -> None:
    now = timezone.now()
    old = builders.deployment(retail, at=now - dt.timedelta(days=1))
    new = builders.deployment(retail, at=now)
    assert shown(viewer) == [new.pk, old.pk]


@pytest.mark.parametrize(
    "query",
    [
        "site=retail&pipeline=web",
        "pipeline=web&pipeline=none-such",
        "environment=staging",
        "environment_type=staging",
        "state=failed",
        "issue=PAY-7",
        "issue=pay-7",
        "property=team%3Dcheckout",
        "property=team%3Dcheckout&property=account%3D7",
        "jira=rejected",
        "from=2026-03-01",
        "to=2026-03-04&from=2026-03-04",
        "q=rc.7",
        "q=RC.7",
        "q=%23777",
        "q=777",
    ],
)
def test_each_filter_finds_what_it_names_and_nothing_else(query: str, retail: Site, viewer: Client) -> None:
    wanted = builders.deployment(
        retail,
        "web",
        "staging",
        number=777,
        label="v2-rc.7",
        state="failed",
        issues=["PAY-7"],
        properties={"team": "checkout", "account": "7"},
        outcome="rejected",
        at=dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC),
    )
    builders.deployment(retail, "api", "dev", number=1, label="x", at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
    assert shown(viewer, f"/deployments/?{query}") == [wanted.pk]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("state=melted", "“melted” is no state."),
        ("environment_type=moon", "“moon” is no environment type."),
        ("jira=perhaps", "“perhaps” is no answer of Jira."),
        ("issue=nonsense", "“nonsense” is no issue key."),
        ("property=team", "“team” is no property."),
        ("from=yesterday", "“yesterday” is no day for from."),
        ("to=9999-12-31", "“9999-12-31” is no day for to."),
        ("site=nowhere", "There is no site “nowhere” that you may see."),
        ("after=rubbish", "It names a place in the list that cannot be one."),
        ("before=2026-01-01,5", "It names a place in the list that cannot be one."),
    ],
)
def test_a_wrong_value_gets_one_sentence_and_no_rows(query: str, sentence: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    answer = viewer.get(f"/deployments/?{query}")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count(sentence) == 1
    assert '<tr class="row"' not in page


def test_each_chip_takes_its_filter_away_and_no_other(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    page = viewer.get("/deployments/?state=failed&state=pending&property=a%3Db&after=x").content.decode()
    assert 'href="?state=pending&amp;property=a%3Db" aria-label="Remove filter state Failed"' in page
    assert 'href="?state=failed&amp;state=pending" aria-label="Remove filter property a=b"' in page


def test_paging_both_ways_leaves_nothing_out_and_shows_nothing_twice(retail: Site, viewer: Client) -> None:
    moment = timezone.now() - dt.timedelta(hours=2)
    for number in range(127):
        # Many at the very same instant: only the row's id tells them apart.
        builders.deployment(retail, "web", "dev", number=number + 1, at=moment + dt.timedelta(seconds=number // 40))
    order = list(Deployment.objects.newest_first().values_list("pk", flat=True))
    down = walk(viewer, "next")
    assert [pk for page in down for pk in page] == order
    up = walk(viewer, "prev", start=last_address(viewer))
    assert [pk for page in reversed(up) for pk in page] == order


def walk(client: Client, rel: str, start: str = "/deployments/?pipeline=web") -> list[list[int]]:
    pages, address = [], start
    while address:
        pages.append(shown(client, address))
        address = link(client, address, rel)
    return pages


def link(client: Client, address: str, rel: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{rel}"', client.get(address).content.decode())
    return "/deployments/" + found[1].replace("&amp;", "&") if found else ""


def last_address(client: Client) -> str:
    address = "/deployments/?pipeline=web"
    while further := link(client, address, "next"):
        address = further
    return address


def test_counts_are_honest(retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.counting.COUNTED", 55)
    for number in range(55):
        builders.deployment(retail, "web", "dev", number=number + 1)
    assert "<strong>55</strong>" in viewer.get("/deployments/").content.decode()
    builders.deployment(retail, "web", "dev", number=100)
    monkeypatch.setattr("dashboard.counting._estimate", lambda rows: (7, 0.0))
    assert ">More than 55</strong>" in viewer.get("/deployments/").content.decode()


def test_beyond_what_is_counted_the_number_is_the_planner_s_and_says_so(
    retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.counting.COUNTED", 52)
    for number in range(108):
        builders.deployment(retail, "web" if number else "api", "dev", number=number + 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE deployment")
    assert ">About 110</strong>" in viewer.get("/deployments/").content.decode()
    assert ">About 110</strong> match" in viewer.get("/deployments/?state=successful").content.decode()


@pytest.mark.parametrize(
    ("many", "said"),
    [(1004, "more than 1,000"), (1260, "about 1,300"), (48_123, "about 48,000"), (995_000, "about 1,000,000")],
)
def test_an_estimate_has_two_figures(many: int, said: str) -> None:
    assert counting.Count(counting._rounded(many), is_exact=False).said == said


def test_an_issue_key_in_the_search_leads_to_the_issue(retail: Site, viewer: Client) -> None:
    assert viewer.get("/deployments/?q=shop-12&site=retail")["Location"] == "/deployments/?site=retail&issue=SHOP-12"


def test_a_submission_id_in_the_search_leads_to_it(retail: Site, viewer: Client) -> None:
    came = builders.submission(retail)
    assert viewer.get(f"/deployments/?q={came.pk}")["Location"] == f"/submissions/{came.pk}/"


def test_nothing_that_matches_offers_to_drop_each_filter(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    page = viewer.get("/deployments/?state=failed&pipeline=web").content.decode()
    assert "No deployment matches." in page
    assert "Without state Failed" in page


def test_an_empty_ledger_teaches(retail: Site, viewer: Client) -> None:
    assert "Send the first deployment" in viewer.get("/deployments/").content.decode()


def test_a_row_being_read_back_says_so(retail: Site, viewer: Client) -> None:
    builders.confirmation(builders.deployment(retail).entry)
    assert "Reading…" in viewer.get("/deployments/").content.decode()


def test_fifty_rows_stay_light(retail: Site, viewer: Client) -> None:
    for number in range(60):
        builders.deployment(retail, "web", "dev", number=number + 1, issues=["SHOP-4427", "PAY-882", "CORE-1"])
    assert len(viewer.get("/deployments/").content) < 100_000


def test_what_it_asks_does_not_grow_with_the_rows(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    for count, queries in ((5, 10), (55, 12)):  # past one page the matches are counted
        for _ in range(count):
            builders.deployment(retail)
        cache.clear()
        with django_assert_num_queries(queries):
            shown(viewer)


NAMES = st.sampled_from([
    "site", "pipeline", "environment", "environment_type", "state", "issue", "property", "jira", "from", "to",
    "q", "after", "before", "show", "verdict", "_top", "_rows", "sort", "selected", "api", "sender", "find",
])  # fmt: skip
ODD = ["\0", "a=b", "=", "2026-01-01T00:00:00Z,99999999999999999999", "#", "%", "_", "\\", "SHOP-1"]
VALUES = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z,7"),
    st.dates().map(str),
    st.sampled_from(ODD),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    query=st.lists(st.tuples(NAMES, VALUES), max_size=5),
    page=st.sampled_from(
        [
            "/",
            "/deployments/",
            "/builds/",
            "/repositories/",
            "/submissions/",
            "/deliveries/",
            "/search/",
            "/pick/deployment/property/",
            "/pick/submission/pipeline/",
        ]
    ),
    is_pulse=st.booleans(),
)
def test_no_query_string_however_odd_is_a_mistake_of_ours(
    query: list[tuple[str, str]], page: str, is_pulse: bool, admin: Client, retail: Site
) -> None:
    if not Deployment.objects.exists():
        builders.deployment(retail)
    asked: dict[str, list[str]] = {}
    for name, value in query:
        asked.setdefault(name, []).append(value.encode("utf-8", "ignore").decode())
    answer = admin.get(page, asked, headers={"Waybill-Seen": "none"} if is_pulse else {})
    assert answer.status_code in (200, 204, 302, 400)


def test_the_rows_of_an_issue_are_found_by_the_issue_and_not_from_the_newest_on(retail: Site, viewer: Client) -> None:
    """Where another filter takes the matches away, that would read every deployment there is."""
    builders.deployment(retail)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as asked:
            viewer.get("/deployments/?issue=SHOP-1&environment_type=production")
            viewer.get("/deployments/?environment_type=production")
        of_issue, _its_rows, of_all = [
            _plan(query["sql"])
            for query in asked.captured_queries
            if 'ORDER BY ("deployment"' in _ordered(query["sql"])
        ]
    assert "Sort Key" in of_issue
    assert "Sort Key" not in of_all


def _ordered(sql: str) -> str:
    return sql.replace('ORDER BY "deployment"', 'ORDER BY ("deployment"')


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}".replace("%", "%%"), [])
        return "\n".join(line for (line,) in cursor.fetchall())


def test_a_pipeline_and_an_environment_that_never_met_are_not_looked_for(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, "web", "dev")
    builders.deployment(retail, "api", "prod", number=2)
    with CaptureQueriesContext(connection) as asked:
        assert shown(viewer, "/deployments/?pipeline=web&environment=prod") == []
    assert not any('"deployment"."pipeline_id" IN' in query["sql"] for query in asked.captured_queries)
    assert len(shown(viewer, "/deployments/?pipeline=web&environment=dev")) == 1
    place = f"{timezone.now().isoformat().replace('+', '%2B')},1"
    assert shown(viewer, f"/deployments/?pipeline=web&environment=prod&after={place}") == []
