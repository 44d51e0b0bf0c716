"""Rejections by cause: what the pages count and show, and how a group is mended."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.rejections import one_slip_apart
from devops_sync import rejections
from devops_sync.models import Cause, Deployment, Entry, Site, Submission
from tests import builders

pytestmark = pytest.mark.django_db
NO_ISSUE = "No valid associations found for deployment"


def cause(text: str = NO_ISSUE) -> Cause:
    return Cause.objects.get_or_create(text=text)[0]


def rejected(site: Site, text: str = NO_ISSUE, *, of: Cause | None = None, **more: Any) -> Deployment:
    """A deployment that stands rejected for a cause."""
    facts = {"cause": of or cause(text), "errors": [{"message": text}]}
    return builders.deployment(site, **{"outcome": "rejected", "issues": ["SHPO-1"], **more}, entry_facts=facts)


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_rejections_are_grouped_by_cause(retail: Site, viewer: Client) -> None:
    for _ in range(3):
        rejected(retail)
    url = cause("'url' must be a valid URI: {value}")
    rejected(retail, of=url)
    page = text(viewer, "/deliveries/rejected/")
    assert "<strong>4</strong> entities since yesterday, from 2 causes." in page
    assert page.index('<span class="figure">3</span>') < page.index('<span class="figure">1</span>')
    assert '&#x27;url&#x27; must be a valid URI: <span class="gap">value</span>' in page
    assert "by ci-gitlab" in page


def test_what_was_mended_does_not_count(retail: Site, viewer: Client) -> None:
    one = rejected(retail)
    builders.entry(retail, outcome="rejected", cause=cause())
    page = text(viewer, "/deliveries/rejected/")
    assert "<strong>1</strong> entity since yesterday, from 1 cause." in page
    assert "1 was mended since" in page
    one.deleted_at = timezone.now()
    one.save()
    assert "Nothing stands rejected since yesterday." in text(viewer, "/deliveries/rejected/")


def test_nothing_rejected_is_one_quiet_line(retail: Site, viewer: Client) -> None:
    assert "Jira took everything that was sent since yesterday." in text(viewer, "/deliveries/rejected/")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("?since=7d", 2),
        ("?since=all", 3),
        ("?kind=build", 0),
        ("?sender=ci-gitlab", 1),
        ("?sender=nobody", 0),
        ("?site=retail", 1),
    ],
)
def test_filters_live_in_the_address(query: str, count: int, retail: Site, viewer: Client) -> None:
    now = timezone.now()
    for days in (0, 5, 50):
        rejected(retail, at=now - dt.timedelta(days=days, seconds=5))
    page = text(viewer, f"/deliveries/rejected/{query}")
    assert (f'<span class="figure">{count}</span>' in page) is bool(count)


@pytest.mark.parametrize("query", ["since=doomsday", "kind=feature", "site=nowhere"])
def test_an_address_that_cannot_be_says_so(query: str, retail: Site, viewer: Client) -> None:
    one = rejected(retail)
    for page in ("/deliveries/rejected/", f"/deliveries/rejected/{one.entry.cause_id}/"):
        assert "The address asks for something that cannot be found this way." in text(viewer, f"{page}?{query}", 400)


def test_a_group_says_which_prefix_is_unknown_and_which_is_nearest(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, issues=["SHOP-1"])
    one = rejected(retail)
    page = text(viewer, f"/deliveries/rejected/{one.entry.cause_id}/")
    assert 'every key has the prefix <span class="ref">SHPO</span>' in page
    assert '<span class="ref">SHOP</span> is the nearest' in page


def test_the_first_time_is_the_first_ever(retail: Site, viewer: Client) -> None:
    rejected(retail, at=timezone.now() - dt.timedelta(days=40))
    rejected(retail)
    assert "New today" not in text(viewer, "/deliveries/rejected/")


def test_a_group_lists_all_of_it_by_pages(retail: Site, viewer: Client) -> None:
    for number in range(1, 53):
        rejected(retail, number=number, label=f"n{number}-")
    page = text(viewer, f"/deliveries/rejected/{cause().pk}/")
    assert "n52-" in page
    assert "n1-" not in page
    oldest = Entry.objects.order_by("-pk")[49].pk
    assert "n1-" in text(viewer, f"/deliveries/rejected/{cause().pk}/?after={oldest}")


def test_a_group_of_a_foreign_site_is_not_there(retail: Site, foreign: Site, viewer: Client) -> None:
    one = rejected(foreign, of=cause("A secret of others"))
    assert b"A secret of others" not in viewer.get("/deliveries/rejected/").content
    for page in ("", "correct?do=resend"):
        assert viewer.get(f"/deliveries/rejected/{one.entry.cause_id}/{page}").status_code == 404


def test_our_own_refusals_are_grouped_too(retail: Site, viewer: Client) -> None:
    for byte in (8, 812):
        builders.refused(retail, f"Not JSON: unexpected end at byte {byte}")
    inside = builders.submission(retail, entry_count=1, refused_count=1)
    Entry.objects.create(
        submission=inside,
        position=0,
        site=retail,
        envelope=builders.envelope(retail),
        kind="deployment",
        payload="{}",
        outcome="refused",
        errors=[{"message": "'url' is required"}],
    )
    page = text(viewer, "/deliveries/rejected/")
    why = 'unexpected end at byte <span class="gap">number</span></span></th>'
    assert f'{why}<td class="nowrap">ci-gitlab</td><td class="num">2<' in page
    assert "3 since yesterday" in page
    assert "&#x27;url&#x27; is required" in page


def test_keys_that_jira_does_not_know_have_their_nearest(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, issues=["SHOP-4411", "SHOP-44111"], entry_facts={"unknown_issues": ["SHOP-44111"]})
    page = text(viewer, "/deliveries/rejected/")
    assert '>SHOP-44111</th><td class="grow"><a class="key" href="/issues/SHOP-4411/"' in page


@pytest.mark.parametrize(
    ("sent", "nearest"), [("SHOP-486931", "SHOP-48693"), ("SHPO-7", "SHOP-7"), ("SHOP-486", ""), ("WEB-48693", "")]
)
def test_only_one_slip_makes_a_key_the_nearest(sent: str, nearest: str, retail: Site, viewer: Client) -> None:
    builders.deployment(retail, issues=["SHOP-48693", sent], entry_facts={"unknown_issues": [sent]})
    page = text(viewer, "/deliveries/rejected/").partition("Unknown keys, table")[2]
    assert f">{sent}</th>" in page
    assert (f">{nearest}</a>" in page) if nearest else ("no such issue" in page or "no project is known" in page)


@pytest.mark.parametrize(
    ("text", "other", "is_near"),
    [
        ("SHOP", "SHPO", True),
        ("SHOP", "SHOPS", True),
        ("SHOP", "SOP", True),
        ("SHOP", "SHIP", True),
        ("SHOP", "SHOP", False),
        ("SHOP", "HSPO", False),
        ("SHOP", "SHOP12", False),
        ("AB", "BA", True),
        ("A", "", True),
    ],
)
def test_one_slip_of_the_fingers(text: str, other: str, is_near: bool) -> None:
    assert (one_slip_apart(text, other), one_slip_apart(other, text)) == (is_near, is_near)


def test_the_groups_can_be_had_as_csv(retail: Site, viewer: Client) -> None:
    rejected(retail, of=cause("=HYPERLINK({value})"))
    answer = viewer.get("/deliveries/rejected/?format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:2] == ["Cause", "Standing"]
    assert rows[1][:2] == ["'=HYPERLINK({value})", "1"]


def test_the_rail_and_the_overview_count_what_the_page_shows(retail: Site, viewer: Client) -> None:
    rejected(retail)
    rejected(retail, at=timezone.now() - dt.timedelta(days=5))
    builders.entry(retail, outcome="rejected", cause=cause())
    assert "<strong>1</strong> entity since yesterday" in text(viewer, "/deliveries/rejected/")
    overview = text(viewer, "/")
    assert 'id="count-rejected" title="Rejected by Jira since yesterday, still standing">1<' in overview
    assert '<dd class="figure"><a href="/deliveries/rejected/">1</a></dd>' in overview


def sent_again(one: Deployment, outcome: str, *, text: str = NO_ISSUE) -> Entry:
    """What an errand sent again of a deployment, with Jira's answer."""
    facts = {"cause": cause(text), "errors": [{"message": text}]} if outcome == "rejected" else {}
    copy = builders.entry(one.site, json.loads(one.entry.payload), outcome=outcome, origin=one.entry, **facts)
    builders.of_errand(copy, builders.errand(one))
    return copy


def test_what_jira_rejects_again_is_one_rejection_that_stands(retail: Site, viewer: Client) -> None:
    one = rejected(retail, at=timezone.now() - dt.timedelta(days=5))
    again = sent_again(one, "rejected")
    page = text(viewer, "/deliveries/rejected/?since=7d")
    assert "<strong>1</strong> entity in 7 days, from 1 cause." in page
    assert "1 was mended since" not in page
    assert f'href="/deployments/{one.pk}/"' in page
    (group,) = rejections.groups(rejections.Scope([retail.pk]), timezone.now())
    assert (group.standing, group.mended, group.last_at) == (1, 0, again.outcome_at)


def test_what_a_person_sent_again_in_vain_is_one_rejection_too(retail: Site, viewer: Client) -> None:
    first = builders.entry(retail, outcome="rejected", cause=cause())
    again = rejected(retail).entry
    again.origin = first
    again.save()
    page = text(viewer, "/deliveries/rejected/")
    assert "<strong>1</strong> entity since yesterday" in page
    assert "1 was mended since" not in page


def test_what_jira_took_when_it_was_sent_again_is_mended(retail: Site, viewer: Client) -> None:
    sent_again(rejected(retail), "rejected")
    sent_again(rejected(retail), "accepted")
    page = text(viewer, "/deliveries/rejected/")
    assert "<strong>1</strong> entity since yesterday" in page
    assert "1 was mended since" in page


def test_what_jira_took_first_and_rejects_when_it_is_sent_again_stands(retail: Site, viewer: Client) -> None:
    sent_again(builders.deployment(retail), "rejected")
    assert "<strong>1</strong> entity since yesterday" in text(viewer, "/deliveries/rejected/")
    assert 'id="count-rejected" title="Rejected by Jira since yesterday, still standing">1<' in text(viewer, "/")


def test_what_jira_rejected_again_can_be_corrected(retail: Site, admin: Client) -> None:
    one = rejected(retail)
    again = sent_again(one, "rejected")
    page = f"/deliveries/rejected/{again.cause_id}/correct"
    assert f'name="last" value="{again.pk}"' in text(admin, f"{page}?find=SHPO-&with=SHOP-")
    admin.post(page, {**CORRECT, "last": again.pk})
    one.refresh_from_db()
    assert one.issue_keys == ["SHOP-1"]


CORRECT = {"find": "SHPO-", "with": "SHOP-"}


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("auditor", 403), ("release-manager", 200), ("admin", 200)]
)
def test_only_those_who_may_can_correct(role: str, status: int, retail: Site, signed_in: Callable[..., Client]) -> None:
    one = rejected(retail)
    client, page = signed_in(role), f"/deliveries/rejected/{one.entry.cause_id}/"
    assert client.get(f"{page}correct", CORRECT).status_code == status
    assert client.post(f"{page}correct", CORRECT).status_code == (302 if status == 200 else 403)
    assert (b"Preview the correction" in signed_in(role).get("/deliveries/rejected/").content) is False
    assert Submission.objects.filter(purpose="correction").count() == (1 if status == 200 else 0)


def test_the_form_is_there_for_those_who_may(retail: Site, viewer: Client, admin: Client) -> None:
    one = rejected(retail)
    for page in ("/deliveries/rejected/", f"/deliveries/rejected/{one.entry.cause_id}/"):
        assert b"Preview the correction" in admin.get(page).content
        assert b"Preview the correction" not in viewer.get(page).content


def test_a_correction_is_seen_before_it_is_done(retail: Site, admin: Client) -> None:
    one = rejected(retail)
    page = f"/deliveries/rejected/{one.entry.cause_id}/correct"
    shown = text(admin, f"{page}?find=SHPO-&with=SHOP-")
    assert "<strong>1 entity</strong> becomes a new entry under your name" in shown
    assert '<td class="ref wrap-anywhere">SHPO-1</td><td class="ref wrap-anywhere">SHOP-1</td>' in shown
    assert not Submission.objects.filter(purpose="correction").exists()


def test_a_correction_leads_to_its_submission(retail: Site, admin: Client) -> None:
    one = rejected(retail)
    answer = admin.post(f"/deliveries/rejected/{one.entry.cause_id}/correct", CORRECT)
    submission = Submission.objects.get(purpose="correction")
    assert answer["Location"] == f"/submissions/{submission.pk}/"
    one.refresh_from_db()
    assert (one.issue_keys, one.entry.outcome, one.entry.submission) == (["SHOP-1"], "waiting", submission)
    assert "One entry was written under your name" in text(admin, answer["Location"])


def test_the_page_of_the_entity_says_whose_correction_it_is(retail: Site, admin: Client) -> None:
    one = rejected(retail)
    admin.post(f"/deliveries/rejected/{one.entry.cause_id}/correct", CORRECT)
    sender = Submission.objects.get(purpose="correction").sender
    assert f"Correction of what Jira rejected, by {sender}." in text(admin, f"/deployments/{one.pk}/")


def test_what_came_after_the_preview_is_not_touched(retail: Site, admin: Client) -> None:
    seen = rejected(retail)
    later = rejected(retail)
    admin.post(f"/deliveries/rejected/{seen.entry.cause_id}/correct", {**CORRECT, "last": seen.entry_id})
    assert [Deployment.objects.get(pk=one.pk).issue_keys for one in (seen, later)] == [["SHOP-1"], ["SHPO-1"]]


def test_sending_again_unchanged_is_seen_before_it_is_done_too(retail: Site, admin: Client) -> None:
    one = rejected(retail)
    page = f"/deliveries/rejected/{one.entry.cause_id}/correct"
    assert "Send 1 entity again" in text(admin, f"{page}?do=resend&find=x")
    admin.post(page, {"do": "resend"})
    one.refresh_from_db()
    assert (one.entry.submission.purpose, one.entry.outcome) == ("resend", "waiting")


def test_a_person_corrects_only_where_they_may(retail: Site, foreign: Site, signed_in: Callable[..., Client]) -> None:
    mine, theirs = rejected(retail), rejected(foreign)
    signed_in("admin").post(f"/deliveries/rejected/{cause().pk}/correct", CORRECT)
    assert [Deployment.objects.get(pk=one.pk).issue_keys for one in (mine, theirs)] == [["SHOP-1"], ["SHPO-1"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "find=SHPO-",
        "with=SHOP-",
        "find=SHPO-&with=SHPO-",
        "find=%27%3B--&with=SHOP-",
        "find=SHPO-1&with=SHOP-",
        "environment_type=moon",
        "find=%00&with=%ED%A0%80",
    ],
)
def test_what_cannot_be_meant_is_said_beside_the_form(query: str, retail: Site, admin: Client) -> None:
    one = rejected(retail)
    page = text(admin, f"/deliveries/rejected/{one.entry.cause_id}/correct?{query}", 400)
    assert 'id="remedy-problem"' in page
    assert admin.post(f"/deliveries/rejected/{one.entry.cause_id}/correct?{query}").status_code == 400


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30, "²"])
def test_an_odd_end_of_a_preview_is_no_mistake_of_ours(last: str, retail: Site, admin: Client) -> None:
    one = rejected(retail)
    answer = admin.post(f"/deliveries/rejected/{one.entry.cause_id}/correct", {**CORRECT, "last": last})
    assert answer.status_code == 302


def test_a_form_without_its_token_changes_nothing(retail: Site) -> None:
    one = rejected(retail)
    client = Client(enforce_csrf_checks=True)
    client.force_login(builders.user("admin"))
    assert client.post(f"/deliveries/rejected/{one.entry.cause_id}/correct", CORRECT).status_code == 403


def test_the_page_asks_as_much_for_many_as_for_few(retail: Site, viewer: Client) -> None:
    rejected(retail)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        viewer.get("/deliveries/rejected/")
    for _ in range(20):
        rejected(retail)
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        viewer.get("/deliveries/rejected/")
    assert len(many) <= len(few) + 1
