import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import ledger
from devops_sync.models import Cause, Confirmation, Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db


def text(client: Client, one: Deployment) -> str:
    answer = client.get(f"/deployments/{one.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def test_waiting(retail: Site, viewer: Client) -> None:
    page = text(viewer, builders.deployment(retail, outcome="waiting"))
    assert "<strong>It waits to be sent,</strong>" in page
    assert 'hx-trigger="every 1000ms, ' in page


def test_held(retail: Site, viewer: Client, admin: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    builders.lane(retail, held_at=timezone.now(), held_reason="Jira answers 403.")
    page = text(viewer, one)
    assert "It has not reached Jira: its lane is held" in page
    assert "Jira answers 403." in page
    assert ">Try now</button>" not in page
    assert ">Try now</button>" in text(admin, one)


def test_asleep_after_tries_that_are_told(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting", at=ago(minutes=5))
    builders.failed_delivery([one.entry], at=ago(minutes=4))
    builders.failed_delivery([one.entry], at=ago(minutes=3), status=None)
    builders.failed_delivery([builders.deployment(retail, outcome="waiting").entry], at=ago(minutes=3), status=500)
    builders.lane(retail, wake_at=timezone.now() + dt.timedelta(minutes=2), failures=2, slept_for="Jira answered 503.")
    page = text(viewer, one)
    assert "The lane tries again at" in page
    assert "2 failed tries so far" in page
    assert "The connection was closed before an answer came." in page
    assert "Jira answered 500" not in page


def test_on_its_way(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    builders.delivery([one.entry], finished_at=None, status=None, response_body=None, verdict="")
    assert "<strong>It is on its way to Jira,</strong>" in text(viewer, one)


def test_accepted_and_not_read_back_settles(retail: Site, viewer: Client) -> None:
    page = text(viewer, builders.deployment(retail))
    assert "<strong>Jira accepted it</strong>" in page
    assert "It has not been read back" in page
    assert "answered 202 in 446 ms" in page
    assert "hx-trigger" not in page


def test_confirmed(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, entry_facts={"read_back": "confirmed", "read_back_at": timezone.now()})
    builders.confirmation(one.entry, "confirmed", tries=2)
    page = text(viewer, one)
    assert "<strong>It is in Jira, as sent,</strong>" in page
    assert "read 2 times" in page


def test_different(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, entry_facts={"read_back": "different", "read_back_at": timezone.now()})
    builders.confirmation(one.entry, "different", differences=["label", "url"])
    assert "not as sent.</strong> 2 fields differ: label, url." in text(viewer, one)


def test_missing(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, entry_facts={"read_back": "missing", "read_back_at": timezone.now()})
    builders.confirmation(one.entry, "missing")
    assert "<strong>Jira accepted it, but does not have it.</strong>" in text(viewer, one)


def test_rejected_with_unknown_keys(retail: Site, viewer: Client) -> None:
    one = builders.deployment(
        retail,
        outcome="rejected",
        issues=["SHOP-44111"],
        entry_facts={
            "errors": [{"message": "No valid associations found for deployment", "trace_id": "4d3f"}],
            "unknown_issues": ["SHOP-44111"],
        },
    )
    page = text(viewer, one)
    assert "<strong>Jira rejected it</strong>" in page
    assert "No valid associations found for deployment." in page
    assert "Jira does not know this key." in page
    assert "left out" not in page
    assert "4d3f" in page


def test_what_was_rejected_leads_to_where_it_is_mended(retail: Site, viewer: Client) -> None:
    cause = Cause.objects.create(text="No valid associations found for deployment")
    one = builders.deployment(retail, outcome="rejected", entry_facts={"cause": cause})
    assert f'<a href="/deliveries/rejected/{cause.pk}/?since=all"' in text(viewer, one)


def test_a_resend_that_was_rejected_says_so_in_one_sentence(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail)
    said = [{"message": "No valid associations found for deployment."}]
    copy = builders.entry(retail, json.loads(one.entry.payload), outcome="rejected", origin=one.entry, errors=said)
    builders.of_errand(copy, builders.errand(one))
    page = text(viewer, one)
    assert "for deployment." in page
    assert "for deployment.." not in page


def test_the_version_that_jira_shows_meanwhile_is_named(retail: Site, viewer: Client) -> None:
    before = builders.payload("web", "dev", 5, 1, state="in_progress")
    builders.entry(retail, before, at=ago(minutes=2))
    one = builders.deployment(retail, "web", "dev", number=5, sequence=2, outcome="waiting")
    assert "Until then Jira shows the version before" in text(viewer, one)


def test_versions_tell_what_changed(retail: Site, viewer: Client) -> None:
    first = builders.payload("web", "dev", 5, 10, state="pending", label="v1", issues=["A-1"])
    builders.entry(retail, first, at=ago(minutes=3))
    builders.entry(retail, first | {"updateSequenceNumber": 9}, at=ago(minutes=2), outcome="out_of_order")
    one = builders.deployment(retail, "web", "dev", number=5, sequence=11, label="v1", issues=["A-1", "A-2"])
    page = text(viewer, one)
    assert "First seen. Label v1." in page
    assert "an equal or lower sequence arrived late" in page
    assert "State from pending to successful." in page
    assert ">A-2</a> added." in page


def test_what_runs_until_then_and_what_came_after(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="v4.18.2")
    one = builders.deployment(retail, number=2, label="v4.18.3", state="pending", gated=True)
    page = text(viewer, one)
    assert "it asked Jira for a gate and waits.</strong> Until then production runs" in page
    builders.deployment(retail, number=3, label="v4.19.0")
    assert "v4.19.0 #3</a> came after it." in text(viewer, one)


def test_the_same_label_elsewhere(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, environment="production", number=9, label="v1")
    builders.deployment(retail, environment="dev", number=1, label="v1", state="failed")
    builders.deployment(retail, environment="dev", number=2, label="v1")
    builders.deployment(retail, "other", "test", label="v1")
    page = text(viewer, one).split("v1 elsewhere")[1].split("Facts")[0]
    assert "2 tries" in page
    assert "<strong>production</strong>" in page
    assert "test" not in page


def test_how_far_each_issue_has_come(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, environment="dev", issues=["SHOP-7"])
    builders.deployment(retail, environment="staging", issues=["SHOP-7"])
    builders.deployment(retail, environment="production", issues=["SHOP-7"], state="failed")
    assert '<td class="grow">staging</td>' in text(viewer, one)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ci.example", "https:\nx"]
)
def test_only_web_addresses_become_links(url: str, retail: Site, viewer: Client) -> None:
    page = text(viewer, builders.deployment(retail, url=url, pipeline_url=url))
    assert "Run in CI" not in page
    assert f'href="{url}' not in page


def test_a_large_batch_shows_its_own_part_and_offers_the_bytes(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail, label="mine")
    other = json.dumps(builders.payload("other", "dev", 1, 1, description="someone-else" * 10))
    delivery = one.entry.delivery
    assert delivery is not None
    delivery.request_body = f'{{"deployments": [{one.entry.payload}, {", ".join([other] * 300)}]}}'.encode()
    delivery.save()
    page = text(admin, one)
    assert "The request is large" in page
    assert "someone-else" not in page
    assert len(page) < 100_000


def test_an_authorization_header_is_never_shown(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    delivery = one.entry.delivery
    assert delivery is not None
    delivery.request_headers = {"authorization": "Bearer should-not-be-here"}
    delivery.save()
    page = text(admin, one)
    assert "should-not-be-here" not in page
    assert "struck out" in page


def test_reading_back_asks_the_ledger_once(
    retail: Site, signed_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = builders.deployment(retail)
    client = signed_in("release-manager")
    assert "Read back now" in text(client, one)
    answer = client.post(f"/deployments/{one.pk}/read-back")
    assert answer["Location"] == f"/deployments/{one.pk}/"
    asked = Confirmation.objects.get(entry=one.entry)
    assert asked.user is not None
    assert asked.answered_at is None
    page = text(client, one)
    assert "Reading…" in page
    assert 'hx-trigger="every 1000ms, ' in page


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_who_may_not_read_back_has_no_button_and_no_way(
    role: str, retail: Site, signed_in: Callable[..., Client]
) -> None:
    one = builders.deployment(retail)
    client = signed_in(role)
    assert "Read back now" not in text(client, one)
    assert client.post(f"/deployments/{one.pk}/read-back").status_code == 403
    assert not Confirmation.objects.exists()


def test_asking_by_script_answers_with_what_changed(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    answer = admin.post(f"/deployments/{one.pk}/read-back", headers={"HX-Request": "true", "Waybill-Seen": "none"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Reading…" in page
    assert f'hx-get="/deployments/{one.pk}/"' in page
    assert "<html" not in page


def test_what_it_asks_does_not_grow(retail: Site, admin: Client, django_assert_num_queries: Any) -> None:
    one = builders.deployment(retail, "web", "dev", number=5, sequence=100, issues=["A-1"])
    builders.entry(retail, builders.payload("web", "dev", 5, 99), outcome="out_of_order")
    text(admin, one)  # That it was seen is noted once.
    with django_assert_num_queries(19):
        text(admin, one)
    for number in range(30):
        builders.entry(retail, builders.payload("web", "dev", 5, number), outcome="out_of_order")
        builders.failed_delivery([one.entry], at=one.entry.submission.received_at)
        builders.confirmation(one.entry, "confirmed")
    one.issue_keys = [f"A-{number}" for number in range(60)]
    one.save()
    with django_assert_num_queries(19):
        text(admin, one)


def test_the_call_into_the_ledger_is_the_ledgers_own(retail: Site) -> None:
    one = builders.deployment(retail)
    now = timezone.now()
    first = ledger.ask_read_back(one.entry, None, now)
    assert ledger.ask_read_back(one.entry, None, now) == first


def test_a_label_that_went_nowhere_else_says_so(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, label="v4")
    assert "v4 went to no other environment." in text(viewer, one)
    builders.deletion(one)
    assert "v4 went to no other environment." in text(viewer, one)
    unnamed = builders.deployment(retail, label="")
    assert "It has no label to be found by" in text(viewer, unnamed)
