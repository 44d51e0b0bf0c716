"""The audit log's pages: who reads what of it, by which filters, page by page and as a file."""

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from dashboard.audit_filters import AuditFilters
from devops_sync import audit
from devops_sync.audit import sealing
from devops_sync.models import AuditRow, Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db
ROW = re.compile(r'href="/audit/(\d+)/" id="go-')


@pytest.fixture
def auditor(signed_in: Callable[..., Client]) -> Client:
    return signed_in("auditor")


@pytest.fixture
def everywhere(signed_in: Callable[..., Client]) -> Client:
    return signed_in("auditor", everywhere=True)


def noted(act: str = "site.changed", on: Any = ("setting", 7, "the look"), **more: Any) -> int:
    audit.note(act, on=on, **more)
    return AuditRow.objects.latest("pk").pk


def by(name: str, kind: str = "user", address: str = "192.0.2.1") -> Any:
    return audit.acting.by(audit.acting.Actor(kind, name, remote_address=address))


def shown(client: Client, query: str = "") -> list[int]:
    answer = client.get(f"/audit/?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return [int(number) for number in ROW.findall(answer.content.decode())]


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("release-manager", 403), ("auditor", 200)])
def test_it_is_for_auditors_and_admins(role: str, status: int, signed_in: Callable[..., Client]) -> None:
    client = signed_in(role)
    assert client.get("/audit/").status_code == status
    assert ("Audit</a>" in client.get("/").content.decode()) is (status == 200)


def test_an_auditor_of_a_site_reads_of_that_site_alone(
    retail: Site, foreign: Site, auditor: Client, everywhere: Client
) -> None:
    own, theirs, of_none = noted(on=retail), noted(on=foreign), noted()
    assert shown(auditor) == [own]
    assert {own, theirs, of_none} <= {*shown(everywhere)}
    assert [auditor.get(f"/audit/{pk}/").status_code for pk in (own, theirs, of_none)] == [200, 404, 404]
    assert shown(everywhere, "site=foreign") == [theirs]


def test_a_row_says_who_did_what_on_what_from_where_and_what_changed(retail: Site, auditor: Client) -> None:
    with by("ada", address="192.0.2.44"):
        noted(on=retail, before={"sample_one_in": 20}, after={"sample_one_in": 5})
    said = text(auditor.get("/audit/"))
    assert "ada changed the site retail" in said
    assert "ada person" in said
    assert "192.0.2.44" in said
    assert "sample_one_in before: 20 → after: 5" in said
    assert "Waiting" in said


def test_a_row_has_its_place_once_it_is_sealed(retail: Site, auditor: Client) -> None:
    pk = noted(on=retail)
    assert "waits for its place" in text(auditor.get(f"/audit/{pk}/"))
    sealing.seal(and_sign=True)
    page = text(auditor.get(f"/audit/{pk}/"))
    assert re.search(r"MAC [0-9a-f]{64}", page)
    assert "and was signed with all before it" in page


def test_a_row_that_nobody_noted_is_said_to_be_in_no_chain(retail: Site, auditor: Client) -> None:
    row = AuditRow.objects.create(at=timezone.now(), act="site.changed", actor_kind="user", site_id=retail.pk)
    assert "Not chained" in text(auditor.get("/audit/"))
    assert "no place in the chain and waits for none" in text(auditor.get(f"/audit/{row.pk}/"))


def test_each_filter_finds_its_own_and_they_can_be_combined(retail: Site, auditor: Client) -> None:
    with by("ada", address="192.0.2.44"):
        first = noted("site.tested", on=retail)
    with by("ci", "token", "2001:db8::7"):
        second = noted("submission.received", on=("submission", uuid.UUID(int=7), "x"), site=retail)
    third = noted(
        "deletion.confirmed", on=("cleanup", 3, "deletion 3"), site=retail, after={"reason": "Kontoschließung"}
    )
    assert shown(auditor, "act=site.tested&act=deletion.confirmed") == [third, first]
    assert shown(auditor, "actor=ada") == [first]
    assert shown(auditor, "actor_kind=token") == [second]
    assert shown(auditor, "actor_kind=system&actor_kind=user") == [third, first]
    assert shown(auditor, "address=192.0.2.44") == [first]
    assert shown(auditor, "subject=cleanup:3") == [third]
    assert shown(auditor, "q=kontoschließung") == [third]
    assert shown(auditor, f"q={uuid.UUID(int=7)}") == [second]
    assert shown(auditor, "actor=ada&act=deletion.confirmed") == []
    tomorrow = (timezone.now() + dt.timedelta(days=1)).date()
    assert shown(auditor, f"from={tomorrow}") == []
    assert shown(auditor, f"to={tomorrow}&q=deletion") == [third]


@pytest.mark.parametrize(
    "query", ["act=melted", "actor_kind=robot", "subject=x", "subject=robot:1", "address=here", "from=never", "after=x"]
)
def test_what_cannot_be_asked_is_said_in_a_sentence(query: str, auditor: Client) -> None:
    answer = auditor.get(f"/audit/?{query}")
    assert answer.status_code == 400
    assert "The address asks for something that cannot be found this way." in text(answer)


def test_pages_lead_both_ways_also_where_instants_are_the_same(retail: Site, auditor: Client) -> None:
    at = timezone.now()
    rows = AuditRow.objects.bulk_create(
        AuditRow(at=at - dt.timedelta(seconds=number // 7), act="site.changed", actor_kind="user", site_id=retail.pk)
        for number in range(120)
    )
    order = [row.pk for row in sorted(rows, key=lambda row: (row.at, row.pk), reverse=True)]
    seen, query, first = [], "", ""
    for _ in range(3):
        page = auditor.get(f"/audit/?{query}").content.decode()
        seen += [int(pk) for pk in ROW.findall(page)]
        older = re.search(r'href="\?after=([^"]+)" rel="next"', page)
        first, query = query, f"after={older[1]}" if older else ""
    assert seen == order
    page = auditor.get(f"/audit/?{first}").content.decode()
    newer = re.search(r'href="\?before=([^"]+)" rel="prev"', page)
    assert newer
    assert shown(auditor, f"before={newer[1]}") == order[50:100]
    assert shown(auditor, "sort=oldest") == order[::-1][:50]


def test_what_happened_to_an_entity_is_what_happened_to_its_versions_too(retail: Site, auditor: Client) -> None:
    one = builders.deployment(retail)
    other = builders.deployment(retail, environment="dev")
    wanted = {
        noted("readback.asked", on=one.entry),
        noted("submission.received", on=("submission", one.entry.submission_id, "x"), site=retail),
        noted("raw.read", on=one),
    }
    noted("readback.asked", on=other.entry)
    page = auditor.get(f"/deployments/{one.pk}/").content.decode()
    found = re.search(r'href="/audit/\?subject=([^"]+)" id="go-happened"', page)
    assert found
    assert wanted <= {*shown(auditor, f"subject={found[1]}")}
    assert AuditRow.objects.get(subject_kind="entry", subject_id=str(other.entry_id)).pk not in shown(
        auditor, f"subject={found[1]}"
    )


def test_who_may_not_read_the_log_is_not_led_there(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail)
    assert "/audit/" not in viewer.get(f"/deployments/{one.pk}/").content.decode()


def test_rows_lead_to_the_pages_of_their_things(retail: Site, signed_in: Callable[..., Client]) -> None:
    one = builders.deployment(retail)
    noted("readback.asked", on=one.entry)
    noted("session.opened", on=builders.user("viewer"))
    page = signed_in("admin", everywhere=True).get("/audit/").content.decode()
    assert f'href="/deployments/{one.pk}/"' in page
    assert re.search(r'href="/users/\d+/"', page)


def test_it_leaves_as_a_file_that_no_spreadsheet_computes(retail: Site, auditor: Client) -> None:
    noted(on=("setting", 7, "=1+1"), site=retail)
    lines = b"".join(auditor.get("/audit/?format=csv")).decode()  # type: ignore[call-overload]
    assert "'=1+1" in lines
    answer: Any = auditor.get("/audit/?format=json&q=1%2B1")
    row = json.loads(b"".join(answer))[0]
    assert (row["act"], row["subject"], row["site"]) == ("site.changed", "=1+1", "retail")
    assert AuditRow.objects.filter(act="audit.exported", site="retail").count() == 2


def test_columns_can_be_hidden(retail: Site, auditor: Client) -> None:
    noted(on=retail)
    auditor.post("/columns/", {"list": "audit", "column": ["when", "subject"]})
    page = auditor.get("/audit/").content.decode()
    assert "In the chain</th>" not in page
    assert "On what</th>" in page


def _plan(query: str, sites: list[Site]) -> str:
    filters = AuditFilters(QueryDict(query), sites)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return str(filters.apply(is_everywhere=True).newest_first()[:51].explain())


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "audit_row_by_time"),
        ("site=retail", "audit_row_of_site"),
        ("actor=ada", "audit_row_of_actor"),
        ("address=192.0.2.44", "audit_row_from_address"),
        ("act=site.changed", "audit_row_of_act"),
        ("actor_kind=stranger", "audit_row_of_actor_kind"),
        ("subject=site:1", "audit_row_of_subject"),
        ("q=checkout", "audit_row_saying"),
    ],
)
def test_each_filter_has_an_index(query: str, index: str, retail: Site) -> None:
    at = timezone.now()
    AuditRow.objects.bulk_create(
        AuditRow(
            at=at - dt.timedelta(seconds=number),
            act="submission.received" if number % 50 else "site.changed",
            actor_kind="token" if number % 50 else "stranger",
            actor=f"ci-{number % 100}",
            remote_address=f"10.0.0.{number % 200}",
            site_id=retail.pk + number % 40,
            subject_kind="submission",
            subject_id=str(number),
        )
        for number in range(3000)
    )
    if query.startswith("q="):
        # Where people did little, reading all of that is as quick as looking it up.
        AuditRow.objects.bulk_create(
            AuditRow(at=at, act="errand.started", actor_kind="user", actor="ada", subject=f"errand {number}")
            for number in range(6000)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_row")
    assert index in _plan(query, [retail])


def test_a_deployment_that_is_gone_from_the_ledger_finds_what_names_it(retail: Site, auditor: Client) -> None:
    pk = noted("raw.read", on=("deployment", 99, "checkout"), site=retail)
    assert not Deployment.objects.filter(pk=99).exists()
    assert shown(auditor, "subject=deployment:99") == [pk]
