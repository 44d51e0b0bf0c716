"""The preview of a deletion: what would go, where it would be missing, what to mind; and all of it as a file."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import cleanups
from devops_sync.models import Cleanup, Deployment, Site, User
from tests import builders

pytestmark = pytest.mark.django_db
EVERYTHING = ("deployments", "builds", "devinfo")


def planned(site: Site, user: User | None = None, apis: tuple[str, ...] = EVERYTHING, **pairs: str) -> Cleanup:
    asker = cleanups.Asker(Cleanup.Origin.PAGE, user)
    return cleanups.plan_by_properties(site, apis, pairs, asker, timezone.now())


def fill(site: Site, many: int = 1) -> None:
    """So many of each kind, of one account."""
    of = {"properties": {"account": "a"}}
    builders.repository(site, "r1", **of)
    for number in range(many):
        builders.deployment(site, "web", "production", label=f"v{number}", **of)
        builders.build(site, pipelineId="web", **of)
        builders.commit(site, message="Mend it", **of)
    builders.deployment(site, "web", "dev", properties={"account": "b"})


def text(html: bytes | str) -> str:
    """What a page says, without its tags."""
    html = html.decode() if isinstance(html, bytes) else html
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def page(client: Client, cleanup: Cleanup) -> str:
    return text(client.get(f"/deletions/{cleanup.pk}/preview/").content)


def lines(client: Client, cleanup: Cleanup) -> list[dict[str, str]]:
    answer: Any = client.get(f"/deletions/{cleanup.pk}/entities.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))


def test_it_says_what_would_go_and_where_it_would_be_missing(retail: Site, admin: Client) -> None:
    fill(retail, 2)
    builders.deployment(retail, "web", "production", outcome="waiting", properties={"account": "a"})
    said = page(admin, planned(retail, account="a"))
    assert "7 entities would go from Jira , and 1 more that still waits to be sent would be withdrawn" in said
    assert "Development information 3" in said
    assert "Total 7 1" in said
    assert "Pipelines web 5 Environments production 3 Repositories" in said
    assert "account = a" in said


def test_it_warns_of_what_one_may_not_have_meant(retail: Site, admin: Client) -> None:
    builders.deployment(retail, environment="production", properties={"account": "a", "team": "x"})
    builders.deployment(retail, environment="dev", properties={"account": "a", "team": "x", "run": "7"})
    builders.deployment(retail, environment="dev", properties={"account": "a"})
    said = page(admin, planned(retail, account="a", team="x"))
    assert "1 is in production." in said
    assert "Both properties must match. 1 entity with only some of them stays." in said
    assert "It is part of 2 of the 3 different sets of properties" in said
    assert "Jira may hold more." in said
    assert "It cannot be undone in Jira, only sent again from the ledger." in said


def test_what_jira_never_took_is_said_apart(retail: Site, admin: Client) -> None:
    builders.deployment(retail, properties={"account": "a"})
    builders.deployment(retail, outcome="rejected", properties={"account": "a"})
    said = page(admin, planned(retail, account="a"))
    assert "1 entity would go from Jira . 1 more matches, and Jira never took it." in said
    assert "CSV of all 2" in said


def test_its_lines_stand_in_the_order_of_the_apis(retail: Site, admin: Client) -> None:
    said = page(admin, planned(retail, account="a"))
    words = ["Deployments", "Builds", "Development information", "Repositories", "Commits", "Branches", "Pull requests"]
    places = [said.index(f"{word} 0 0") for word in words]
    assert places == sorted(places)


def test_of_a_list_of_keys_it_says_what_was_chosen(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail, "web", "dev", number=7)
    asker = cleanups.Asker(Cleanup.Origin.PAGE)
    by_key = cleanups.plan_by_keys(
        retail, [("deployment", one.entry.key)], "deployment web / dev / 7", asker, timezone.now()
    )
    said = page(admin, by_key)
    assert "1 entity would go from Jira" in said
    assert "What deployment web / dev / 7" in said
    assert "change" not in admin.get(f"/deletions/{by_key.pk}/preview/").content.decode().split('id="crit"')[1][:200]
    assert [line["key"] for line in lines(admin, by_key)] == ["web / dev / 7"]


def test_the_same_can_be_chosen_again_and_changed(retail: Site, admin: Client) -> None:
    cleanup = planned(retail, apis=("builds",), account="a&b")
    html = admin.get(f"/deletions/{cleanup.pk}/preview/").content.decode()
    found = re.search(r'href="([^"]*)" id="change"', html)
    assert found
    again = admin.get(found[1].replace("&amp;", "&")).content.decode()
    assert 'value="a&amp;b"' in again
    assert re.findall(r'value="(\w+)" checked', again) == ["builds"]


def test_the_file_has_each_entity_in_a_line(retail: Site, admin: Client) -> None:
    fill(retail)
    found = lines(admin, planned(retail, account="a"))
    assert [line["kind"] for line in found] == ["deployment", "build", "repository", "commit"]
    assert (found[0]["name"], found[0]["where"], found[0]["environment"]) == ("v0", "web", "production")


def test_before_it_begins_the_file_has_what_matches_now(retail: Site, admin: Client) -> None:
    fill(retail)
    cleanup = planned(retail, account="a")
    builders.build(retail, properties={"account": "a"})
    assert len(lines(admin, cleanup)) == 5


def test_once_it_has_begun_the_file_has_what_was_marked(retail: Site, admin: Client) -> None:
    fill(retail, 2)
    cleanup = planned(retail, apis=("deployments",), account="a")
    now = timezone.now()
    marked = Deployment.objects.filter(label="v1").get()
    Deployment.objects.filter(pk=marked.pk).update(deleted_at=now)
    cleanup.parts.update(stamp=now, state="marking")
    Cleanup.objects.filter(pk=cleanup.pk).update(started_at=now, state="running")
    assert [line["id"] for line in lines(admin, cleanup)] == [str(marked.pk)]


def test_what_spreadsheets_would_compute_is_text(retail: Site, admin: Client) -> None:
    builders.deployment(retail, label="=1+1", properties={"account": "a"})
    assert lines(admin, planned(retail, account="a"))[0]["name"] == "'=1+1"


def test_the_same_again_is_another_with_a_preview_of_now(retail: Site, admin: Client) -> None:
    first = planned(retail, account="a")
    fill(retail)
    answer = admin.post(f"/deletions/{first.pk}/again")
    newest = Cleanup.objects.latest("pk")
    assert answer["Location"] == f"/deletions/{newest.pk}/preview/"
    assert (first.total, newest.total) == (0, 4)


@pytest.mark.parametrize("step", ["", "preview/", "confirm/", "entities.csv"])
@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("release-manager", 403), ("auditor", 200), ("admin", 200), (None, 403)]
)
def test_only_admins_and_auditors_may_read(
    step: str, role: str | None, status: int, retail: Site, signed_in: Callable[..., Client]
) -> None:
    cleanup = planned(retail, account="a")
    assert signed_in(role).get(f"/deletions/{cleanup.pk}/{step}", follow=True).status_code == status


def test_another_sites_deletion_is_not_there(retail: Site, foreign: Site, admin: Client) -> None:
    cleanup = planned(foreign, account="secret")
    for step in ("", "preview/", "confirm/", "entities.csv"):
        assert admin.get(f"/deletions/{cleanup.pk}/{step}").status_code == 404
    for act in ("again", "approve", "cancel", "confirm/"):
        assert admin.post(f"/deletions/{cleanup.pk}/{act}").status_code == 404


def test_an_auditor_reads_and_decides_nothing(retail: Site, signed_in: Callable[..., Client]) -> None:
    cleanup, auditor = planned(retail, account="a"), signed_in("auditor")
    assert "An admin has to confirm it." in page(auditor, cleanup)
    assert auditor.post(f"/deletions/{cleanup.pk}/again").status_code == 403


def test_what_it_asks_does_not_grow(retail: Site, admin: Client, django_assert_num_queries: Any) -> None:
    fill(retail)
    cleanup = planned(retail, account="a")
    page(admin, cleanup)
    with django_assert_num_queries(13):
        page(admin, cleanup)
    for number in range(4):
        builders.deployment(retail, f"p{number}", f"dev-{number}", properties={"account": "a"})
    cleanup = planned(retail, account="a")
    with django_assert_num_queries(13):
        page(admin, cleanup)
