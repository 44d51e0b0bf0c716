"""Submissions and deliveries, found by what was in them; and what each such question costs."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from devops_sync.models import Entry, Site, Submission, trail
from tests import builders

pytestmark = pytest.mark.django_db
LISTS = ("/submissions/", "/deliveries/")


def listed(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [str(row["id"]) for row in json.loads(b"".join(answer))]


def place(entry: Entry, address: str) -> str:
    return str(entry.submission_id if address == "/submissions/" else entry.delivery_id)


@pytest.fixture
def wanted(retail: Site) -> Entry:
    """The first version of something that has changed since, among others."""
    first = builders.deployment(
        retail, "checkout", "staging", number=7, label="rc-77", issues=["PAY-7"], properties={"team": "pay"}
    )
    old = first.entry
    new = builders.entry(retail, json.loads(old.payload) | {"updateSequenceNumber": 2})
    first.entry, first.sequence = new, 2
    first.save()
    builders.deployment(retail, "search", "dev", number=9, label="other", issues=["SHOP-2"])
    return old


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        *("q=RC-77", "issue=pay-7", "pipeline=checkout", "environment=staging", "environment_type=staging"),
        *("issue=PAY-7&pipeline=checkout&q=rc", "api=deployments&issue=PAY-7"),
    ],
)
def test_older_versions_too_are_found_by_what_is_current(
    address: str, query: str, wanted: Entry, viewer: Client
) -> None:
    found = listed(viewer, f"{address}?format=json&{query}")
    assert place(wanted, address) in found
    assert len(found) == 2


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    "query", ["issue=PAY-8", "q=rc-78", "pipeline=checkout&issue=SHOP-2", "api=builds&issue=PAY-7", "property=team%3Dx"]
)
def test_what_does_not_match_all_is_not_there(address: str, query: str, wanted: Entry, viewer: Client) -> None:
    assert listed(viewer, f"{address}?format=json&{query}") == []


@pytest.mark.parametrize("address", LISTS)
def test_properties_find_what_came_with_them(address: str, wanted: Entry, viewer: Client) -> None:
    assert listed(viewer, f"{address}?format=json&property=team%3Dpay") == [place(wanted, address)]
    assert listed(viewer, f"{address}?format=json&property=team%3Dpay&issue=PAY-7") == [place(wanted, address)]
    assert listed(viewer, f"{address}?format=json&property=team%3Dpay&property=team%3Dx") == []


def test_a_submission_is_found_by_its_id_and_by_the_digest_of_its_bytes(retail: Site, viewer: Client) -> None:
    one, other = builders.submission(retail, body=b"one"), builders.submission(retail, body=b"other")
    assert other.pk != one.pk
    for text in (str(one.pk), bytes(one.sha256 or b"").hex()):
        assert listed(viewer, f"/submissions/?format=json&q={text}") == [str(one.pk)]
    assert listed(viewer, f"/submissions/?format=json&q={str(one.pk)[:8]}") == [str(other.pk), str(one.pk)]


def test_a_delivery_is_found_by_its_number_and_a_commit_by_its_hash(retail: Site, viewer: Client) -> None:
    builders.repository(retail)
    one = builders.commit(retail, "abcdef1234567890abcdef1234567890abcdef12")
    builders.commit(retail)
    assert listed(viewer, f"/deliveries/?format=json&q={one.entry.delivery_id}") == [str(one.entry.delivery_id)]
    for address in LISTS:
        assert listed(viewer, f"{address}?format=json&q=ABCDEF12") == [place(one.entry, address)]


def test_what_was_deleted_still_leads_to_what_brought_it(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, issues=["PAY-7"])
    builders.deletion(one)
    assert listed(viewer, "/submissions/?format=json&issue=PAY-7") == [str(one.entry.submission_id)]


def test_senders_narrow_submissions(retail: Site, viewer: Client) -> None:
    one = builders.submission(retail, token=builders.token(retail, "nightly"))
    builders.submission(retail)
    assert listed(viewer, "/submissions/?format=json&sender=nightly") == [str(one.pk)]


@pytest.mark.parametrize("address", LISTS)
def test_it_says_when_only_the_latest_were_followed(
    address: str, retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "ENTITIES", 1)
    for _ in range(2):
        builders.deployment(retail, issues=["PAY-7"])
    page = viewer.get(f"{address}?issue=PAY-7").content.decode()
    assert "Found by the 1 that changed last" in page
    assert page.count('id="go-') == 1


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    ("query", "sentence"), [("issue=nonsense", "is no issue key"), ("property=x", "is no property")]
)
def test_what_cannot_be_is_said(address: str, query: str, sentence: str, retail: Site, viewer: Client) -> None:
    answer = viewer.get(f"{address}?{query}")
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_nothing_of_a_site_that_one_may_not_see_is_found(address: str, foreign: Site, viewer: Client) -> None:
    builders.deployment(foreign, "checkout", "staging", label="rc", issues=["PAY-7"], properties={"team": "pay"})
    for query in ("issue=PAY-7", "q=rc", "pipeline=checkout", "property=team%3Dpay"):
        assert listed(viewer, f"{address}?format=json&{query}") == []


@pytest.mark.parametrize("address", LISTS)
def test_payloads_are_not_looked_through(address: str, wanted: Entry, viewer: Client) -> None:
    with CaptureQueriesContext(connection) as caught:
        listed(viewer, f"{address}?format=json&issue=PAY-7&q=rc&pipeline=checkout&property=team%3Dpay")
    assert not [query["sql"] for query in caught.captured_queries if "payload" in query["sql"].replace("retry", "")]


def plan_of(sql: str, values: list[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def many_submissions(of: Site) -> None:
    """Enough of them, each of another envelope and API, that the planner has a choice."""
    builders.submission(of)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("""
            INSERT INTO submission SELECT (jsonb_populate_record(one, jsonb_build_object(
                'id', gen_random_uuid(), 'envelope_id', n, 'api', 'api' || n, 'sha256', '\\x' || md5(n::text)))).*
            FROM submission AS one, generate_series(1, 2000) AS n""")
        cursor.execute("ANALYZE submission")


def test_submissions_are_found_by_indexes(retail: Site) -> None:
    many_submissions(retail)
    newest = Submission.objects.order_by("-id")
    for rows, index in (
        (newest.filter(envelope=1), "submission_of_envelope"),
        (newest.filter(api="api7"), "submission_of_api"),
        (newest.with_digest("ab" * 32), "submission_by_digest"),
    ):
        sql, values = rows.query.sql_with_params()
        assert index in plan_of(sql, list(values))
