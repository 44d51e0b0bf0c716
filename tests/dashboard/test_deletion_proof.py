"""A deletion's proof: each question to Jira with its answers, and the report, sealed by its hash."""

import datetime as dt
import hashlib
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.cleaning import report
from devops_sync.models import Cleanup, Deletion, ProofReading, Site
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def proving(site: Site, many: int = 2) -> Cleanup:
    """A deletion that Jira has answered, with so many questions whether it is gone."""
    builders.deployment(site, properties={"account": "a"})
    by = cleanups.Asker(Cleanup.Origin.PAGE, builders.user("admin"))
    cleanup = cleanups.plan_by_properties(site, ["deployments"], {"account": "a"}, by, timezone.now())
    cleanups.confirm(cleanup, cleanup.user, cleanup.total, "The account is closed.", 0, timezone.now())
    cleaning.run(cleanup.pk)
    Deletion.objects.update(outcome="accepted", outcome_at=timezone.now())
    Cleanup.objects.filter(pk=cleanup.pk).update(state="proving", asked_all_at=timezone.now())
    for position in range(many):
        reading(cleanup, position)
    cleanup.refresh_from_db()
    return cleanup


def reading(cleanup: Cleanup, position: int, result: str = "gone", **more: object) -> None:
    now = timezone.now()
    answers = [{"at": now.isoformat(), "status": 404, "found": result}]
    facts = {"due_at": now, "tries": 1, "status": 404, "answered_at": now, "answers": answers} | more
    ProofReading.objects.create(
        cleanup=cleanup, position=position, api="deployments", kind="deployment",
        key=f'["checkout","production",{position}]', result=result, url="https://x.example", **facts,
    )  # fmt: skip


def sealed(site: Site) -> Cleanup:
    cleanup = proving(site)
    report.seal(cleanup, timezone.now())
    return cleanup


def page(client: Client, cleanup: Cleanup, query: str = "", status: int = 200) -> str:
    answered = client.get(f"/deletions/{cleanup.pk}/proof/{query}")
    assert answered.status_code == status
    return " ".join(answered.content.decode().split())


def test_each_question_has_its_result_and_what_is_to_come(retail: Site, admin: Client) -> None:
    cleanup = proving(retail)
    later = timezone.now() + dt.timedelta(seconds=20)
    reading(cleanup, 7, "", due_at=later, answered_at=None, answers=[
        {"at": timezone.now().isoformat(), "status": 200, "found": "there"}] * 2)  # fmt: skip
    html = page(admin, cleanup)
    assert "checkout / production / 0" in html
    assert '2 <span class="unit">of 3 gone</span>' in html
    assert "Still there so far" in html
    assert "asked 2 times" in html
    assert "Not yet sealed" in html


def test_what_is_still_there_can_be_looked_at_alone(retail: Site, admin: Client) -> None:
    cleanup = proving(retail)
    reading(cleanup, 9, "there", failure="")
    html = page(admin, cleanup, "?result=there")
    assert "production / 9" in html
    assert "production / 0" not in html


def test_many_questions_are_paged(retail: Site, admin: Client) -> None:
    cleanup = proving(retail, 130)
    first = page(admin, cleanup)
    assert ("production / 49<" in first, "production / 50<" in first) == (True, False)
    assert "after=49" in first
    assert "production / 129<" in page(admin, cleanup, "?after=99")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("?result=melted", "“melted” is no result."), ("?after=x", "It names a place in the list that cannot be one.")],
)
def test_an_address_that_means_nothing_says_so(query: str, sentence: str, retail: Site, admin: Client) -> None:
    assert sentence in page(admin, proving(retail), query, 400)


def test_the_report_is_given_byte_for_byte(retail: Site, admin: Client) -> None:
    cleanup = sealed(retail)
    answered = admin.get(f"/deletions/{cleanup.pk}/report.json")
    assert hashlib.sha256(answered.content).digest() == bytes(cleanup.report_sha256 or b"")
    assert answered["Content-Disposition"] == f'attachment; filename="waybill-deletion-retail-{cleanup.pk}.json"'
    digest = hashlib.sha256(answered.content).hexdigest()
    assert digest in page(admin, cleanup)


def test_before_it_is_sealed_there_is_none(retail: Site, admin: Client) -> None:
    cleanup = proving(retail)
    for address in ("report.json", "report/"):
        answered = admin.get(f"/deletions/{cleanup.pk}/{address}")
        assert answered.status_code == 404
        assert b"it is sealed when Jira&#x27;s last answer is in." in answered.content.replace(b"'", b"&#x27;")


def test_on_paper_it_says_what_the_file_says_and_how_to_compute_the_hash(retail: Site, admin: Client) -> None:
    cleanup = sealed(retail)
    html = " ".join(admin.get(f"/deletions/{cleanup.pk}/report/").content.decode().split())
    assert "Everything that was deleted is gone." in html
    assert bytes(cleanup.report_sha256 or b"").hex() in html
    assert f"sha256sum waybill-deletion-retail-{cleanup.pk}.json" in html
    assert "The account is closed." in html
    assert "checkout / production / 1" in html


@pytest.mark.parametrize("address", ["proof/", "report/", "report.json"])
@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("auditor", 200), ("admin", 200)])
def test_auditors_and_admins_read_it(
    address: str, role: str, status: int, retail: Site, signed_in: Callable[..., Client]
) -> None:
    cleanup = sealed(retail)
    assert signed_in(role).get(f"/deletions/{cleanup.pk}/{address}").status_code == status


@pytest.mark.parametrize("address", ["proof/", "report/", "report.json"])
def test_one_of_another_site_is_not_there(address: str, foreign: Site, admin: Client) -> None:
    assert admin.get(f"/deletions/{sealed(foreign).pk}/{address}").status_code == 404


@pytest.mark.parametrize("many", [1, 90])
def test_the_queries_do_not_grow_with_it(
    many: int, retail: Site, admin: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    cleanup = proving(retail, many)
    page(admin, cleanup)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        page(admin, cleanup)
