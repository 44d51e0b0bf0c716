"""`?format=csv` and `?format=json`: the whole of what a list's address asks for, as a file."""

import csv
import datetime as dt
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dashboard import paging, spreadsheet
from devops_sync.models import Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db
LISTS = ("/deployments/", "/builds/", "/repositories/", "/submissions/", "/deliveries/", "/deliveries/drift/")


def body(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.getvalue()  # type: ignore[no-any-return]


def table(client: Client, address: str) -> list[dict[str, str]]:
    text = body(client, address).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def records(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body(client, address))
    return found


@pytest.fixture
def something(retail: Site) -> Deployment:
    """A little for every list."""
    builders.repository(retail)
    builders.build(retail)
    return builders.deployment(retail, entry_facts={"read_back": "missing", "read_back_at": timezone.now()})


@pytest.mark.parametrize("address", LISTS)
def test_every_list_can_be_had_both_ways_with_the_same_in_it(address: str, something: Any, viewer: Client) -> None:
    as_csv, as_json = table(viewer, f"{address}?format=csv"), records(viewer, f"{address}?format=json")
    assert as_json
    assert [row["id"] for row in as_csv] == [str(row["id"]) for row in as_json]
    assert list(as_csv[0]) == list(as_json[0])


@pytest.mark.parametrize("address", LISTS)
def test_every_list_leads_to_its_files(address: str, something: Any, viewer: Client) -> None:
    page = viewer.get(f"{address}?site=retail").content.decode()
    assert 'href="?site=retail&amp;format=csv" download' in page
    assert 'href="?site=retail&amp;format=json" download' in page


@pytest.mark.parametrize("address", LISTS)
def test_an_empty_list_is_a_whole_file(address: str, viewer: Client) -> None:
    assert records(viewer, f"{address}?format=json") == []
    assert body(viewer, f"{address}?format=csv").decode("utf-8-sig").startswith("id,")


def test_it_says_exactly_what_the_page_says_shorter(retail: Site, viewer: Client) -> None:
    at = dt.datetime(2026, 3, 4, 12, 5, 6, 789000, tzinfo=dt.UTC)
    one = builders.deployment(retail, "web", "staging", number=7, label="v2", issues=["PAY-1", "PAY-2"], at=at)
    assert records(viewer, "/deployments/?format=json") == [
        {
            "id": one.pk,
            "name": "v2",
            "number": 7,
            "site": "retail",
            "pipeline_id": "web",
            "pipeline": "web",
            "environment_id": "staging",
            "environment_type": "staging",
            "environment": "staging",
            "state": "successful",
            "gate": "",
            "issues": ["PAY-1", "PAY-2"],
            "issues_unknown_to_jira": [],
            "jira": "accepted",
            "jira_at": "2026-03-04T12:05:07.789000Z",
            "submission": str(one.entry.submission_id),
            "read_back": "not_read",
            "read_back_at": None,
            "changed_at": "2026-03-04T12:05:06.789000Z",
            "reported_at": "2026-03-04T12:05:06.789000Z",
            "received_at": "2026-03-04T12:05:06.789000Z",
        }
    ]
    assert table(viewer, "/deployments/?format=csv")[0]["issues"] == "PAY-1, PAY-2"


def test_payloads_stay_where_they_are(something: Deployment, viewer: Client) -> None:
    for address in LISTS:
        assert b"updateSequenceNumber" not in body(viewer, f"{address}?format=json")


@pytest.mark.parametrize(
    "query", ["pipeline=web", "state=failed", "issue=PAY-7", "property=team%3Dpay", "q=rc", "from=2026-03-01"]
)
def test_the_filters_hold(query: str, retail: Site, viewer: Client) -> None:
    wanted = builders.deployment(
        retail,
        "web",
        label="rc",
        state="failed",
        issues=["PAY-7"],
        properties={"team": "pay"},
        at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
    )
    builders.deployment(retail, "api", label="x", at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
    assert [row["id"] for row in records(viewer, f"/deployments/?format=json&{query}")] == [wanted.pk]


@pytest.mark.parametrize("address", LISTS)
def test_nothing_of_a_site_that_one_may_not_see_is_in_it(address: str, foreign: Site, viewer: Client) -> None:
    builders.repository(foreign)
    builders.build(foreign)
    builders.deployment(foreign, entry_facts={"read_back": "missing", "read_back_at": timezone.now()})
    builders.refused(None)
    assert records(viewer, f"{address}?format=json") == []


def test_whoever_has_no_role_gets_no_file(retail: Site, signed_in: Callable[..., Client]) -> None:
    assert signed_in(None).get("/deployments/?format=csv").status_code == 403


def test_what_is_in_a_repository_can_be_had_too(retail: Site, viewer: Client) -> None:
    home = builders.repository(retail)
    commit, branch = builders.commit(retail), builders.branch(retail)
    builders.commit(retail, repository_id="another")
    assert [row["ident"] for row in records(viewer, f"/repositories/{home.pk}/?format=json")] == [commit.ident]
    of_branches = records(viewer, f"/repositories/{home.pk}/?format=json&show=branches")
    assert [row["ident"] for row in of_branches] == [branch.ident]


def test_a_repository_says_how_much_is_in_it_to_the_last(
    retail: Site, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devops_sync.models.development.Contents.MOST", 2)
    builders.repository(retail)
    for _ in range(3):
        builders.commit(retail)
    builders.deletion(builders.commit(retail))
    builders.pull_request(retail, repository_id="another")
    row = records(viewer, "/repositories/?format=json")[0]
    assert (row["commits"], row["branches"], row["pull_requests"]) == (3, 0, 0)


def test_a_csv_that_breaks_off_says_so_in_its_last_row() -> None:
    def slices() -> Iterator[list[list[str]]]:
        yield [["1"], ["2"]]
        raise OSError("the database went away")

    pieces: list[bytes] = []
    with pytest.raises(OSError, match="went away"):
        pieces.extend(spreadsheet.streamed(["number"], slices()))
    assert b"".join(pieces).decode("utf-8-sig").splitlines() == ["number", "1", "2", spreadsheet.BROKEN_OFF]


@pytest.mark.parametrize("address", LISTS)
def test_a_wrong_address_is_a_sentence_and_no_file(address: str, something: Any, viewer: Client) -> None:
    as_text = viewer.get(f"{address}?format=csv&site=nowhere")
    assert (as_text.status_code, as_text["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert as_text.content.decode() == "There is no site “nowhere” that you may see.\n"
    as_json = viewer.get(f"{address}?format=json&site=nowhere")
    assert (as_json.status_code, as_json.json()) == (400, {"problems": [as_text.content.decode().strip()]})


def test_a_format_that_there_is_not_is_said(retail: Site, viewer: Client) -> None:
    answer = viewer.get("/deployments/?format=xlsx")
    assert answer.status_code == 400
    assert answer.content.decode() == "“xlsx” is no format. There are: csv, json.\n"


def test_the_file_is_called_what_it_holds_and_when(something: Any, viewer: Client) -> None:
    for method in (viewer.get, viewer.head):
        answer = method("/deployments/?format=csv&site=retail")
        now = f"{timezone.now():%Y-%m-%d}"
        assert answer["Content-Disposition"].startswith(f'attachment; filename="waybill-deployments-retail-{now}T')
        assert answer["Content-Disposition"].endswith('Z.csv"')
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Cache-Control"] == "private, no-store"


def test_a_head_reads_nothing(something: Any, viewer: Client) -> None:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert viewer.head("/deployments/?format=csv").content == b""
    assert not any(
        'FROM "deployment"' in query["sql"] and "changed_at" in query["sql"] for query in caught.captured_queries
    )


def test_names_from_everywhere_and_line_ends_of_rfc_4180(retail: Site, viewer: Client) -> None:
    label = 'größe "Ω" 試験, 🚀\nzweite'
    builders.deployment(retail, label=label)
    raw = body(viewer, "/deployments/?format=csv")
    assert raw.startswith(b"\xef\xbb\xbfid,")
    assert raw.endswith(b"\r\n")
    assert table(viewer, "/deployments/?format=csv")[0]["name"] == label
    assert records(viewer, "/deployments/?format=json")[0]["name"] == label


def test_what_a_spreadsheet_would_compute_is_a_text_there_and_itself_for_machines(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, label='=HYPERLINK("https://x.example")')
    assert table(viewer, "/deployments/?format=csv")[0]["name"].startswith("'=HYPERLINK")
    assert records(viewer, "/deployments/?format=json")[0]["name"].startswith("=HYPERLINK")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_any_texts_come_back_from_a_csv_as_they_were_and_never_as_a_formula(texts: list[str]) -> None:
    read = next(csv.reader(io.StringIO(spreadsheet.lines([texts]).decode(), newline="")))
    assert all(cell == text or cell == f"'{text}" for cell, text in zip(read, texts, strict=True))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in read)


@pytest.fixture
def many(retail: Site) -> list[int]:
    """5,000 deployments, many of one instant; their numbers, the newest first."""
    one = builders.deployment(retail)
    moment = timezone.now() - dt.timedelta(days=1)
    facts = [field.attname for field in Deployment._meta.concrete_fields if field.attname not in ("id", "entry_id")]
    builders.many_entries(one.entry, 4999)
    names = ", ".join(f'"{name}"' for name in facts)
    values = ", ".join(
        {"number": "100000 + n", "changed_at": "%s + n / 40 * interval '1 s'"}.get(name, f'd."{name}"')
        for name in facts
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH entries AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM entry WHERE id <> %s)
            INSERT INTO deployment (entry_id, {names})
            SELECT entries.id, {values} FROM entries, deployment AS d WHERE d.id = %s""",
            [one.entry_id, moment, one.pk],
        )
    return list(Deployment.objects.newest_first().values_list("pk", flat=True))


def test_all_of_it_comes_in_the_order_of_the_list(many: list[int], viewer: Client) -> None:
    assert [row["id"] for row in records(viewer, "/deployments/?format=json&after=2026-01-01T00:00:00Z,1")] == many


def test_what_it_asks_and_holds_does_not_grow_with_the_rows(many: list[int], viewer: Client) -> None:
    """A query or two for each slice, and never more than a slice in hand."""
    answer = viewer.get("/deployments/?format=json")
    fetched: list[int] = []
    with CaptureQueriesContext(connection) as caught:
        tracemalloc.start()
        pieces = iter(answer)  # type: ignore[call-overload]
        for piece in pieces:
            fetched.append(len(piece))
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    slices = 1 + -(-(5000 - 100) // 1000)
    assert len(caught) <= 2 * slices
    assert max(fetched) < sum(fetched) / 3
    assert peak < 30_000_000, (held, peak)


def test_slices_meet_without_a_gap_wherever_they_are_cut(many: list[int]) -> None:
    for first, size in ((1, 7), (5000, 10), (100, 4900), (100, 4899)):
        found = paging.slices(Deployment.objects.newest_first(), paging.ByChange(), first=first, size=max(size, 700))
        assert [row.pk for rows in found for row in rows] == many


def test_what_changes_while_it_is_written_is_never_there_twice(many: list[int]) -> None:
    found = paging.slices(Deployment.objects.newest_first(), paging.ByChange())
    seen = [row.pk for row in next(found)]
    Deployment.objects.filter(pk=many[3000]).update(changed_at=timezone.now())
    seen += [row.pk for rows in found for row in rows]
    assert len(seen) == len(set(seen)) == 4999
