"""Sending again and reading back by the many, from the pages: chosen, planned, steered and followed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import errands, ledger
from devops_sync.deletions import Asked
from devops_sync.kinds import KINDS
from devops_sync.models import Deployment, Entry, Errand, Site, Submission
from devops_sync.models.submission import time_ordered_id
from tests import builders
from tests.errands.conftest import Send, deliver, work
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site
from tests.payloads import deployment

pytestmark = pytest.mark.django_db
PLAN = "/errands/plan/"


def post(client: Client, **what: Any) -> Any:
    return client.post(PLAN, {"do": "resend", **what})


def only_errand() -> Errand:
    return Errand.objects.get()


def about(errand: Errand) -> set[int]:
    return set(errand.items.values_list("entry", flat=True))


def planned(site: Site, **more: Any) -> Errand:
    rows = {"deployment": Deployment.objects.all()}
    return errands.plan_resend(site, rows, None, "all deployments", timezone.now(), **more)


def test_ticked_rows_are_planned_and_nothing_is_sent(retail: Site, admin: Client) -> None:
    one, two, _ = (builders.deployment(retail) for _ in range(3))
    answer = post(admin, kind="deployment", id=[one.pk, two.pk])
    errand = only_errand()
    assert answer["Location"] == f"/errands/{errand.pk}/"
    assert about(errand) == {one.entry_id, two.entry_id}
    assert (errand.state, errand.what) == ("planned", "2 deployments out of a list")
    html = admin.get(answer["Location"]).content.decode()
    assert "2 deployments would be sent to Jira again" in html
    assert "Nothing has been sent so far" in html


def test_all_that_match_are_planned_also_those_of_other_pages(retail: Site, admin: Client) -> None:
    for number in range(55):
        builders.deployment(retail, state="failed" if number % 2 else "successful")
    query = "state=failed&after=x&_rows=1"
    assert 'name="query" value="state=failed"' in admin.get("/deployments/?state=failed").content.decode()
    post(admin, kind="deployment", all=1, query=query)
    assert only_errand().total == 27
    assert only_errand().what == "deployments that match state Failed"


@pytest.mark.parametrize(
    ("kind", "query"),
    [("deployment", "q=100%25&issue=SHOP-1"), ("build", "q=checkout"), ("repository", "q=r1"), ("deployment", "")],
)
def test_every_list_is_planned_by_its_own_filters(kind: str, query: str, retail: Site, admin: Client) -> None:
    builders.deployment(retail, label="100%")
    builders.build(retail)
    builders.repository(retail)
    words = {"deployment": "deployments", "build": "builds", "repository": "repositories"}
    listed = admin.get(f"/{words[kind]}/?{query}")
    assert b'<strong aria-live="polite">With the selected</strong>' in listed.content
    assert post(admin, kind=kind, all=1, query=query).status_code == 302
    assert only_errand().plan["kinds"] == {kind: 1}


def test_of_repositories_their_contents_go_along_where_that_is_ticked(retail: Site, admin: Client) -> None:
    home, _ = builders.repository(retail), builders.repository(retail, "r2")
    builders.commit(retail), builders.branch(retail), builders.pull_request(retail)
    post(admin, kind="repository", id=home.pk, with_contents=1)
    assert only_errand().plan["kinds"] == {"repository": 1, "commit": 1, "branch": 1, "pull_request": 1}


def test_a_submission_is_planned_as_far_as_it_is_current(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    assert b"Plan a resend" in admin.get(f"/submissions/{one.entry.submission_id}/").content
    post(admin, submission=one.entry.submission_id)
    assert about(only_errand()) == {one.entry_id}


def test_all_of_a_site_is_planned_from_its_page(retail: Site, foreign: Site, admin: Client) -> None:
    for one in (retail, foreign):
        builders.deployment(one), builders.build(one)
    assert b"Rebuild Jira from the ledger" in admin.get("/sites/retail/").content
    post(admin, site="retail", all=1)
    assert (only_errand().site, only_errand().total) == (retail, 2)


def test_each_site_gets_its_own_and_a_page_lists_them(retail: Site, foreign: Site, client: Client) -> None:
    client.force_login(builders.user("release-manager"))
    for one in (retail, foreign):
        builders.deployment(one)
    answer = post(client, kind="deployment", all=1)
    numbers = [errand.pk for errand in Errand.objects.order_by("pk")]
    assert len(numbers) == 2
    html = client.get(answer["Location"]).content.decode()
    assert all(f'href="/errands/{number}/"' in html for number in numbers)


def test_what_an_admin_deleted_is_brought_back_by_admins_only(retail: Site, client: Client) -> None:
    client.force_login(builders.user("release-manager"))
    gone = builders.build(retail)
    type(gone).objects.update(deleted_at=timezone.now())
    answer = post(client, kind="build", id=gone.pk, with_deleted=1)
    assert answer.status_code == 403
    assert not Errand.objects.exists()
    assert b"with_deleted" not in client.get(f"/builds/{gone.pk}/").content


@pytest.mark.parametrize("with_deleted", [False, True])
def test_what_was_deleted_is_sent_only_where_that_is_ticked(with_deleted: bool, retail: Site, admin: Client) -> None:
    gone = builders.build(retail)
    builders.deletion(gone)
    KINDS["build"].model._default_manager.update(deleted_at=timezone.now())
    assert b"Bring it back" in admin.get(f"/builds/{gone.pk}/").content
    answer = post(admin, kind="build", id=gone.pk, **({"with_deleted": 1} if with_deleted else {}))
    assert answer.status_code == (302 if with_deleted else 409)
    if with_deleted:
        assert b"It brings deleted data back." in admin.get(answer["Location"]).content


def test_reading_back_is_planned_too(retail: Site, admin: Client) -> None:
    builders.deployment(retail), builders.deployment(retail, outcome="rejected")
    answer = admin.post(PLAN, {"do": "verify", "kind": "deployment", "all": 1})
    assert (only_errand().purpose, only_errand().total) == ("verify", 1)
    assert b"1 deployment would be read back from Jira" in admin.get(answer["Location"]).content


def test_what_is_adrift_is_planned_from_its_list(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    Entry.objects.filter(pk=one.entry_id).update(read_back="missing", read_back_at=timezone.now())
    assert b'formaction="/errands/plan/"' in admin.get("/deliveries/drift/").content
    post(admin, entry=one.entry_id)
    assert about(only_errand()) == {one.entry_id}


@pytest.mark.parametrize(
    ("what", "status", "sentence"),
    [
        ({}, 400, "Nothing was chosen."),
        ({"do": "melt"}, 400, "Say what is to be done"),
        ({"kind": "deployment"}, 400, "No row was ticked."),
        ({"kind": "deployment", "id": ["x", "-1", "9" * 30]}, 400, "No row was ticked."),
        ({"kind": "deployment", "id": "12345"}, 409, "Nothing of that is there any more."),
        ({"kind": "castle", "all": "1"}, 400, "It names a kind that there is not."),
        ({"kind": "commit", "all": "1"}, 400, "There is no list of all commits."),
        ({"kind": "deployment", "all": "1"}, 409, "Nothing matches that could be sent again."),
        ({"kind": "deployment", "all": "1", "query": "state=melted"}, 400, "“melted” is no state."),
        ({"submission": "x"}, 400, "It names no submission."),
        ({"submission": str(time_ordered_id())}, 409, "Nothing of that is there any more."),
        ({"entry": "7"}, 409, "Nothing of that is there any more."),
        ({"site": "nowhere", "all": "1"}, 400, "There is no such site"),
        ({"site": "retail"}, 400, "Nothing was chosen."),
        ({"site": "foreign", "all": "1"}, 400, "There is no such site"),
    ],
)
def test_what_chooses_nothing_is_told_in_a_sentence(
    what: dict[str, Any], status: int, sentence: str, foreign: Site, admin: Client
) -> None:
    answer = post(admin, **what)
    assert (answer.status_code, sentence in answer.content.decode()) == (status, True)
    assert not Errand.objects.exists()


def test_the_address_of_a_plan_is_no_page(admin: Client) -> None:
    answer = admin.get(PLAN)
    assert answer.status_code == 400
    assert b"Nothing was chosen." in answer.content


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("auditor", False), ("release-manager", True)])
def test_only_those_who_may_are_asked_and_let_in(
    role: str, may: bool, retail: Site, signed_in: Callable[..., Client]
) -> None:
    one = builders.deployment(retail)
    client = signed_in(role)
    for address in ("/deployments/", f"/deployments/{one.pk}/", "/sites/retail/"):
        assert (PLAN.encode() in client.get(address).content) is may
    assert post(client, kind="deployment", id=one.pk).status_code == (302 if may else 403)
    errand = Errand.objects.first() or planned(retail)
    assert (b"/start" in client.get(f"/errands/{errand.pk}/").content) is may
    assert client.post(f"/errands/{errand.pk}/start").status_code == (302 if may else 403)


def test_rows_of_a_site_where_one_may_only_look_have_no_tick(retail: Site, foreign: Site) -> None:
    mine, other = builders.deployment(retail), builders.deployment(foreign)
    client = Client()
    user = builders.user("release-manager", of=retail)
    user.grants.create(role="viewer", site=foreign)
    client.force_login(user)
    html = client.get("/deployments/").content.decode()
    assert (f'id="tick-{mine.pk}"' in html, f'id="tick-{other.pk}"' in html) == (True, False)
    assert post(client, kind="deployment", id=other.pk).status_code == 403
    answer = client.post(PLAN, {"do": "resend", "kind": "deployment", "all": 1}, follow=True)
    assert "Left out, since you may not do that there: foreign." in answer.content.decode()
    assert about(only_errand()) == {mine.entry_id}


def test_another_sites_errand_is_not_there(foreign: Site, admin: Client) -> None:
    builders.deployment(foreign)
    errand = planned(foreign)
    assert admin.get(f"/errands/{errand.pk}/").status_code == 404
    assert admin.post(f"/errands/{errand.pk}/start").status_code == 404
    assert f"/errands/{errand.pk}/".encode() not in admin.get("/errands/").content


def test_it_is_started_paused_gone_on_with_and_cancelled(retail: Site, admin: Client) -> None:
    builders.deployment(retail)
    errand = planned(retail)
    page = f"/errands/{errand.pk}/"
    for step, state in (("start", "running"), ("pause", "paused"), ("go-on", "running"), ("cancel", "cancelled")):
        assert admin.post(f"{page}{step}")["Location"] == page
        assert only_errand().state == state
        assert admin.get(page).status_code == 200
    answer = admin.post(f"{page}pause")
    assert answer.status_code == 409
    assert b"The resend is cancelled, so it cannot be paused." in answer.content


def test_a_plan_that_nobody_wants_is_discarded(retail: Site, admin: Client) -> None:
    builders.deployment(retail)
    errand = planned(retail)
    answer = admin.post(f"/errands/{errand.pk}/cancel", follow=True)
    assert b"It was discarded" in answer.content


def test_the_page_of_one_that_runs_counts_and_follows(retail: Site, admin: Client) -> None:
    for _ in range(4):
        builders.deployment(retail)
    errand = planned(retail)
    errands.start(errand, None, timezone.now())
    assert "It has just begun" in admin.get(f"/errands/{errand.pk}/").content.decode()
    copies(errand, retail, "accepted", "rejected", "waiting")
    html = admin.get(f"/errands/{errand.pk}/").content.decode()
    assert '<progress value="2" max="4"' in html
    assert "2 of 4 have come to their end." in html
    assert 'href="/deliveries/rejected/?site=retail" id="go-rejected">1<' in html
    assert "A few seconds to go, at 2 a second." in html
    assert 'hx-trigger="every 2000ms, ' in html


def test_without_movement_nobody_guesses_how_long_it_takes(retail: Site, admin: Client) -> None:
    start = timezone.now() - dt.timedelta(minutes=2)
    errand = builders.errand(builders.deployment(retail), state="running", started_at=start)
    assert b"nobody can say how long the rest takes" in admin.get(f"/errands/{errand.pk}/").content


def copies(errand: Errand, site: Site, *outcomes: str) -> None:
    """What a worker made of it so far."""
    for outcome in outcomes:
        entry = builders.entry(site, outcome=outcome, at=timezone.now())
        Submission.objects.filter(pk=entry.submission_id).update(errand=errand, purpose="resend")


def test_what_was_brought_back_says_so_and_keeps_its_deletion(site: Site, send: Send, client: Client) -> None:
    client.force_login(builders.user("admin", name="ada"))
    send("deployments", deployment(1, sequence=7), properties={"account": "a"}, go=False)
    ledger.delete(site, Asked("deployments", timezone.now(), properties={"account": "a"}))
    deliver(site)
    one = Deployment.objects.get()
    address = post(client, kind="deployment", id=one.pk, with_deleted=1)["Location"]
    client.post(f"{address}start")
    work(only_errand())
    html = " ".join(client.get(f"/deployments/{one.pk}/").content.decode().split())
    assert "It was withdrawn" in html
    assert f'href="{address}" id="go-again">sent again</a> by ada, and <strong>Jira accepted that</strong>' in html
    assert "Deleted by nobody known at" in html
    assert "and brought back by ada at" in html
    assert Deployment.objects.alive().exists()


def test_a_full_page_with_ticks_stays_small(retail: Site, admin: Client) -> None:
    for _ in range(60):
        builders.deployment(retail)
    assert len(admin.get("/deployments/").content) < 100_000


def test_a_verification_that_found_something_missing_leads_on(retail: Site, admin: Client) -> None:
    now = timezone.now()
    rows = [builders.deployment(retail, entry_facts={"read_back": "missing", "read_back_at": now}) for _ in range(2)]
    found = builders.deployment(retail)
    errand = builders.errand(*rows, found, purpose="verify", state="done", started_at=now, finished_at=now)
    for row, result in ((rows[0], "missing"), (rows[1], "missing"), (found, "confirmed")):
        builders.confirmation(row.entry, result, errand=errand)
    html = admin.get(f"/errands/{errand.pk}/").content.decode()
    assert "<strong>2 are missing</strong>" in html
    assert "Done, not all is there" in html
    assert 'class="done"' not in html
    assert f'name="missing_of" value="{errand.pk}"' in html
    post(admin, missing_of=errand.pk)
    resend = Errand.objects.get(purpose="resend")
    assert about(resend) == {row.entry_id for row in rows}
    assert resend.what == f"what verification {errand.pk} found missing"


def test_a_verification_that_found_everything_is_simply_done(retail: Site, admin: Client) -> None:
    now = timezone.now()
    row = builders.deployment(retail)
    errand = builders.errand(row, purpose="verify", state="done", started_at=now, finished_at=now)
    builders.confirmation(row.entry, "confirmed", errand=errand)
    html = admin.get(f"/errands/{errand.pk}/").content.decode()
    assert 'class="done"' in html
    assert "missing_of" not in html


@pytest.mark.parametrize("number", ["", "x", "999999999"])
def test_a_verification_that_is_not_there_is_no_choice(number: str, retail: Site, admin: Client) -> None:
    assert post(admin, missing_of=number).status_code == 409
